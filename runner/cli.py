"""The command line: parses arguments, calls what does the work, prints, and returns exit codes."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path as FilePath

from lstm3.command_line import FAILED, INTERRUPTED, OK, Command, Commands, add_command, run_command
from lstm3.errors import ConfigError
from runner.devices import device_type, make_slots
from runner.events import Slot
from runner.path import Path
from runner.preparation import make_outcomes, make_provenance, make_tree
from runner.spec import Spec
from runner.spec_file import read_spec
from runner.sweep_folder import (
    Origin,
    SweepFolder,
    check_name,
    compare,
    find_sweep,
    load_origin,
    references,
)
from runner.unfold import Tree, unfold


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    return run_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runner",
        description="Sweeps of LSTM_3: no epoch is ever trained twice, and a table is a function "
        "of its spec alone.",
        epilog="Exit codes: 0 done, 1 some trials failed, 2 wrong input, 3 the sweep is held by "
        "another process, 130 and 143 interrupted (the same command carries on).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    sweep = _add(commands, "sweep", _sweep, "run a sweep, or carry it on")
    _add_spec(sweep)
    sweep.set_defaults(unread_code=INTERRUPTED)
    sweep.add_argument(
        "--retry-failed", action="store_true", help="try epochs again that were given up"
    )
    sweep.add_argument("--quiet", action="store_true", help="show the table alone")
    sweep.add_argument("--top", type=_positive, metavar="N", help="show the best N trials")

    plan = _add(commands, "plan", _plan, "say what a sweep would do, and do nothing")
    _add_spec(plan)

    table = _add(commands, "table", _table, "show a sweep's results, best first")
    table.add_argument("sweep", metavar="SWEEP", help="its name, spec file or results folder")
    table.add_argument(
        "--format", choices=("rich", "json", "csv", "markdown", "svg"), default="rich"
    )
    table.add_argument("--top", type=_positive, metavar="N", help="show the best N trials")

    show = _add(commands, "show", _show, "show one trial: config, curve, samples")
    show.add_argument("sweep", metavar="SWEEP", help="its name, spec file or results folder")
    show.add_argument("trial", metavar="TRIAL", help="its number, or the beginning of its id")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found '{text}'; expected a whole number ≥ 1")
    return int(text)


def _add(commands: Commands, name: str, command: Command, what: str) -> argparse.ArgumentParser:
    parser = add_command(commands, name, command, what)
    parser.add_argument("--results", type=FilePath, default=FilePath("results"), metavar="DIR")
    return parser


def _add_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", type=FilePath, metavar="SPEC", help="a sweep spec (YAML)")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="a config key's value in all trials"
    )
    parser.add_argument("--name", help="results go to DIR/NAME instead of DIR/<spec's file name>")
    parser.add_argument("--devices", metavar="D,D", help="such as cuda:0,cuda:1 or cpu")
    parser.add_argument("--workers", type=int, metavar="N", help="how many train at a time")
    parser.add_argument("--threads", type=int, metavar="N", help="the same as threads=N")


def _sweep(options: argparse.Namespace) -> int:
    from runner.interrupts import Interrupts
    from runner.live import QuietView, make_view
    from runner.running import held_job
    from runner.table import make_table
    from runner.terminal import make_console, result_table

    spec, slots = _read(options)
    console = make_console()
    with held_job(spec, options.results, slots) as job, Interrupts() as interrupts:
        if options.retry_failed:
            job.folder.given_up.clear()
        for change in job.changes:
            print(f"changed since the last start: {change}")
        tree = make_tree(job.origin)
        view = QuietView() if options.quiet else make_view(tree, slots, console)
        with view:
            for event in job.events(tree, interrupts.is_set):
                view.show(event)
    table = make_table(tree)
    console.print(result_table(table, _top(options)))
    if interrupts.received is not None:
        print(
            f"interrupted; every finished epoch is kept, and the same command carries on: "
            f"{_same_command(options)}"
        )
        return 128 + interrupts.received
    return FAILED if any(row.state == "failed" for row in table.rows) else OK


def _same_command(options: argparse.Namespace) -> str:
    return shlex.join(["python", "-m", "runner", *options.arguments])


def _plan(options: argparse.Namespace) -> int:
    from lstm3.corpus import read_corpus
    from runner.plan import make_plan
    from runner.plan_view import plan_view
    from runner.terminal import make_console

    spec, slots = _read(options)
    folder = SweepFolder(results=options.results, name=spec.name)
    text = read_corpus(spec.corpus)
    provenance = make_provenance(spec, text, device_type(slots[0].device))
    before = folder.load()
    origin = Origin(spec=spec, provenance=provenance, encoded=before.encoded if before else "")
    if before:
        for change in compare(before, origin):
            print(f"changed since the last start: {change}")
    outcomes = make_outcomes(folder, spec, lambda: text.valid.trg)
    plan = make_plan(make_tree(origin, prunes=False), outcomes)
    make_console().print(plan_view(plan, len(slots)))
    return OK


def _table(options: argparse.Namespace) -> int:
    from runner import formats
    from runner.table import make_table

    _, _, tree = _known(options)
    table = make_table(tree)
    if options.format in ("rich", "svg"):
        from runner.terminal import make_console, picture, result_table

        shown = result_table(table, _top(options))
        if options.format == "svg":
            sys.stdout.write(picture(shown, title=f"python -m runner table {table.sweep}"))
        else:
            make_console().print(shown)
    else:
        text = {"json": formats.to_json, "csv": formats.to_csv, "markdown": formats.to_markdown}
        sys.stdout.write(text[options.format](table))
    return OK


def _show(options: argparse.Namespace) -> int:
    from runner.history import history
    from runner.samples import best_samples
    from runner.terminal import make_console
    from runner.trial_view import trial_view

    folder, origin, tree = _known(options)
    path = _find_trial(tree, options.trial)
    trial_folder = folder.trial_path(path.trial.id)
    files = [str(file) for file in sorted(trial_folder.glob("*.safetensors"))]
    samples = best_samples(folder, origin, path)
    make_console().print(trial_view(folder.name, path, history(tree, path), samples, files))
    return OK


def _read(options: argparse.Namespace) -> tuple[Spec, Sequence[Slot]]:
    """Return the spec that the command line means, and the slots to run it on."""
    overrides = list(options.overrides)
    if options.threads is not None:
        overrides.append(f"threads={options.threads}")
    spec = read_spec(options.spec, overrides)
    if options.name is not None:
        spec = dataclasses.replace(spec, name=options.name)
    check_name(spec.name)
    slots = make_slots(
        devices=options.devices, workers=options.workers, threads=spec.largest("threads")
    )
    return spec, slots


def _known(options: argparse.Namespace) -> tuple[SweepFolder, Origin, Tree]:
    """Return a sweep that was started before, as far as it has come."""
    folder = find_sweep(options.sweep, options.results)
    origin = load_origin(folder)
    tree = make_tree(origin)
    outcomes = make_outcomes(folder, origin.spec, lambda: references(folder, origin))
    unfold(tree, outcomes)
    for warning in outcomes.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return folder, origin, tree


def _find_trial(tree: Tree, wanted: str) -> Path:
    """Return the trial with this number, or with this beginning of an id."""
    found = [
        path
        for path in tree.paths
        if str(path.trial.number) == wanted
        or (len(wanted) > 3 and path.trial.id.startswith(wanted))
    ]
    if len(found) != 1:
        what = "no trial" if not found else f"{len(found)} trials"
        raise ConfigError(
            f"{tree.spec.name}: '{wanted}' is the number or the beginning of an id of {what}; "
            f"there are {len(tree.paths)} trials, numbered from 0"
        )
    return found[0]


def _top(options: argparse.Namespace) -> int:
    from runner.terminal import TOP

    return TOP if options.top is None else options.top

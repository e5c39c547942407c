"""Arguments that commands have in common, and what they name."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from lstm3.command_line import Command, Commands, add_command
from lstm3.errors import ConfigError
from runner.results.level import LEVEL

if TYPE_CHECKING:
    from runner.execution.events import Slot
    from runner.results.table import Table, Trials
    from runner.specs.spec import Spec
    from runner.storage.sweep_folder import Origin, SweepFolder
    from runner.tree.path import Path
    from runner.tree.unfold import Tree

_RESULTS = FilePath("results")


def add(commands: Commands, name: str, command: Command, what: str) -> argparse.ArgumentParser:
    """Return the parser of a new command, which knows where results are."""
    parser = add_command(commands, name, command, what)
    parser.add_argument("--results", type=FilePath, default=_RESULTS, metavar="DIR")
    return parser


def add_overridden(parser: argparse.ArgumentParser) -> None:
    """Let a command take a spec, and other values of config keys."""
    parser.add_argument("spec", type=FilePath, metavar="SPEC", help="a sweep spec (YAML)")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="a config key's value in all trials"
    )


def add_name(parser: argparse.ArgumentParser) -> None:
    """Let a command name the sweep otherwise than its spec."""
    parser.add_argument("--name", help="results go to DIR/NAME instead of DIR/<spec's file name>")


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Let a command take a spec, and what changes it for this start."""
    add_overridden(parser)
    add_name(parser)
    add_slots(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="the same as threads=N")


def add_slots(parser: argparse.ArgumentParser) -> None:
    """Let a command say where epochs are trained."""
    parser.add_argument("--devices", metavar="D,D", help="such as cuda:0,cuda:1 or cpu")
    parser.add_argument("--workers", type=int, metavar="N", help="how many train at a time")


def add_level(parser: argparse.ArgumentParser) -> None:
    """Let a command judge at another level of significance."""
    parser.add_argument(
        "--level",
        type=_level,
        default=LEVEL,
        metavar="P",
        help="level of significance (default: %(default)s)",
    )


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not 0 < level < 1:
        raise argparse.ArgumentTypeError(f"found '{text}'; expected a number between 0 and 1")
    return level


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Let a command take a sweep that was started before."""
    parser.add_argument("sweep", metavar="SWEEP", help="its name, spec file or results folder")


def add_trial(parser: argparse.ArgumentParser, *, is_needed: bool = True) -> None:
    """Let a command take one of a sweep's trials."""
    parser.add_argument(
        "trial",
        metavar="TRIAL",
        nargs=None if is_needed else "?",
        help="its number, or the beginning of its id",
    )


def add_top(parser: argparse.ArgumentParser) -> None:
    """Let a command show only the best rows of a table."""
    parser.add_argument("--top", type=positive, metavar="N", help="show the best N trials")


def other_command(options: argparse.Namespace, *words: str) -> str:
    """Return a command line about the same results."""
    results = [] if options.results == _RESULTS else ["--results", str(options.results)]
    return shlex.join(["python", "-m", "runner", *words, *results])


def positive(text: str) -> int:
    """Return a whole number above 0, as an argument gives it."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found '{text}'; expected a whole number ≥ 1")
    return int(text)


def named_spec(options: argparse.Namespace, overrides: Sequence[str]) -> Spec:
    """Return the spec that the command line means, under the name that it gives it."""
    from runner.specs.spec_file import read_spec
    from runner.storage.sweep_folder import check_name

    spec = read_spec(options.spec, overrides)
    if options.name is not None:
        spec = dataclasses.replace(spec, name=options.name)
    check_name(spec.name)
    return spec


def spec_and_slots(options: argparse.Namespace) -> tuple[Spec, Sequence[Slot]]:
    """Return the spec that the command line means, and the slots to run it on."""
    from runner.execution.devices import make_slots

    overrides = list(options.overrides)
    if options.threads is not None:
        overrides.append(f"threads={options.threads}")
    spec = named_spec(options, overrides)
    slots = make_slots(
        devices=options.devices,
        workers=options.workers,
        threads=spec.largest("threads"),
        per_device=spec.slots_per_device,
    )
    return spec, slots


def known_sweep(options: argparse.Namespace) -> tuple[SweepFolder, Origin, Tree]:
    """Return a sweep that was started before, as far as it has come."""
    from runner.execution.preparation import make_outcomes, make_tree
    from runner.storage.sweep_folder import find_sweep, load_origin, references
    from runner.tree.unfold import unfold

    folder = find_sweep(options.sweep, options.results)
    origin = load_origin(folder)
    tree = make_tree(origin, folder.decisions.all())
    outcomes = make_outcomes(folder, origin.spec, lambda: references(folder, origin))
    unfold(tree, outcomes)
    for warning in outcomes.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return folder, origin, tree


def known_trials(options: argparse.Namespace) -> tuple[SweepFolder, Origin, Trials]:
    """Return a sweep's trials as `known_sweep` does, with those that agents were sent."""
    from runner.storage.agent_trials import AgentTrials, KnownTrials, agents_origin, beside
    from runner.storage.sweep_folder import find_sweep

    folder = find_sweep(options.sweep, options.results)
    sent = AgentTrials(folder).all()
    alone = agents_origin(folder) if sent and folder.load() is None else None
    if alone is not None:  # only agents have worked on it
        paths = beside([], sent)
        trials = KnownTrials(spec=alone.spec, paths=paths, num_trials=len(paths))
        return folder, alone, trials
    folder, origin, tree = known_sweep(options)
    if not sent:
        return folder, origin, tree
    paths = beside(tree.paths, sent)
    num_trials = tree.num_trials + len(paths) - len(tree.paths)
    trials = KnownTrials(
        spec=tree.spec,
        paths=paths,
        num_trials=num_trials,
        search_ended=tree.search_ended,
        baseline=tree.baseline,
    )
    return folder, origin, trials


def who_heeds(folder: SweepFolder) -> str:
    """Return which process takes up a user's decision."""
    holder = folder.lock.holder()
    if holder is None:
        return "the next `sweep` takes that up"
    return f"{holder}, which runs the sweep, takes that up now"


def find_trial(tree: Trials, wanted: str) -> Path:
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


def show_result(folder: SweepFolder, origin: Origin, tree: Tree, top: int | None) -> Table:
    """Print a sweep's table with how sure it is, a row a cell, and return it."""
    from runner.results.sureness import confidence_of
    from runner.results.table import make_table
    from runner.views.terminal import TOP, make_console, result_table

    table = make_table(tree)
    confidence = confidence_of(folder, origin, tree, table)
    is_by_cell = len(origin.spec.seeds) > 1
    make_console().print(
        result_table(table, top or TOP, confidence=confidence, is_by_cell=is_by_cell)
    )
    return table

"""`table`: show a sweep's results, best first."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import TYPE_CHECKING

from lstm3.command_line import OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known

if TYPE_CHECKING:
    from runner.results.significance import Counts
    from runner.tree.path import Path


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "table", _table, "show a sweep's results, best first")
    arguments.add_sweep(parser)
    parser.add_argument(
        "--format", choices=("rich", "json", "csv", "markdown", "svg"), default="rich"
    )
    parser.add_argument(
        "--timing", action="store_true", help="show seconds a trial, and what they were spared"
    )
    parser.add_argument(
        "--trials", action="store_true", help="a row a trial, also with several seeds a cell"
    )
    arguments.add_level(parser)
    parser.add_argument(
        "--against", metavar="TRIAL", help="differences to this trial instead of the baseline"
    )
    parser.add_argument(
        "--effects", action="store_true", help="what each swept key did, and its importance"
    )
    parser.add_argument("--diff", metavar="SWEEP", help="compare with another sweep, cell by cell")
    arguments.add_top(parser)


def _table(options: argparse.Namespace) -> int:
    from runner.results.formats import to_csv, to_json
    from runner.results.markdown import to_markdown
    from runner.results.sureness import confidence_of
    from runner.results.table import make_table

    if options.effects or options.diff:
        return _study(options)
    folder, origin, trials = known.known_trials(options)
    table = make_table(trials)
    if options.against is not None:
        picked = known.find_trial(trials, options.against)
        if picked.best_epoch is None:
            found = f"found #{picked.trial.number}, which has no result"
            raise ConfigError(f"--against: {found}; expected a trial with one")
        table = dataclasses.replace(table, picked=picked.trial.number)
    confidence = confidence_of(folder, origin, trials, table, options.level)
    is_by_cell = len(origin.spec.seeds) > 1 and not (options.trials or options.timing)
    if options.format in ("rich", "svg"):
        from runner.views.terminal import TOP, make_console, picture, result_table

        shown = result_table(
            table,
            options.top or TOP,
            confidence=confidence,
            is_by_cell=is_by_cell,
            is_timed=options.timing,
        )
        if options.format == "svg":
            sys.stdout.write(picture(shown, title=f"python -m runner table {table.sweep}"))
        else:
            make_console().print(shown)
        return OK
    if options.format == "json":
        text = to_json(table, confidence, top=options.top)
    else:
        write = to_csv if options.format == "csv" else to_markdown
        text = write(
            table, confidence, top=options.top, is_by_cell=is_by_cell, is_timed=options.timing
        )
    sys.stdout.write(text)
    return OK


def _study(options: argparse.Namespace) -> int:
    """Show what is not the table itself, but made of it."""
    of_tables = {"--against": options.against is not None, "--timing": options.timing}
    for name in (name for name, is_given in of_tables.items() if is_given):
        raise ConfigError(f"{name}: found with --effects or --diff; expected with the table alone")
    if options.format not in ("rich", "json"):
        expected = "expected rich or json with --effects and --diff"
        raise ConfigError(f"--format: found {options.format}; {expected}")
    if options.format == "json" and options.effects and options.diff:
        raise ConfigError("--format json: found --effects and --diff; expected one of them")
    if options.effects:
        _effects(options)
    if options.diff:
        _diff(options)
    return OK


def _effects(options: argparse.Namespace) -> None:
    from runner.results.effects import effects
    from runner.results.effects_json import effects_json
    from runner.results.expected_best import expected_best, spent
    from runner.results.importances import importances
    from runner.results.interactions import interactions
    from runner.results.table import make_table
    from runner.views.effects_view import effects_view
    from runner.views.terminal import heading, make_console

    _, origin, trials = known.known_trials(options)
    table = make_table(trials)
    rows = table.swept_rows
    shares = importances(origin.spec.axes, rows)
    pairs = interactions(rows, options.level)
    found = (effects(rows), shares, pairs, expected_best(spent(rows)))
    if options.format == "json":
        sys.stdout.write(effects_json(table.sweep, *found))
        return
    console = make_console()
    console.print(heading(table.sweep, table.question), "")
    console.print(effects_view(*found))


def _diff(options: argparse.Namespace) -> None:
    from runner.results.diff_json import diff_json
    from runner.results.sureness import sentence_counts
    from runner.results.sweep_diff import make_diff
    from runner.views.diff_view import diff_view
    from runner.views.terminal import TOP, make_console

    folder, origin, trials = known.known_trials(options)
    other = argparse.Namespace(**vars(options) | {"sweep": options.diff})
    other_folder, other_origin, other_trials = known.known_trials(other)
    counts = sentence_counts(folder, origin)
    other_counts = sentence_counts(other_folder, other_origin)

    def counts_of(path: Path, is_ours: bool) -> Counts | None:
        if path.best_epoch is None:
            return None
        ours_or_theirs = counts if is_ours else other_counts
        return ours_or_theirs.get(path.keys[path.best_epoch - 1], max(path.values))

    is_json = options.format == "json"
    top = options.top if is_json else options.top or TOP
    ours, theirs = (origin, trials), (other_origin, other_trials)
    diff = make_diff(ours, theirs, counts_of, options.level, top)
    if is_json:
        sys.stdout.write(diff_json(diff))
    else:
        make_console().print(diff_view(diff))

"""`table`: show a sweep's results, best first."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from lstm3.command_line import OK, Commands
from runner.commands import arguments


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
    arguments.add_top(parser)


def _table(options: argparse.Namespace) -> int:
    from runner import formats
    from runner.sureness import confidence_of
    from runner.table import make_table

    folder, origin, tree = arguments.known_sweep(options)
    table = make_table(tree)
    confidence = confidence_of(folder, origin, tree, table, options.level)
    if options.format in ("rich", "svg"):
        from runner.terminal import TOP, make_console, picture, result_table

        shown = result_table(
            table,
            options.top or TOP,
            confidence=confidence,
            is_by_cell=len(origin.spec.seeds) > 1 and not (options.trials or options.timing),
            is_timed=options.timing,
        )
        if options.format == "svg":
            sys.stdout.write(picture(shown, title=f"python -m runner table {table.sweep}"))
        else:
            make_console().print(shown)
        return OK
    shortened = dataclasses.replace(table, rows=table.rows[: options.top])
    if options.format == "json":
        text = formats.to_json(table, confidence, top=options.top)
    elif options.format == "csv":
        text = formats.to_csv(shortened, is_timed=options.timing)
    else:
        text = formats.to_markdown(shortened, confidence, is_timed=options.timing)
    sys.stdout.write(text)
    return OK

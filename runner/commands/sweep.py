"""`sweep`: run one, or carry it on."""

from __future__ import annotations

import argparse
import shlex

from lstm3.command_line import FAILED, INTERRUPTED, OK, Commands
from runner.commands import arguments
from runner.preparation import make_tree


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "sweep", _sweep, "run a sweep, or carry it on")
    arguments.add_spec(parser)
    parser.set_defaults(unread_code=INTERRUPTED)
    parser.add_argument(
        "--retry-failed", action="store_true", help="try epochs again that were given up"
    )
    parser.add_argument("--quiet", action="store_true", help="show the table alone")
    arguments.add_top(parser)


def _sweep(options: argparse.Namespace) -> int:
    from runner.interrupts import Interrupts
    from runner.live import QuietView, make_view
    from runner.running import held_job
    from runner.table import make_table
    from runner.terminal import TOP, make_console, result_table

    spec, slots = arguments.spec_and_slots(options)
    console = make_console()
    with held_job(spec, options.results, slots) as job, Interrupts() as interrupts:
        if options.retry_failed:
            job.folder.given_up.clear()
        for change in job.changes:
            print(f"changed since the last start: {change}")
        tree = make_tree(job.origin, job.folder.decisions.all())
        view = QuietView() if options.quiet else make_view(tree, slots, console)
        with view:
            for event in job.events(tree, interrupts.is_set):
                view.show(event)
    table = make_table(tree)
    console.print(result_table(table, options.top or TOP))
    if interrupts.received is not None:
        print(
            f"interrupted; every finished epoch is kept, and the same command carries on: "
            f"{_same_command(options)}"
        )
        return 128 + interrupts.received
    return FAILED if any(row.state == "failed" for row in table.rows) else OK


def _same_command(options: argparse.Namespace) -> str:
    return shlex.join(["python", "-m", "runner", *options.arguments])

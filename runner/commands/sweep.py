"""`sweep`: run one, or carry it on."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm3.command_line import FAILED, INTERRUPTED, OK, Commands
from runner.commands import arguments, known, outcome
from runner.execution.detach import Detached, Started, detach

if TYPE_CHECKING:
    from runner.execution.events import Slot
    from runner.specs.spec import Spec


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "sweep", _sweep, "run a sweep, or carry it on")
    arguments.add_spec(parser)
    parser.set_defaults(unread_code=INTERRUPTED)
    parser.add_argument(
        "--retry-failed", action="store_true", help="try epochs again that were given up"
    )
    parser.add_argument("--quiet", action="store_true", help="show the table alone")
    parser.add_argument(
        "--detach",
        action="store_true",
        help="go on when the terminal is closed, and write to DIR/<sweep>/sweep.log",
    )
    arguments.add_top(parser)


def _sweep(options: argparse.Namespace) -> int:
    spec, slots = known.spec_and_slots(options)
    if not options.detach:
        return _run(options, spec, slots)
    process = detach()
    if isinstance(process, Detached):
        return _run(options, spec, slots, process)
    return _tell(options, spec, process)


def _run(
    options: argparse.Namespace,
    spec: Spec,
    slots: Sequence[Slot],
    process: Detached | None = None,
) -> int:
    from runner.jobs.running import held_job
    from runner.tree.trial import TrialState
    from runner.views import news
    from runner.views.live import QuietView, make_view
    from runner.views.terminal import make_console

    console = make_console()
    with held_job(spec, options.results, slots) as job:
        if options.retry_failed:
            job.folder.given_up.clear()
        for change in job.changes:
            print(f"changed since the last start: {change}")
        if process is not None:
            process.go(job.folder.log_path)
        ending = job.run(QuietView() if options.quiet else make_view(job.tree, slots, console))
    table = outcome.show_table(job.folder, job.origin, job.tree, top=options.top)
    same_command = shlex.join(["python", "-m", "runner", *options.arguments])
    if ending.signal is not None:
        print(
            f"interrupted; every finished epoch is kept, and the same command carries on: "
            f"{same_command}"
        )
        return 128 + ending.signal
    if ending.spent is not None:
        print(
            f"the budget of {ending.spent} is reached; {news.left(job.tree, len(slots))}; "
            f"the same command carries on: {same_command}"
        )
    if spec.finals is not None and job.tree.is_final:
        finals = arguments.other_command(options, "finals", spec.name)
        print(f"the best with more seeds, and on the test set: {finals}")
    return FAILED if any(row.state is TrialState.FAILED for row in table.rows) else OK


def _tell(options: argparse.Namespace, spec: Spec, started: Started) -> int:
    if started.code is not None:
        return started.code
    print(f"{spec.name} runs as process {started.process}, and goes on without this terminal")
    print(f"watch it:  {arguments.other_command(options, 'watch', spec.name)}")
    print(f"end it:    {arguments.other_command(options, 'stop', spec.name)}")
    print(f"its words: {options.results / spec.name / 'sweep.log'}")
    return OK

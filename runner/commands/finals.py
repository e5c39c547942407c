"""`finals`: train the best cells with more seeds, score them on the test set, and answer."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lstm3.command_line import FAILED, OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known, outcome

if TYPE_CHECKING:
    from rich.console import RenderableType

    from runner.jobs.running import Job
    from runner.results.table import Trials
    from runner.specs.spec import Spec
    from runner.storage.origin import Origin
    from runner.storage.sweep_folder import SweepFolder
    from runner.tree.path import Path


def register(commands: Commands) -> None:
    """Add the command."""
    what = "train the best cells with more seeds, score them on the test set, and answer"
    parser = arguments.add(commands, "finals", _finals, what)
    arguments.add_sweep(parser)
    arguments.add_slots(parser)
    arguments.add_level(parser)
    parser.add_argument("--quiet", action="store_true", help="show the answer alone")


def _finals(options: argparse.Namespace) -> int:
    from runner import words
    from runner.jobs.running import held_job
    from runner.results.finals import finals_spec
    from runner.tree.trial import TrialState
    from runner.views.live import QuietView, make_view
    from runner.views.terminal import make_console

    folder, origin, trials = known.known_trials(options)
    _check(folder, trials)
    spec = finals_spec(origin.spec, _cells(folder, origin, trials, options.level))
    slots = known.slots_for(options, spec)
    console = make_console()
    with held_job(spec, folder.results, slots) as job:
        ending = job.run(QuietView() if options.quiet else make_view(job.tree, slots, console))
        if ending.signal is not None:
            print("interrupted; every finished epoch is kept, and the same command carries on")
            return 128 + ending.signal
        if any(path.state is not TrialState.COMPLETE for path in job.tree.paths):
            outcome.show_table(job.folder, job.origin, job.tree, level=options.level)
            print("not every trial of the finals is complete: no answer can be given")
            return FAILED
        for line in _answer(job, origin.spec, options.level):
            console.print(line, markup=False)  # a swept value may have brackets
    left_out = _open(trials.paths)
    if left_out:
        print(f"{words.trials(left_out)} left out: sent to agents, and not at the end")
    return OK


def _check(folder: SweepFolder, trials: Trials) -> None:
    from runner import words

    if trials.spec.is_finals:
        raise ConfigError(f"{folder.name}: these are finals already")
    num_open = len(_open(trials.own_paths)) + trials.num_trials - len(trials.paths)
    if num_open:
        count = words.count(num_open, "trial")
        raise ConfigError(f"{folder.name}: {count} not at the end; run the sweep first")


def _open(paths: Sequence[Path]) -> list[int]:
    """Return the numbers of the trials that are not at their end."""
    return [path.trial.number for path in paths if not path.state.is_final]


def _cells(
    folder: SweepFolder, origin: Origin, trials: Trials, level: float
) -> Sequence[Mapping[str, Any]]:
    """Return the cells to compare, out of the trials that are at their end."""
    from runner.results.finals import choose
    from runner.results.sureness import confidence_of
    from runner.results.table import make_table

    table = make_table(trials)
    table = dataclasses.replace(table, rows=[row for row in table.rows if row.state.is_final])
    cells = choose(table, confidence_of(folder, origin, trials, table, level), origin.spec)
    if len(cells) < 2:
        raise ConfigError(f"{folder.name}: has {len(cells)} complete cells; finals need two")
    return cells


def _answer(job: Job, sweep: Spec, level: float) -> Iterator[RenderableType]:
    """Yield the finalists, the answer, and what else is to be known of it."""
    from runner.models.final_answer import make_final_answer
    from runner.views.finals_view import finals_grid
    from runner.views.terminal import heading

    answer = make_final_answer(
        job.folder,
        job.origin,
        job.tree,
        job.corpora,
        sweep=sweep,
        level=level,
        may_translate=True,
    )
    yield heading(job.origin.spec.name, job.origin.spec.question)
    yield ""
    yield finals_grid(answer.finalists, answer.split)
    yield ""
    yield from answer.duels
    yield ""
    yield from answer.notes

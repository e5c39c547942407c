"""`finals`: train the best cells with more seeds, score them on the test set, and answer."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lstm3.command_line import FAILED, OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known, outcome

if TYPE_CHECKING:
    from rich.console import RenderableType

    from runner.jobs.running import Job
    from runner.results.table import Trials
    from runner.specs.spec import Spec
    from runner.storage.sweep_folder import SweepFolder
    from runner.tree.unfold import Tree


def register(commands: Commands) -> None:
    """Add the command."""
    what = "train the best cells with more seeds, score them on the test set, and answer"
    parser = arguments.add(commands, "finals", _finals, what)
    arguments.add_sweep(parser)
    arguments.add_slots(parser)
    arguments.add_level(parser)
    parser.add_argument("--quiet", action="store_true", help="show the answer alone")


def _finals(options: argparse.Namespace) -> int:
    from runner.execution.interrupts import Interrupts
    from runner.execution.preparation import make_tree
    from runner.jobs.running import held_job
    from runner.results.finals import choose, finals_spec
    from runner.results.sureness import confidence_of
    from runner.results.table import make_table
    from runner.specs.spec import Finals
    from runner.tree.trial import TrialState
    from runner.views.live import QuietView, make_view
    from runner.views.terminal import make_console

    folder, origin, trials = known.known_trials(options)
    _check(folder, trials)
    table = make_table(trials)
    confidence = confidence_of(folder, origin, trials, table, options.level)
    top = (origin.spec.finals or Finals()).top
    cells = choose(table, confidence, top)
    if len(cells) < 2:
        raise ConfigError(f"{folder.name}: has {len(cells)} complete cells; finals need two")
    spec = finals_spec(origin.spec, cells)
    slots = known.slots_for(options, spec)
    console = make_console()
    with held_job(spec, folder.results, slots) as job, Interrupts() as interrupts:
        tree = make_tree(job.origin, job.folder.decisions.all())
        with QuietView() if options.quiet else make_view(tree, slots, console) as view:
            for event in job.events(tree, interrupts.is_set):
                view.show(event)
        if interrupts.received is not None:
            print("interrupted; every finished epoch is kept, and the same command carries on")
            return 128 + interrupts.received
        if any(path.state is not TrialState.COMPLETE for path in tree.paths):
            outcome.show_table(job.folder, job.origin, tree, level=options.level)
            print("not every trial of the finals is complete: no answer can be given")
            return FAILED
        for line in _answer(job, tree, origin.spec, options.level):
            console.print(line, markup=False)  # a swept value may have brackets
    return OK


def _check(folder: SweepFolder, trials: Trials) -> None:
    from runner.results.finals import SUFFIX

    if folder.name.endswith(SUFFIX):
        raise ConfigError(f"{folder.name}: these are finals already")
    num_open = sum(not path.state.is_final for path in trials.paths)
    if num_open or len(trials.paths) < trials.num_trials:
        raise ConfigError(
            f"{folder.name}: {num_open or 'some'} trials are not at their end; run the sweep first"
        )


def _answer(job: Job, tree: Tree, sweep: Spec, level: float) -> Iterator[RenderableType]:
    """Yield the finalists, the answer, and what else is to be known of it."""
    from runner.models.final_answer import make_final_answer
    from runner.views.finals_view import finals_grid
    from runner.views.terminal import heading

    answer = make_final_answer(
        job.folder,
        job.origin,
        tree,
        job.corpora,
        sweep=sweep,
        level=level,
        may_translate=True,
    )
    yield heading(tree.spec.name, tree.spec.question)
    yield ""
    yield finals_grid(answer.finalists, answer.split)
    yield ""
    yield from answer.duels
    yield ""
    yield from answer.notes

"""What the arguments of a command name: specs, sweeps and trials."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from lstm3.errors import ConfigError

if TYPE_CHECKING:
    from runner.execution.events import Slot
    from runner.results.table import Trials
    from runner.specs.spec import Spec
    from runner.storage.origin import Origin
    from runner.storage.outcomes import RecordedOutcomes
    from runner.storage.sweep_folder import SweepFolder
    from runner.tree.path import Path
    from runner.tree.unfold import Tree


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
    overrides = list(options.overrides)
    if options.threads is not None:
        overrides.append(f"threads={options.threads}")
    spec = named_spec(options, overrides)
    return spec, slots_for(options, spec)


def slots_for(options: argparse.Namespace, spec: Spec) -> Sequence[Slot]:
    """Return the slots to run a spec on that the command line asks for."""
    from runner.execution.devices import make_slots

    return make_slots(
        devices=options.devices,
        workers=options.workers,
        threads=spec.largest("threads"),
        per_device=spec.slots_per_device,
    )


def known_sweep(options: argparse.Namespace) -> tuple[SweepFolder, Origin, Tree]:
    """Return a sweep that was started before, as far as it has come."""
    from runner.storage.sweep_folder import find_sweep, load_origin

    folder = find_sweep(options.sweep, options.results)
    origin = load_origin(folder)
    outcomes = _outcomes(folder, origin)
    tree = _unfolded(folder, origin, outcomes)
    _warn(outcomes.warnings)
    return folder, origin, tree


def known_trials(options: argparse.Namespace) -> tuple[SweepFolder, Origin, Trials]:
    """Return a sweep's trials as `known_sweep` does, with those that agents were sent."""
    from runner.storage.agent_trials import AgentTrials, KnownTrials, beside, scored
    from runner.storage.starts import agents_origin
    from runner.storage.sweep_folder import find_sweep, load_origin

    folder = find_sweep(options.sweep, options.results)
    kept = AgentTrials(folder).all()
    alone = agents_origin(folder) if kept and folder.load() is None else None
    origin = alone or load_origin(folder)
    outcomes = _outcomes(folder, origin)
    tree = None if alone else _unfolded(folder, origin, outcomes)
    fitting = [trial for trial in kept if trial.fits(origin.spec)]
    sent = [trial for each in fitting if (trial := scored(each, outcomes)) is not None]
    num_left_out = len(kept) - len(fitting), len(fitting) - len(sent)
    _warn([*outcomes.warnings, *_left_out(origin.spec, *num_left_out)])
    if tree is None:  # only agents have worked on it
        paths = beside([], sent)
        trials = KnownTrials(spec=origin.spec, paths=paths, own_paths=(), num_trials=len(paths))
        return folder, origin, trials
    if not sent:
        return folder, origin, tree
    paths = beside(tree.paths, sent)
    num_trials = tree.num_trials + len(paths) - len(tree.paths)
    trials = KnownTrials(
        spec=tree.spec,
        paths=paths,
        own_paths=paths[: len(tree.paths)],
        num_trials=num_trials,
        search_ended=tree.search_ended,
        baseline=tree.baseline,
    )
    return folder, origin, trials


def _outcomes(folder: SweepFolder, origin: Origin) -> RecordedOutcomes:
    from runner.execution.preparation import make_outcomes
    from runner.storage.sweep_folder import references

    return make_outcomes(folder, origin.spec, lambda: references(folder, origin))


def _unfolded(folder: SweepFolder, origin: Origin, outcomes: RecordedOutcomes) -> Tree:
    from runner.execution.preparation import make_tree
    from runner.tree.unfold import unfold

    tree = make_tree(origin.spec, origin.provenance, folder.decisions.all())
    unfold(tree, outcomes)
    return tree


def _left_out(spec: Spec, num_unfit: int, num_unscored: int) -> Iterator[str]:
    """Yield what there is to say of trials of agents that cannot be compared with the others."""
    from runner import words

    if num_unfit:
        yield (
            f"{spec.name}: {words.count(num_unfit, 'trial')} of agents left out: of an axis that "
            "is none any more, with another value than that of the base"
        )
    if num_unscored:
        yield (
            f"{spec.name}: {words.count(num_unscored, 'trial')} of agents left out: scored with "
            f"another bleu_tokenize than {spec.base.bleu_tokenize}, and no record is here"
        )


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def who_heeds(folder: SweepFolder) -> str:
    """Return which process takes up a user's decision."""
    holder = folder.lock.holder()
    if holder is None:
        return "the next `sweep` takes that up"
    return f"{holder}, which runs the sweep, takes that up now"


def find_trial(trials: Trials, wanted: str) -> Path:
    """Return the trial with this number, or with this beginning of an id."""
    found = [
        path
        for path in trials.paths
        if str(path.trial.number) == wanted
        or (len(wanted) > 3 and path.trial.id.startswith(wanted))
    ]
    if len(found) != 1:
        what = "no trial" if not found else f"{len(found)} trials"
        raise ConfigError(
            f"{trials.spec.name}: '{wanted}' is the number or the beginning of an id of {what}; "
            f"there are {len(trials.paths)} trials, numbered from 0"
        )
    return found[0]

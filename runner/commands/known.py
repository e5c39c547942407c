"""What the arguments of a command name: specs, sweeps and trials."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm3.errors import ConfigError

if TYPE_CHECKING:
    from runner.execution.events import Slot
    from runner.results.table import Trials
    from runner.specs.spec import Spec
    from runner.storage.origin import Origin
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
    from runner.execution.preparation import make_outcomes, make_tree
    from runner.storage.sweep_folder import find_sweep, load_origin, references
    from runner.tree.unfold import unfold

    folder = find_sweep(options.sweep, options.results)
    origin = load_origin(folder)
    tree = make_tree(origin.spec, origin.provenance, folder.decisions.all())
    outcomes = make_outcomes(folder, origin.spec, lambda: references(folder, origin))
    unfold(tree, outcomes)
    for warning in outcomes.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return folder, origin, tree


def known_trials(options: argparse.Namespace) -> tuple[SweepFolder, Origin, Trials]:
    """Return a sweep's trials as `known_sweep` does, with those that agents were sent."""
    from runner.storage.agent_trials import AgentTrials, KnownTrials, beside
    from runner.storage.starts import agents_origin
    from runner.storage.sweep_folder import find_sweep

    folder = find_sweep(options.sweep, options.results)
    sent = AgentTrials(folder).all()
    alone = agents_origin(folder) if sent and folder.load() is None else None
    if alone is not None:  # only agents have worked on it
        paths = beside([], sent)
        trials = KnownTrials(spec=alone.spec, paths=paths, own_paths=(), num_trials=len(paths))
        return folder, alone, trials
    folder, origin, tree = known_sweep(options)
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

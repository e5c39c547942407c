"""Sweeps run to their end or into trouble, with a core that learns by arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from fakes import PROVENANCE, make_simulated_core

from lstm3.fingerprint import first_key
from runner.execution.engine import MakeCore
from runner.execution.events import EpochFinished, Event, Slot, Warned
from runner.execution.in_process_engine import InProcessEngine
from runner.execution.local_engine import LocalEngine
from runner.execution.sweep import Places, run_sweep
from runner.results.formats import to_json
from runner.results.table import make_table
from runner.specs.spec import Spec
from runner.storage.given_up import GivenUp
from runner.storage.outcomes import RecordedOutcomes
from runner.storage.store import EpochStore
from runner.tree.judges import make_proposer, make_pruner
from runner.tree.unfold import Tree, unfold


def slots(count: int, devices: Sequence[str] = ("cpu",)) -> list[Slot]:
    """Return so many slots on each device."""
    places = [(device, share) for share in range(count) for device in devices]
    return [
        Slot(index=index, name=f"{device} {share}", device=device)
        for index, (device, share) in enumerate(places)
    ]


def make_tree(spec: Spec) -> Tree:
    return Tree(
        spec,
        lambda config: first_key(config, PROVENANCE),
        make_pruner(spec.prune),
        make_proposer(spec),
    )


def make_outcomes(store: EpochStore) -> RecordedOutcomes:
    return RecordedOutcomes(store, "13a", lambda *_: {}, GivenUp(store.root / "given_up"))


def run(
    spec: Spec,
    folder: Path,
    *,
    num_workers: int = 1,
    devices: Sequence[str] = ("cpu",),
    make_core: MakeCore = make_simulated_core,
    engine_type: Callable = InProcessEngine,
    num_events: int | None = None,
) -> tuple[Tree, list[Event]]:
    """Run a sweep to its end, or interrupt it after so many events."""
    store = EpochStore(folder)
    logs = [folder / "logs"] if engine_type is LocalEngine else []
    tree, engine = make_tree(spec), engine_type(slots(num_workers, devices), make_core, *logs)
    places = Places(corpus=lambda _: folder, store=folder)
    try:
        events = run_sweep(tree, make_outcomes(store), engine, places, lambda: False)
        return tree, list(itertools.islice(events, num_events))
    finally:
        engine.close()


def table_of(spec: Spec, folder: Path) -> str:
    """Return the table as `runner table` makes it: from the spec and the store alone."""
    tree = make_tree(spec)
    unfold(tree, make_outcomes(EpochStore(folder)))
    return to_json(make_table(tree)).partition('"timing"')[0]


def num_trained(events: list[Event]) -> int:
    return sum(isinstance(event, EpochFinished) for event in events)


def warnings(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]

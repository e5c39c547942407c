"""What a watcher sees is what there is, whatever becomes of those who run the sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.execution.events import (
    EpochFinished,
    EpochStarted,
    Event,
    HolderChanged,
    SlotFreed,
    Unfolded,
)
from runner.execution.work import Workers
from runner.jobs.watching import scenes
from runner.mirrors.now import Publisher, read_now
from runner.results.table import make_table
from runner.results.tally import Tally
from runner.storage.sweep_folder import SweepFolder
from runner.tree.trial import Decision
from tests.fakes import make_spec
from tests.runner.sweeps_for_tests import SLOTS
from tests.runner.test_commands import simulate


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    found = SweepFolder(results=tmp_path, name="small")
    found.path.mkdir()
    return found


def test_a_watcher_counts_what_the_sweep_has_done_after_every_event(folder: SweepFolder) -> None:
    simulate(folder, make_spec(), most=2)
    seen: list[Event] = []
    for scene in scenes(folder):
        tally = Tally(scene.tree)
        for event in scene.events:
            seen.append(event)
            if isinstance(event, Unfolded | EpochFinished):
                tally.note(event.moved)
                assert tally.epochs == make_table(scene.tree).epochs
            if isinstance(event, Unfolded):
                simulate(folder, make_spec(), most=4)
            elif isinstance(event, EpochFinished):
                simulate(folder, make_spec(), most=1)
    tree = simulate(folder, make_spec())
    assert make_table(scene.tree) == make_table(tree)
    assert HolderChanged(holder=None) in seen


def test_another_spec_or_a_decision_begins_a_new_scene(folder: SweepFolder) -> None:
    tree = simulate(folder, make_spec(), most=3)
    watched = scenes(folder)
    first = next(watched)
    for event in first.events:
        if isinstance(event, Unfolded):
            folder.decisions.put(tree.paths[4].trial.id, Decision(stopped_after=1))
    second = next(watched)
    assert second.tree.paths[4].state == "stopped"
    for event in second.events:
        if isinstance(event, Unfolded):
            simulate(folder, make_spec(seeds=(1, 2)), most=1)
    assert next(watched).tree.num_trials == 2 * first.tree.num_trials


def test_a_worker_whose_epoch_was_lost_is_seen_to_do_nothing(folder: SweepFolder) -> None:
    node = next(iter(simulate(folder, make_spec(), most=3).ready.values()))
    publisher = Publisher(folder.now_path, SLOTS)
    with folder.lock.held("small"):
        publisher.note(EpochStarted(slot=SLOTS[1], node=node, is_repeated=False))
        while (now := read_now(folder.now_path)) is None or not now.workers[1].key:
            pass
        scene = next(scenes(folder))
        workers = Workers(scene.slots)
        for event in scene.events:
            workers.note(event)
            if isinstance(event, EpochStarted):
                assert workers.work[SLOTS[1]]
                publisher.note(SlotFreed(slot=SLOTS[1]))
            elif isinstance(event, SlotFreed):
                break
    publisher.close()
    assert not any(workers.work.values())


def test_what_workers_do_is_seen_only_while_their_process_holds_the_sweep(
    folder: SweepFolder,
) -> None:
    simulate(folder, make_spec(), most=3)
    publisher = Publisher(folder.now_path, SLOTS)
    assert read_now(folder.now_path) is not None
    assert not next(scenes(folder)).slots
    with folder.lock.held("small"):
        assert list(next(scenes(folder)).slots) == SLOTS
    publisher.close()
    assert read_now(folder.now_path) is None

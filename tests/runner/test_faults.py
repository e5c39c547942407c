"""What breaks costs what it must and nothing else, and whoever is at fault bears it."""

from __future__ import annotations

import errno
import functools
from pathlib import Path

import pytest
from fakes import (
    SimulatedCore,
    Unrepeatable,
    make_changed_core,
    make_core_with_a_broken_device,
    make_crashing_core,
    make_greedy_core,
    make_hungry_core,
    make_spec,
)

from lstm3.config import Config
from lstm3.errors import StateError
from runner.execution.events import EpochStarted
from runner.execution.faults import DeviceError, PlaceError
from runner.execution.local_engine import LocalEngine
from runner.execution.work import Workers
from runner.results.table import make_table
from runner.storage.store import EpochStore
from tests.runner.sweeping import make_outcomes, run, slots, table_of, warnings


@pytest.mark.slow
def test_out_of_memory_on_a_shared_device_is_tried_again_alone_and_fails_nobody(tmp_path):
    spec = make_spec()
    run(spec, tmp_path / "calm")
    tree, events = run(
        spec,
        tmp_path / "shared",
        num_workers=3,
        devices=("cuda:0",),
        engine_type=LocalEngine,
        make_core=make_greedy_core,
    )
    assert any("tried again alone" in message for message in warnings(events))
    assert {path.state for path in tree.paths} == {"complete"}
    assert table_of(spec, tmp_path / "shared") == table_of(spec, tmp_path / "calm")


def test_out_of_memory_alone_fails_the_trial_with_the_reason(tmp_path):
    tree, _ = run(make_spec(), tmp_path, num_workers=2, make_core=make_hungry_core)
    failed = [path for path in tree.paths if path.state == "failed"]
    assert failed
    assert all("out of memory" in path.reason for path in failed)
    assert {path.state for path in tree.paths if path not in failed} == {"complete"}


def test_a_device_on_which_different_trials_break_is_shut_out_and_no_trial_fails(tmp_path):
    spec = make_spec()
    run(spec, tmp_path / "calm")
    tree, events = run(
        spec,
        tmp_path / "broken",
        devices=("cuda:0", "cuda:1"),
        make_core=make_core_with_a_broken_device,
    )
    assert {path.state for path in tree.paths} == {"complete"}
    [quarantined] = [place for place, event in enumerate(events) if "quarantined" in str(event)]
    later = [event for event in events[quarantined:] if isinstance(event, EpochStarted)]
    assert later
    assert all(event.slot.device == "cuda:0" for event in later)
    assert table_of(spec, tmp_path / "broken") == table_of(spec, tmp_path / "calm")


def test_the_last_device_is_never_shut_out(tmp_path):
    tree, events = run(
        make_spec(), tmp_path, devices=("cuda:1",), make_core=make_core_with_a_broken_device
    )
    assert {path.state for path in tree.paths} == {"failed"}
    assert not any("quarantined" in message for message in warnings(events))


def make_absent_device(slot):
    class AbsentDevice(SimulatedCore):
        def __call__(self, task):
            if self.slot.device == "cuda:1":
                raise DeviceError("cuda:1 cannot be used: AssertionError: no CUDA")
            return (yield from super().__call__(task))

    return AbsentDevice(slot)


def test_a_device_that_cannot_be_used_is_shut_out_at_once_and_no_trial_fails(tmp_path):
    spec = make_spec()
    tree, events = run(
        spec,
        tmp_path / "absent",
        num_workers=2,
        devices=("cuda:0", "cuda:1"),
        make_core=make_absent_device,
    )
    assert {path.state for path in tree.paths} == {"complete"}
    assert warnings(events) == [
        "cuda:1 cannot be used: AssertionError: no CUDA; the sweep goes on with cuda:0"
    ]
    run(spec, tmp_path / "calm")
    assert table_of(spec, tmp_path / "absent") == table_of(spec, tmp_path / "calm")


def test_without_a_device_that_can_be_used_the_sweep_ends_with_a_line_and_gives_nothing_up(
    tmp_path,
):
    with pytest.raises(PlaceError, match=r"cuda:1 cannot be used.*same command carries on"):
        run(make_spec(), tmp_path, devices=("cuda:1",), make_core=make_absent_device)
    assert not (tmp_path / "given_up").exists()


def make_none(slot):
    raise ImportError(f"libtorch.so: cannot open shared object file on {slot.name}")


@pytest.mark.slow
def test_a_worker_that_cannot_be_made_ends_the_sweep_with_a_line_and_gives_nothing_up(tmp_path):
    with pytest.raises(PlaceError, match=r"no worker can be started: ImportError: libtorch.so"):
        run(make_spec(), tmp_path, engine_type=LocalEngine, make_core=make_none)
    assert not (tmp_path / "given_up").exists()


def make_damaging(is_over, slot):
    """Return a core that damages the state it is to start from, until it is over for a key."""

    class Damaging(SimulatedCore):
        def __call__(self, task):
            store = EpochStore(task.store)
            if task.epoch > 1 and self.slot.device == "cuda:0" and not is_over(task):
                store.weights_path(task.parent).write_text("damaged")
            return (yield from super().__call__(task))

    return Damaging(slot)


def was_seen(task):
    """Return whether this was asked before of an epoch."""
    mark = Path(task.store) / f"{task.key}.seen"
    return mark.exists() or bool(mark.touch())


def test_damaged_states_are_made_again_and_neither_their_device_nor_their_epochs_are_blamed(
    tmp_path,
):
    spec = make_spec()
    tree, events = run(
        spec,
        tmp_path / "damaged",
        devices=("cuda:0", "cuda:1"),
        make_core=functools.partial(make_damaging, was_seen),
    )
    assert {path.state for path in tree.paths} == {"complete"}
    said = warnings(events)
    assert len(said) > 3
    assert all("lost or damaged" in message for message in said)
    assert all(message.endswith("it is made again") for message in said)
    run(spec, tmp_path / "calm")
    assert table_of(spec, tmp_path / "damaged") == table_of(spec, tmp_path / "calm")


def test_where_no_state_stays_as_it_was_written_the_sweep_ends_and_gives_nothing_up(tmp_path):
    with pytest.raises(PlaceError, match=r"lost or damaged.*same command carries on"):
        run(
            make_spec(),
            tmp_path,
            devices=("cuda:0",),
            make_core=functools.partial(make_damaging, lambda _: False),
            num_events=1000,
        )
    assert not (tmp_path / "given_up").exists()


@pytest.mark.slow
def test_a_crash_is_told_with_its_signal_and_the_end_of_the_workers_log(tmp_path):
    tree, _ = run(make_spec(), tmp_path, engine_type=LocalEngine, make_core=make_crashing_core)
    failed = [path for path in tree.paths if path.state == "failed"]
    assert failed
    for path in failed:
        assert "SIGSEGV" in path.reason
        assert "its log ends: Fatal Python error: Segmentation fault" in path.reason
        assert "3 times in a row" in path.reason
    assert {path.state for path in tree.paths if path not in failed} == {"complete"}


def make_full_disk(slot):
    class FullDisk(SimulatedCore):
        def __call__(self, task):
            if task.epoch == 2:
                raise OSError(errno.ENOSPC, "No space left on device", f"{task.store}/x.weights")
            return (yield from super().__call__(task))

    return FullDisk(slot)


def test_a_full_disk_ends_the_sweep_with_a_clear_line_fails_no_trial_and_is_carried_on(tmp_path):
    spec = make_spec()
    with pytest.raises(PlaceError, match=r"No space left on device.*same command carries on"):
        run(spec, tmp_path / "full", make_core=make_full_disk)
    tree, _ = run(spec, tmp_path / "full")
    assert {path.state for path in tree.paths} == {"complete"}
    run(spec, tmp_path / "calm")
    assert table_of(spec, tmp_path / "full") == table_of(spec, tmp_path / "calm")


def make_unfit_weights(slot):
    class UnfitWeights(SimulatedCore):
        def __call__(self, task):
            yield 0.0, 0.0
            assert task.epoch == 1
            raise StateError("w.safetensors: encoder.weight: found (3, 4); expected (5, 4)")

    return UnfitWeights(slot)


def test_input_that_cannot_be_used_fails_its_trials_at_once(tmp_path):
    tree, events = run(make_spec(), tmp_path, make_core=make_unfit_weights)
    assert {path.state for path in tree.paths} == {"failed"}
    assert len([event for event in events if isinstance(event, EpochStarted)]) == 1
    assert "found (3, 4); expected (5, 4)" in tree.paths[0].reason


def forget_states(folder: Path) -> None:
    for file in [*folder.rglob("*.weights"), *folder.rglob("*.moments")]:
        file.unlink()


def test_a_parent_that_comes_out_differently_is_noticed_and_its_descendants_are_marked(tmp_path):
    short, long = make_spec(base=Config(num_epochs=3)), make_spec()
    run(short, tmp_path)
    before = run(short, tmp_path)[0]
    assert not any(row.estranged for row in make_table(before).rows)
    forget_states(tmp_path)
    run(long, tmp_path, make_core=make_changed_core)
    after, _ = run(long, tmp_path)
    again = run(short, tmp_path)[0]
    assert [row.bleu for row in make_table(again).rows] == [
        row.bleu for row in make_table(before).rows
    ], "an epoch that is trained again may not change a table"
    marked = [row for row in make_table(after).rows if row.estranged]
    assert marked
    for row in marked:
        assert "came out differently" in row.reason
    remade = [result for path in after.paths for result in path.results if result.remade]
    assert {result.remade["made by"] for result in remade} == {"ChangedCore"}


@pytest.mark.parametrize("breaks", [True, False])
@pytest.mark.parametrize("num_workers", [1, 3])
def test_an_ancestor_that_cannot_be_made_again_fails_what_needs_it_and_the_sweep_ends(
    breaks, num_workers, tmp_path
):
    short, long = make_spec(base=Config(num_epochs=3)), make_spec()
    run(short, tmp_path)
    before = table_of(short, tmp_path)
    forget_states(tmp_path)
    tree, events = run(
        long,
        tmp_path,
        num_workers=num_workers,
        make_core=functools.partial(Unrepeatable, breaks=breaks),
        num_events=1000,
    )
    assert len(events) < 1000, "it is tried again and again"
    assert {path.state for path in tree.paths} == {"failed"}
    said = "no such number" if breaks else "loss is not finite"
    assert all(said in path.reason for path in tree.paths)
    assert table_of(short, tmp_path) == before
    run(long, tmp_path / "fresh")
    outcomes = make_outcomes(EpochStore(tmp_path))
    outcomes.given_up.clear()
    run(long, tmp_path)
    assert table_of(long, tmp_path) == table_of(long, tmp_path / "fresh")


@pytest.mark.parametrize(
    "make_core",
    [
        make_core_with_a_broken_device,
        make_hungry_core,
        functools.partial(Unrepeatable, breaks=True),
        functools.partial(Unrepeatable, breaks=False),
    ],
)
def test_a_worker_whose_epoch_is_lost_is_seen_to_do_nothing(make_core, tmp_path):
    run(make_spec(base=Config(num_epochs=3)), tmp_path)
    forget_states(tmp_path)
    devices = ("cuda:0", "cuda:1")
    _, events = run(make_spec(), tmp_path, devices=devices, make_core=make_core, num_events=1000)
    workers = Workers(slots(1, devices))
    for event in events:
        if isinstance(event, EpochStarted):
            assert workers.work[event.slot] is None
        workers.note(event)
    assert not any(workers.work.values())


def test_a_parent_that_comes_out_the_same_marks_nobody(tmp_path):
    run(make_spec(base=Config(num_epochs=3)), tmp_path)
    forget_states(tmp_path)
    run(make_spec(), tmp_path)
    rows = make_table(run(make_spec(), tmp_path)[0]).rows
    assert not any(row.estranged for row in rows)

"""An epoch's deadline follows what such epochs took, and nothing else makes a worker late."""

from __future__ import annotations

import pytest

from runner.execution.stopwatch import Stopwatch
from runner.specs.spec import Deadline
from tests.runner.sweeping import slots

ONE, TWO = slots(2)


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose only element is the time."""
    now = [100.0]
    monkeypatch.setattr("runner.execution.stopwatch.time.monotonic", lambda: now[0])
    return now


def overdue(stopwatch):
    return [slot for slot, _ in stopwatch.overdue()]


def test_an_epoch_is_late_after_a_multiple_of_the_longest_of_its_kind(clock):
    stopwatch = Stopwatch(Deadline(factor=3.0, floor_seconds=1.0))
    for seconds in (10.0, 20.0, 5.0):
        stopwatch.start(ONE, "small")
        clock[0] += seconds
        stopwatch.finish(ONE)
    stopwatch.start(ONE, "small")
    clock[0] += 60.0
    assert overdue(stopwatch) == []
    clock[0] += 0.1
    assert overdue(stopwatch) == [ONE]


def test_before_any_epoch_is_done_its_own_progress_tells_how_long_it_takes(clock):
    stopwatch = Stopwatch(Deadline(factor=2.0, floor_seconds=10.0))
    stopwatch.start(ONE, "large")
    stopwatch.start(TWO, "large")
    clock[0] += 15.0
    stopwatch.progress(ONE, 0.1)  # so it should take 150 seconds
    clock[0] += 10.0
    assert overdue(stopwatch) == [TWO], "without any progress, factor × floor is all it gets"
    stopwatch.forget(TWO)
    clock[0] += 275.0
    assert overdue(stopwatch) == []
    clock[0] += 1.0
    assert overdue(stopwatch) == [ONE]


def test_a_pause_of_the_coordinator_makes_no_worker_late(clock):
    stopwatch = Stopwatch(Deadline(factor=1.0, floor_seconds=10.0))
    stopwatch.start(ONE, "small")
    clock[0] += 5000.0
    stopwatch.forgive(5000.0)
    assert overdue(stopwatch) == []


def test_a_floor_keeps_short_epochs_from_being_taken_for_frozen(clock):
    stopwatch = Stopwatch(Deadline(factor=5.0, floor_seconds=120.0))
    stopwatch.start(ONE, "tiny")
    clock[0] += 0.1
    stopwatch.finish(ONE)
    stopwatch.start(ONE, "tiny")
    clock[0] += 119.0
    assert overdue(stopwatch) == []

"""The engine of tests and benchmarks: no process is started."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence

from runner.execution.engine import Died, EpochTask, Finished, MakeCore, Progress, Report
from runner.execution.events import Slot
from runner.execution.faults import how_it_broke
from runner.tree.outcome import EpochFailure, EpochResult


class InProcessEngine:
    """Runs tasks one after the other in this process: for tests and debugging."""

    def __init__(self, slots: Sequence[Slot], make_core: MakeCore) -> None:
        self.slots = slots
        self._cores = {slot: make_core(slot) for slot in slots}
        self._tasks: dict[Slot, EpochTask] = {}

    def submit(self, slot: Slot, task: EpochTask) -> None:
        assert slot not in self._tasks, f"{slot} is busy"
        self._tasks[slot] = task

    def reports(self, timeout: float) -> list[Report]:
        if not self._tasks:
            time.sleep(timeout)
            return []
        slot = next(iter(self._tasks))
        task = self._tasks.pop(slot)
        try:
            outcome = _drain(self._cores[slot](task))
        except Exception as error:  # whatever broke an epoch must not break the sweep
            broke = how_it_broke(error)
            return [Died(slot=slot, task=task, reason=broke.reason, fault=broke.fault)]
        return [Finished(slot=slot, task=task, outcome=outcome)]

    def replace(self, slot: Slot, reason: str) -> Report | None:
        task = self._tasks.pop(slot, None)
        return Died(slot=slot, task=task, reason=reason) if task else None

    def close(self) -> None:
        self._tasks.clear()


def _drain(
    epoch: Generator[Progress, None, EpochResult | EpochFailure],
) -> EpochResult | EpochFailure:
    while True:
        try:
            next(epoch)
        except StopIteration as end:
            outcome: EpochResult | EpochFailure = end.value
            return outcome

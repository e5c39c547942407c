"""Where epochs run: tasks go in, reports come out, in the manner of concurrent.futures."""

from __future__ import annotations

import enum
import time
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lstm3.config import Config
from lstm3.errors import UserError
from lstm3.schedule import EpochSettings
from runner.execution.events import Slot
from runner.storage.store import StoreError
from runner.tree.outcome import EpochFailure, EpochResult


@dataclass(frozen=True, kw_only=True)
class EpochTask:
    """All that a worker must know to train one epoch and remember it."""

    key: str
    parent: str
    epoch: int
    settings: EpochSettings
    config: Config  # the part that acts on every epoch
    corpus: Path  # folder of the encoded corpus
    store: Path
    bleu_tokenize: str
    sweep: str


@dataclass(frozen=True, kw_only=True)
class Progressed:
    """The epoch of a slot is so far."""

    slot: Slot
    task: EpochTask
    fraction: float
    tokens_per_second: float


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The epoch of a slot is known and stored."""

    slot: Slot
    task: EpochTask
    outcome: EpochResult | EpochFailure


class Fault(enum.Enum):
    """What an epoch was lost to."""

    WORKER = enum.auto()  # that died, or broke
    MEMORY = enum.auto()  # of the device, which was too small for all that ran there
    INPUT = enum.auto()  # that will be no better the next time
    PLACE = enum.auto()  # where files are kept: full, gone or not writable


@dataclass(frozen=True, kw_only=True)
class Died:
    """The epoch of a slot is lost: its worker ended or broke; a new one has taken the slot."""

    slot: Slot
    task: EpochTask
    reason: str
    fault: Fault = Fault.WORKER


Report = Progressed | Finished | Died
Progress = tuple[float, float]  # fraction of the epoch, tokens a second

# Trains the epoch of a task, stores it, and returns its outcome, yielding its progress.
Core = Callable[[EpochTask], Generator[Progress, None, EpochResult | EpochFailure]]
MakeCore = Callable[[Slot], Core]  # called in the worker


@dataclass(frozen=True, kw_only=True)
class Broke:
    """An exception, told to another process."""

    reason: str
    fault: Fault


def how_it_broke(error: Exception) -> Broke:
    """Return what an exception says, where it was raised, and whose fault it is."""
    fault = _fault(error)
    if fault in (Fault.INPUT, Fault.PLACE):
        return Broke(reason=str(error), fault=fault)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return Broke(reason=f"{type(error).__name__}: {error} ({place})", fault=fault)


def _fault(error: Exception) -> Fault:
    is_of_memory = (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"  # torch's, which is not loaded here
        or "can't allocate memory" in str(error)  # its RuntimeError on CPU
    )
    if is_of_memory:
        return Fault.MEMORY
    if isinstance(error, OSError):
        return Fault.PLACE
    if isinstance(error, UserError) and not isinstance(error, StoreError):
        return Fault.INPUT
    return Fault.WORKER


class Engine(Protocol):
    """Runs one task a slot at a time."""

    @property
    def slots(self) -> Sequence[Slot]: ...

    def submit(self, slot: Slot, task: EpochTask) -> None:
        """Have an idle slot run a task."""

    def reports(self, timeout: float) -> list[Report]:
        """Wait until something is reported, at most `timeout` seconds, and return it."""

    def replace(self, slot: Slot, reason: str) -> Report | None:
        """End a slot's worker at once, start another, and return the loss of its epoch, if any."""

    def close(self) -> None:
        """End all work at once; epochs in flight are lost."""


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

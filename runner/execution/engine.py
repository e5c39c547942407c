"""Where epochs run: tasks go in, reports come out, in the manner of concurrent.futures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lstm3.config import Config
from lstm3.schedule import EpochSettings
from runner.execution.events import Slot
from runner.execution.faults import Fault
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

"""What happens in a running sweep, as its observers see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.path import Node, Path


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A place where one worker runs: `name` is shown, `device` is where its tensors are."""

    index: int
    name: str  # such as "cpu 0" or "cuda:1"
    device: str


@dataclass(frozen=True, kw_only=True)
class Unfolded:
    """Remembered epochs were found: it comes before anything is trained, and after `Refolded`."""

    moved: Sequence[Path]  # trials that have gone on


@dataclass(frozen=True, kw_only=True)
class Refolded:
    """The tree was begun anew, as a user wants it; `Unfolded` with all that is known follows."""


@dataclass(frozen=True, kw_only=True)
class EpochStarted:
    """A worker was given an epoch; a repeated one is trained again since its state is lost."""

    slot: Slot
    node: Node
    is_repeated: bool


@dataclass(frozen=True, kw_only=True)
class EpochProgressed:
    """A worker is so far in its epoch."""

    slot: Slot
    node: Node
    fraction: float  # 0 to 1
    tokens_per_second: float


@dataclass(frozen=True, kw_only=True)
class EpochFinished:
    """An epoch is known now."""

    slot: Slot | None  # None if another process trained it
    node: Node
    outcome: EpochResult | EpochFailure
    moved: Sequence[Path]  # trials that gained an epoch or changed state


@dataclass(frozen=True, kw_only=True)
class SlotFreed:
    """A worker does nothing now, and no `EpochFinished` says so: its epoch was lost."""

    slot: Slot


@dataclass(frozen=True, kw_only=True)
class Warned:
    """Something went wrong that does not change the result."""

    message: str


@dataclass(frozen=True, kw_only=True)
class BudgetReached:
    """No more epochs are started; the same command carries on."""

    spent: str  # such as "8 hours"


@dataclass(frozen=True, kw_only=True)
class HolderChanged:
    """Another process has taken the sweep, or none runs it any more; only who watches sees it."""

    holder: str | None  # such as "process 17 on node3"


Event = (
    Unfolded
    | Refolded
    | EpochStarted
    | EpochProgressed
    | EpochFinished
    | SlotFreed
    | Warned
    | BudgetReached
    | HolderChanged
)

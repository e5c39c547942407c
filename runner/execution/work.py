"""What each worker of a running sweep does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.execution.events import (
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Event,
    Slot,
    SlotFreed,
)
from runner.tree.path import Node


@dataclass(frozen=True, kw_only=True)
class Work:
    """An epoch that a worker trains."""

    node: Node
    is_repeated: bool
    fraction: float = 0.0
    tokens_per_second: float | None = None


class Workers:
    """What each worker does, as events tell.

    The dictionary never changes its size, so another thread may read it at any time.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.work: dict[Slot, Work | None] = dict.fromkeys(slots)

    def note(self, event: Event) -> None:
        if isinstance(event, EpochProgressed):
            work = self.work[event.slot]
            self.work[event.slot] = Work(
                node=event.node,
                is_repeated=work is not None and work.is_repeated,
                fraction=event.fraction,
                tokens_per_second=event.tokens_per_second,
            )
        elif isinstance(event, EpochStarted):
            self.work[event.slot] = Work(node=event.node, is_repeated=event.is_repeated)
        elif isinstance(event, EpochFinished | SlotFreed) and event.slot is not None:
            self.work[event.slot] = None

    @property
    def num_done(self) -> float:
        """Return how many epochs are done of those in flight."""
        return sum(work.fraction for work in self.work.values() if work)

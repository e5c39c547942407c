"""Which workers take so long over an epoch that they count as frozen."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator

from runner.execution.events import Slot
from runner.specs.spec import Deadline

_PAUSE_SECONDS = 10.0  # that one round takes only if this process was stopped


class Stopwatch:
    """Measures the epochs in flight; `kind` is what makes two of them take about as long."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._running: dict[Slot, tuple[Hashable, float]] = {}  # kind, and when it was started
        self._expected: dict[Slot, float] = {}  # its seconds, as its progress lets expect
        self._longest: dict[Hashable, float] = {}  # seconds, by kind

    def start(self, slot: Slot, kind: Hashable) -> None:
        self._running[slot] = kind, time.monotonic()

    def progress(self, slot: Slot, fraction: float) -> None:
        _, began = self._running[slot]
        self._expected[slot] = (time.monotonic() - began) / max(fraction, 1e-6)

    def finish(self, slot: Slot) -> None:
        kind, began = self._running[slot]
        self._longest[kind] = max(time.monotonic() - began, self._longest.get(kind, 0.0))
        self.forget(slot)

    def forget(self, slot: Slot) -> None:
        """Stop measuring an epoch that was lost."""
        del self._running[slot]
        self._expected.pop(slot, None)

    def forgive(self, seconds: float) -> None:
        """Take a pause of this process itself, such as by Ctrl-Z, out of its workers' time."""
        if seconds > _PAUSE_SECONDS:
            self._running = {
                slot: (kind, began + seconds) for slot, (kind, began) in self._running.items()
            }

    def overdue(self) -> Iterator[tuple[Slot, float]]:
        """Yield the slots that have missed their deadline, and what that was in seconds."""
        for slot, (kind, began) in list(self._running.items()):
            limit = self._deadline.seconds(self._longest.get(kind, self._expected.get(slot)))
            if time.monotonic() - began > limit:
                yield slot, limit

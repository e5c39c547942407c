"""How long a sweep has run, and about how long it will go on."""

from __future__ import annotations

import time
from datetime import timedelta

from runner import words
from runner.execution.events import EpochFinished
from runner.tree.outcome import EpochResult
from runner.tree.plan import Ahead, look_ahead
from runner.tree.unfold import Tree

_LOOKS_COST_AT_MOST = 0.01  # share of the time that may go into looking ahead


class Clock:
    """How long a sweep has run, and about how long it will go on."""

    def __init__(self, num_workers: int, seconds: float = 0.0) -> None:
        self._num_workers = num_workers
        self._began = time.monotonic() - seconds  # when the sweep did
        self._num_trained = 0  # as far as this clock has counted
        self._seconds = 0.0  # that they took
        self._ahead: Ahead | None = None
        self._num_trained_then = 0  # when it was looked ahead
        self._next_look = 0.0

    def count(self, event: EpochFinished, tree: Tree) -> None:
        if isinstance(event.outcome, EpochResult):
            self._num_trained += 1
            self._seconds += event.outcome.seconds
        now = time.monotonic()
        if now >= self._next_look:
            self._ahead = look_ahead(tree)
            self._num_trained_then = self._num_trained
            self._next_look = now + (time.monotonic() - now) / _LOOKS_COST_AT_MOST

    def said(self, num_in_flight: float, is_pruned: bool) -> str:
        """Return the time so far and the time left; `num_in_flight` is the part that is done."""
        if not self._num_workers:
            return "no worker runs"
        so_far = f"{timedelta(seconds=int(time.monotonic() - self._began))} so far"
        if self._ahead is None or not self._num_trained:
            return f"{so_far}; the time left is known after the first epoch"
        num_done = self._num_trained - self._num_trained_then + num_in_flight
        per_epoch = self._seconds / self._num_trained
        left = words.duration(self._ahead.seconds(per_epoch, self._num_workers, num_done))
        return f"{so_far}, an estimated {left} left" + (" if no more is pruned" * is_pruned)

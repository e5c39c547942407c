"""What a sweep has spent of its budget since it was started or carried on."""

from __future__ import annotations

import time

from runner.specs.spec import Budget


class Spending:
    """Counts the epochs that were started, and the time from its making on."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._num_epochs = 0
        self._began = time.monotonic()

    def start_epoch(self) -> None:
        self._num_epochs += 1

    def used_up(self) -> str | None:
        """Return what of the budget is used up, if any is."""
        budget = self._budget
        if budget.epochs is not None and self._num_epochs >= budget.epochs:
            return f"{budget.epochs} epochs"
        hours = (time.monotonic() - self._began) / 3600
        if budget.hours is not None and hours >= budget.hours:
            return f"{budget.hours:g} hours"
        return None

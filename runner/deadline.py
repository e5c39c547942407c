"""How long an epoch may take before its worker counts as frozen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A multiple of the longest such epoch that was measured, and no less than a floor."""

    factor: float = 5.0
    floor_seconds: float = 120.0

    def seconds(self, longest: float | None) -> float:
        """Return the deadline, given the longest epoch's seconds, if there was one.

        Before any, nothing can be told of an epoch but that it should show some progress soon.
        """
        if longest is None:
            return self.factor * self.floor_seconds
        return max(self.floor_seconds, self.factor * longest)

"""How long an epoch may take before its worker counts as frozen."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A multiple of the longest such epoch measured so far, and no less than a floor."""

    factor: float = 5.0
    floor_seconds: float = 120.0

    def seconds(self, longest: float | None) -> float:
        """Return the deadline, given the longest epoch's seconds; infinite while none is known."""
        return math.inf if longest is None else max(self.floor_seconds, self.factor * longest)

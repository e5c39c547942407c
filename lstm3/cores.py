"""How many threads this process has cores for."""

from __future__ import annotations

import os

TOO_MANY = "more threads than cores wait for each other in turn and compute many times slower"


def num_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

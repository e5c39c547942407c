"""What is drawn of more trials than a figure has room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def thinned(rows: Sequence[T], most: int) -> Sequence[T]:
    """Return the best two thirds of what there is room for, and an even sample of the rest."""
    if len(rows) <= most:
        return rows
    num_best = most * 2 // 3
    rest, num_rest = rows[num_best:], most - num_best
    return [*rows[:num_best], *(rest[place * len(rest) // num_rest] for place in range(num_rest))]

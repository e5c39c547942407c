"""Draws that come out the same everywhere."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws that are the same on every platform and in every version of Python.

    Only `random.Random.random` promises that; `choice` and `shuffle` do not.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def below(self, bound: int) -> int:
        return int(self._random() * bound)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def zipf(self, options: Sequence[T]) -> T:
        """Return one of the options, the one of rank r with a weight of 1 / (r + 1)."""
        weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(options))))
        return options[bisect.bisect(weights, self._random() * weights[-1])]

    def word(self, alternatives: str) -> str:
        return self.pick(alternatives.split("/"))

    def number(self) -> int:
        """Return a number of things, from 2 and mostly small."""
        return 2 + self.below(4 if self.chance(0.6) else 28 if self.chance(0.8) else 400)

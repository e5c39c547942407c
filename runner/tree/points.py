"""Points of the unit cube, at random or evenly spread, and the cells of a search that they are.

Each is a pure function of its number: no generator is kept that remembers what was asked before.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from runner.specs.spec import Axis, Choices
from runner.tree.proposing import Params, SeenCell

_DIGITS_OF_A_FLOAT = 53  # binary


class PointProposer:
    """Proposes cells that nobody's results can change."""

    needs_results = False

    def __init__(self, axes: Mapping[str, Axis], *, is_spread: bool) -> None:
        self._axes = axes
        self._is_spread = is_spread

    def propose(self, index: int, attempt: int, seen: Sequence[SeenCell]) -> Params:  # noqa: ARG002
        """Return cell `index`; what is asked again comes from a random point in either case."""
        if self._is_spread and attempt == 0:
            point = halton_point(index, len(self._axes))
        else:
            point = random_point(index, attempt, len(self._axes))
        return {
            name: value_at(axis, fraction)
            for (name, axis), fraction in zip(self._axes.items(), point, strict=True)
        }


def random_point(index: int, attempt: int, num_axes: int) -> list[float]:
    """Return a uniform point, each coordinate in [0, 1)."""
    numbers = random.Random(f"point {index}, attempt {attempt}")
    return [numbers.random() for _ in range(num_axes)]


def halton_point(index: int, num_axes: int) -> list[float]:
    """Return point `index` of a scrambled Halton sequence, each coordinate in [0, 1).

    Every axis has a prime of its own as base; a coordinate is the index's digits read backwards,
    the digits of each place shuffled in their own way (Owen 2017, "A randomized Halton algorithm
    in R"). So any b^k points in a row from a multiple of b^k fall one into each b^k-th of an axis.
    """
    return [_radical_inverse(index, base) for base in _primes(num_axes)]


def _radical_inverse(index: int, base: int) -> float:
    numerator, denominator = 0, 1
    for shuffled in _digit_shuffles(base):
        index, digit = divmod(index, base)
        numerator = numerator * base + shuffled[digit]
        denominator *= base
    return min(numerator / denominator, math.nextafter(1.0, 0.0))


@functools.cache
def _digit_shuffles(base: int) -> list[list[int]]:
    """Return a permutation of the digits for each place that a float can tell apart."""
    numbers = random.Random(f"digits in base {base}")
    num_places = math.ceil(_DIGITS_OF_A_FLOAT / math.log2(base))
    return [sorted(range(base), key=lambda _: numbers.random()) for _ in range(num_places)]


@functools.cache
def _primes(count: int) -> list[int]:
    primes: list[int] = []
    candidate = 2
    while len(primes) < count:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    return primes


def value_at(axis: Axis, fraction: float) -> Any:
    """Return the value of an axis that lies `fraction` (0 to below 1) of the way along it."""
    if isinstance(axis, Choices):
        return axis.values[int(fraction * len(axis.values))]
    margin = 0.5 if axis.is_whole else 0.0  # the first and the last whole number as wide as others
    low, high = axis.low - margin, axis.high + margin
    if axis.log:
        value = math.exp(math.log(low) + fraction * (math.log(high) - math.log(low)))
    else:
        value = low + fraction * (high - low)
    value = min(max(round(value) if axis.is_whole else value, axis.low), axis.high)
    return int(value) if axis.is_whole else float(value)

"""Whether one cell is better than another when each was trained with several seeds.

A cell's mean varies with the seeds that were drawn and with the sentences that were. Both count, as
in the analysis of readers and cases by Obuchowski and Rockette (1995, "Hypothesis testing of
diagnostic accuracy for multiple readers and multiple tests: an ANOVA approach with dependent
observations"), seeds in the place of readers and nested in cells: the variance of a difference is

    s²(A) / n(A)  +  s²(B) / n(B)  +  what the sentences that all seeds share add to it,

with the last from bootstrapped covariances: mean within A + mean within B - 2 mean between, at
least 0. The first two hold what sentences do to single seeds. The test is Student's t with
Satterthwaite's degrees of freedom, so Welch's where sentences add nothing.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from runner.results.significance import COVERAGE, Interval, System

POWER = 0.8  # that "can be seen" means
_CAUTION = 0.8  # confidence that a spread is not larger than is planned with
MOST_SEEDS = 1000
_MOST_SHIFT = 30.0  # up to which the noncentral t is computed well


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What makes the difference of two cells' means vary, as variances in BLEU²."""

    seeds: tuple[float, float]  # of a single seed, in each cell
    sentences: float  # of those that all seeds share

    def cautious(self, num_seeds: tuple[int, int]) -> Spread:
        """Return a spread that the true one exceeds in 1 of 5 cases, if so many seeds gave this.

        A plan made with the spread that a few seeds happened to show is too hopeful on average
        (Browne 1995, "On the use of a pilot sample for sample size determination").
        """
        from scipy.special import chdtri

        freedoms = [number - 1 for number in num_seeds]
        total = sum(freedoms)
        pooled = sum(each * free for each, free in zip(self.seeds, freedoms, strict=True)) / total
        most = pooled * total / float(chdtri(total, _CAUTION))
        return Spread(seeds=(most, most), sentences=self.sentences)

    def variance(self, num_seeds: tuple[int, int]) -> float:
        """Return the variance of the difference of means over so many seeds each."""
        return sum(self._parts(num_seeds)) + self.sentences

    def freedom(self, num_seeds: tuple[int, int]) -> float:
        """Return the degrees of freedom of that variance (Satterthwaite)."""
        parts = zip(self._parts(num_seeds), num_seeds, strict=True)
        noise = sum(part**2 / (number - 1) for part, number in parts)
        return self.variance(num_seeds) ** 2 / noise if noise else math.inf

    def _parts(self, num_seeds: tuple[int, int]) -> list[float]:
        return [each / number for each, number in zip(self.seeds, num_seeds, strict=True)]


@dataclass(frozen=True, kw_only=True)
class SeedComparison:
    """A cell against another: means over seeds in BLEU, below 0 where it is the worse one."""

    difference: float
    interval: Interval
    p: float  # two-sided, of one comparison
    num_seeds: tuple[int, int]
    spread: Spread = field(repr=False)


def compare_cells(cell: Sequence[System], other: Sequence[System]) -> SeedComparison | None:
    """Return a cell against another, a system a seed; None unless each has two seeds at least."""
    num_seeds = len(cell), len(other)
    if min(num_seeds) < 2:
        return None
    spread = _spread(cell, other)
    difference = _mean(cell) - _mean(other)
    error, freedom = math.sqrt(spread.variance(num_seeds)), spread.freedom(num_seeds)
    half = error * _t_quantile(freedom, (1 + COVERAGE) / 2)
    return SeedComparison(
        difference=difference,
        interval=Interval(low=difference - half, high=difference + half),
        p=_two_sided(difference, error, freedom),
        num_seeds=num_seeds,
        spread=spread,
    )


def mean_interval(cell: Sequence[System]) -> Interval:
    """Return where the mean of a cell with several seeds lies: of other seeds and sentences too."""
    num, mean = len(cell), _mean(cell)
    own = float(np.var([system.score for system in cell], ddof=1)) / num
    covariances = np.cov(np.stack([system.draws for system in cell]))
    whole = own + max(0.0, _mean_beside_diagonal(covariances))
    freedom = whole**2 * (num - 1) / own**2 if own else math.inf
    half = math.sqrt(whole) * _t_quantile(freedom, (1 + COVERAGE) / 2)
    return Interval(low=max(0.0, mean - half), high=min(100.0, mean + half))


def _mean(cell: Sequence[System]) -> float:
    return math.fsum(system.score for system in cell) / len(cell)


def _spread(cell: Sequence[System], other: Sequence[System]) -> Spread:
    num = len(cell)
    covariances = np.cov(np.stack([system.draws for system in (*cell, *other)]))
    within = _mean_beside_diagonal(covariances[:num, :num])
    within += _mean_beside_diagonal(covariances[num:, num:])
    shared = within - 2 * float(covariances[:num, num:].mean())
    first, second = (
        float(np.var([system.score for system in each], ddof=1)) for each in (cell, other)
    )
    return Spread(seeds=(first, second), sentences=max(0.0, shared))


def _mean_beside_diagonal(square: np.ndarray) -> float:
    num = len(square)
    return float((square.sum() - np.trace(square)) / (num * (num - 1)))


def _two_sided(difference: float, error: float, freedom: float) -> float:
    from scipy.special import stdtr

    if error == 0:  # a spread that is not seen is not known to be none
        return 1.0
    return float(2 * stdtr(min(freedom, 1e9), -abs(difference) / error))


def _t_quantile(freedom: float, share: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(min(freedom, 1e9), share))


def power(spread: Spread, difference: float, num_seeds: tuple[int, int], level: float) -> float:
    """Return how often a true difference would be found with so many seeds (noncentral t).

    Found means with its sign: the rare difference that is found the wrong way round is no success.
    """
    from scipy.special import nctdtr

    freedom = min(spread.freedom(num_seeds), 1e6)
    error = math.sqrt(spread.variance(num_seeds))
    if error == 0:
        return 1.0
    shift = min(difference / error, _MOST_SHIFT)
    limit = _t_quantile(freedom, 1 - level / 2)
    return float(1 - nctdtr(freedom, shift, limit))


def seeds_needed(comparison: SeedComparison, difference: float, level: float) -> int | None:
    """Return with how many seeds a cell a true difference would be found in 4 of 5 cases.

    None if even `MOST_SEEDS` would not do: sentences alone may make that impossible.
    """
    spread = comparison.spread.cautious(comparison.num_seeds)

    def suffice(number: int) -> bool:
        return power(spread, difference, (number, number), level) >= POWER

    if not suffice(MOST_SEEDS):
        return None
    return bisect.bisect_left(range(MOST_SEEDS), True, lo=2, key=suffice)

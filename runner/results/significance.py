"""Whether one translation system is better than another, or the sentences are just kind to it.

Paired bootstrap (Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"):
sentences are drawn with replacement, the same ones for all systems, from what BLEU counts in each.
All of it is about the systems as they are; another seed would make other systems.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000
SEED = 12_345  # sacreBLEU's own, so that the same sentences are drawn
COVERAGE = 0.95  # of every interval
FEW_SENTENCES = 30  # below which resampling them is only a rough guess

_FEWEST = 10  # resamples that a tail is read off from
_EXACT = 1 << 24  # whole numbers up to this are exact in 32 bits

# B resamples, S sentences, N systems; a row of counts has both lengths, then matches and totals
# of 1- to 4-grams, as sacreBLEU counts them.
Counts = NDArray[np.int32]  # (S, 10)
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a number lies with 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A system against another, in BLEU; below 0 where it is the worse one."""

    difference: float
    interval: Interval
    p: float  # sacreBLEU's, of one comparison that was planned, in one direction
    p_holm: float  # two-sided, and corrected for the number of comparisons
    is_different: bool


def bleu(sums: NDArray[np.floating]) -> Floats:
    """Return sacreBLEU's BLEU of summed counts (…, 10): smoothing "exp", 0 to 100."""
    lengths, ref_lengths = sums[..., 0], sums[..., 1]
    matches, totals = sums[..., 2:6].astype(np.float64), sums[..., 6:10]
    is_missed = matches == 0
    halved = 0.5 ** np.cumsum(is_missed, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precisions = np.where(is_missed, halved, matches) / totals
        brevity = np.minimum(0.0, 1.0 - ref_lengths / lengths)
        scores = 100.0 * np.exp(brevity + np.log(precisions).mean(axis=-1))
    is_defined = (totals > 0).all(axis=-1) & ~is_missed.all(axis=-1)
    return np.where(is_defined, np.minimum(scores, 100.0), 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class System:
    """Its BLEU on all sentences, and on each resample of them."""

    score: float
    draws: Floats  # (B)


class Resamples:
    """Sentences drawn with replacement, again and again: the same for every system."""

    def __init__(self, num_sentences: int, number: int = RESAMPLES) -> None:
        drawn = np.random.default_rng(SEED).choice(num_sentences, (number, num_sentences))
        drawn += num_sentences * np.arange(number)[:, None]
        times = np.bincount(drawn.ravel(), minlength=number * num_sentences)
        self._times = times.reshape(number, num_sentences).astype(np.float32)  # (B, S)

    def system(self, counts: Counts) -> System:
        """Return the system that translated so."""
        return self.systems([counts])[0]

    def systems(self, counts: Sequence[Counts]) -> list[System]:
        """Return the systems that translated so, resampled in one product."""
        side_by_side = np.concatenate(counts, axis=1)  # (S, N 10)
        is_small = len(side_by_side) * int(side_by_side.max()) < _EXACT
        kind = np.float32 if is_small else np.float64
        sums = self._times.astype(kind, copy=False) @ side_by_side.astype(kind)  # (B, N 10)
        draws = bleu(sums.reshape(len(sums), len(counts), -1))  # (B, N)
        return [
            System(score=score(each), draws=drawn)
            for each, drawn in zip(counts, draws.T.copy(), strict=True)
        ]


def score(counts: Counts) -> float:
    """Return a system's BLEU on all sentences."""
    return float(bleu(counts.sum(axis=0, dtype=np.int64)))


def interval(draws: Floats) -> Interval:
    """Return the interval that holds the middle of resampled scores."""
    ends = np.array([(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]) * (len(draws) - 1)
    low, high = np.interp(ends, np.arange(len(draws)), np.sort(draws))  # as np.quantile, but fast
    return Interval(low=float(low), high=float(high))


def paired_p(draws: Floats, others: Floats, difference: float) -> float:
    """Return sacreBLEU's p of a difference: the share of resamples that lie so far from their mean.

    Absolute differences are centred, as in sacreBLEU and Moses. So it is the p of one direction: of
    two equal systems one is called better at p < 0.05 in a tenth of all cases.
    """
    return (_num_as_far(draws, others, difference) + 1) / (len(draws) + 1)


def _num_as_far(draws: Floats, others: Floats, difference: float) -> int:
    distances = np.abs(draws - others)
    return int(np.sum(distances - distances.mean() > abs(difference)))


def tail_p(draws: Floats, others: Floats, difference: float) -> float:
    """Return `paired_p`, with the tail of a normal curve where too few resamples lie there.

    A share of 1,000 resamples cannot be below 0.001, which no correction for a hundred comparisons
    would let pass (after Knijnenburg et al. 2009, "Fewer permutations, more accurate P-values").
    """
    if _num_as_far(draws, others, difference) >= _FEWEST:
        return paired_p(draws, others, difference)
    spread = float(np.std(draws - others))
    return NormalDist().cdf(-abs(difference) / spread) if spread else 1.0


def any_pair(num_others: int) -> list[int]:
    """Return among how many comparisons each step of Holm's chooses if the best was read off too.

    With k systems left, any of k (k - 1) ordered pairs might have been the best and another.
    """
    return [k * (k - 1) for k in range(num_others + 1, 1, -1)]


def planned(num_others: int) -> list[int]:
    """Return the same for a system that was named beforehand: each other may be better or worse."""
    return [2 * left for left in range(num_others, 0, -1)]


def holm(ps: Sequence[float], num_comparisons: Sequence[int]) -> list[float]:
    """Return Holm's adjusted p-values, with so many comparisons at each of his steps."""
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    raised = [ps[place] * number for place, number in zip(order, num_comparisons, strict=True)]
    adjusted = [0.0] * len(ps)
    for place, p in zip(order, itertools.accumulate(raised, max), strict=True):
        adjusted[place] = min(1.0, p)
    return adjusted


def compare(
    reference: System,
    others: Sequence[System],
    level: float,
    num_comparisons: Callable[[int], Sequence[int]] = any_pair,
) -> list[Comparison]:
    """Return each of `others` against `reference`, which is the best unless it was planned.

    A difference that no resample changes, as of the same scores or on one sentence, is no
    comparison.
    """
    tails = {
        place: tail_p(other.draws, reference.draws, other.score - reference.score)
        for place, other in enumerate(others)
        if np.ptp(other.draws - reference.draws) > 0
    }
    adjusted = holm(list(tails.values()), num_comparisons(len(tails)))
    p_holm = dict(zip(tails, adjusted, strict=True))
    found = []
    for place, other in enumerate(others):
        difference = other.score - reference.score
        found.append(
            Comparison(
                difference=difference,
                interval=interval(other.draws - reference.draws),
                p=paired_p(other.draws, reference.draws, difference) if place in tails else 1.0,
                p_holm=p_holm.get(place, 1.0),
                is_different=p_holm.get(place, 1.0) < level,
            )
        )
    return found

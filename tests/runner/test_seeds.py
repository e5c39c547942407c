"""Simulated cells: seeds that differ, on sentences that happened to be drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind

from runner.results.level import LEVEL
from runner.results.seeds import (
    MOST_SEEDS,
    POWER,
    SeedComparison,
    Spread,
    compare_cells,
    mean_interval,
    power,
    seeds_needed,
)
from runner.results.significance import Counts, Interval, Resamples, System

SENTENCES = 300
SEED_SPREAD = 0.35  # BLEU, standard deviation of true quality between seeds


class World:
    """Draws sentences, and what models of a given quality make of them.

    An n-gram matches with a probability that has a part of the sentence's, one of the model's, and
    one that model and sentence have together: what is hard for one seed is easy for another.
    """

    def __init__(self, seed: int) -> None:
        self.numbers = np.random.default_rng(seed)
        self.lengths = self.numbers.integers(6, 20, SENTENCES)
        self.ease = self.numbers.normal(0.0, 0.6, SENTENCES)

    def model(self, quality: float) -> Counts:
        """Return the counts of a model; one step of quality is about one BLEU."""
        own = self.numbers.normal(0.0, 0.25, SENTENCES)
        chance = 1 / (1 + np.exp(-(0.9 + 0.0415 * quality + self.ease + own)))
        totals = np.maximum(self.lengths[:, None] - np.arange(4), 0)
        matches = self.numbers.binomial(totals, chance[:, None] ** (1 + 0.4 * np.arange(4)))
        lengths = np.stack([self.lengths, self.lengths], axis=1)
        return np.concatenate([lengths, matches, totals], axis=1).astype(np.int32)

    def cell(self, quality: float, num_seeds: int, resamples: Resamples) -> list[System]:
        seeds = self.numbers.normal(quality, SEED_SPREAD, num_seeds)
        return [resamples.system(self.model(seed)) for seed in seeds]


def comparisons(difference: float, num_seeds: int) -> list[SeedComparison]:
    """Return two cells that differ so much, compared in 400 sweeps."""
    resamples = Resamples(SENTENCES, 250)
    found = []
    for sweep in range(400):
        world = World(sweep)
        better = world.cell(difference, num_seeds, resamples)
        comparison = compare_cells(better, world.cell(0.0, num_seeds, resamples))
        assert comparison is not None
        found.append(comparison)
    return found


def share_found(found: list[SeedComparison]) -> float:
    return sum(each.p < LEVEL for each in found) / len(found)


@pytest.mark.slow
@pytest.mark.parametrize("num_seeds", [3, 5])
def test_identical_cells_are_called_different_in_about_one_sweep_of_twenty(num_seeds: int) -> None:
    found = comparisons(0.0, num_seeds)
    assert 0.015 < share_found(found) < 0.075
    covered = sum(each.interval.low < 0 < each.interval.high for each in found) / len(found)
    assert covered == pytest.approx(1 - share_found(found))


@pytest.mark.slow
def test_a_difference_of_one_bleu_is_found_as_often_as_is_claimed() -> None:
    found = comparisons(1.0, 5)
    share = share_found(found)
    spread = Spread(
        seeds=(
            float(np.mean([each.spread.seeds[0] for each in found])),
            float(np.mean([each.spread.seeds[1] for each in found])),
        ),
        sentences=float(np.mean([each.spread.sentences for each in found])),
    )
    assert power(spread, 1.0, (5, 5), LEVEL) == pytest.approx(share, abs=0.07)
    claimed = [power(each.spread.cautious((5, 5)), 1.0, (5, 5), LEVEL) for each in found]
    too_much = sum(each > share + 0.05 for each in claimed) / len(claimed)
    assert too_much < 0.25, "more is claimed than is found"
    assert np.mean(claimed) > share - 0.25, "next to nothing is claimed"


def systems(scores: Sequence[float], noise: float = 0.0) -> list[System]:
    """Return systems whose scores vary with the sentences, the same way for all of a cell."""
    numbers = np.random.default_rng(len(scores))
    shared = numbers.normal(0.0, noise, 200)
    return [System(score=score, draws=score + shared) for score in scores]


def test_where_sentences_add_nothing_the_test_is_welchs() -> None:
    first, second = [30.1, 30.9, 31.2, 30.4], [29.0, 29.6, 30.3]
    found = compare_cells(systems(first), systems(second))
    assert found is not None
    expected = ttest_ind(first, second, equal_var=False)
    assert found.p == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))


def test_sentences_that_all_seeds_share_make_a_difference_less_sure() -> None:
    first, second = [30.1, 30.2, 30.3], [29.0, 29.1, 29.2]
    without, with_noise = (
        compare_cells(systems(first, noise), systems(second)) for noise in (0.0, 1.0)
    )
    assert without is not None
    assert with_noise is not None
    assert without.p < 0.001
    assert with_noise.p > 0.1
    assert with_noise.spread.sentences == pytest.approx(1.0, rel=0.2)


def test_one_seed_says_nothing_of_others() -> None:
    assert compare_cells(systems([30.0]), systems([20.0, 21.0])) is None


def test_equal_seeds_are_no_difference() -> None:
    found = compare_cells(systems([30.0, 30.0]), systems([30.0, 30.0]))
    assert found is not None
    assert found.p == 1.0


@pytest.mark.parametrize("sentences", [0.0, 0.01, 0.1])
def test_seeds_needed_are_enough_and_one_less_is_not(sentences: float) -> None:
    spread = Spread(seeds=(0.2, 0.4), sentences=sentences)
    comparison = SeedComparison(
        difference=0.1,
        interval=Interval(low=-1, high=1),
        p=0.8,
        num_seeds=(5, 5),
        spread=spread,
    )
    needed = seeds_needed(comparison, 0.5, LEVEL)
    cautious = spread.cautious((5, 5))
    assert cautious.seeds[0] > 0.4
    if needed is None:
        assert power(cautious, 0.5, (MOST_SEEDS, MOST_SEEDS), LEVEL) < POWER
    else:
        assert power(cautious, 0.5, (needed, needed), LEVEL) >= POWER
        assert power(cautious, 0.5, (needed - 1, needed - 1), LEVEL) < POWER


def test_power_is_what_simulation_finds() -> None:
    spread = Spread(seeds=(0.3, 0.3), sentences=0.0)
    numbers = np.random.default_rng(3)
    pairs = numbers.normal([[[0.8]], [[0.0]]], math.sqrt(0.3), (2, 5, 4000))
    share = float(np.mean(ttest_ind(*pairs, equal_var=False).pvalue < LEVEL))
    assert power(spread, 0.8, (5, 5), LEVEL) == pytest.approx(share, abs=0.03)


def test_a_spread_that_two_equal_seeds_do_not_show_is_no_proof() -> None:
    found = compare_cells(systems([30.0, 30.0]), systems([29.0, 29.0]))
    assert found is not None
    assert found.p == 1.0


def test_the_interval_of_a_mean_is_students_where_sentences_add_nothing() -> None:
    scores = [30.1, 30.9, 31.2, 30.4]
    found = mean_interval(systems(scores))
    expected = ttest_1samp(scores, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    with_noise = mean_interval(systems(scores, 1.0))
    assert with_noise.low < found.low < found.high < with_noise.high
    assert mean_interval(systems([97.0, 100.0])).high == 100.0, "more BLEU than there is"

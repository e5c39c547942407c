from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.significance import PairedTest

from lstm3.bleu import SentenceCounter, score
from runner.results import significance
from runner.results.level import LEVEL
from runner.results.significance import (
    Resamples,
    System,
    any_pair,
    compare,
    holm,
    interval,
    paired_p,
    planned,
    tail_p,
)

WORDS = ["the", "a", "dog", "cat", "man", "tree", "sees", "seeks", "has", "big", "red", "."]


def sentences(number: int) -> list[str]:
    numbers = random.Random(7)
    return [" ".join(numbers.choices(WORDS, k=numbers.randint(1, 14))) for _ in range(number)]


def translated(references: Sequence[str], errors: float, seed: int) -> list[str]:
    """Return the references with words replaced and left out."""
    numbers = random.Random(seed)
    return [
        " ".join(
            numbers.choice(WORDS) if numbers.random() < errors else word
            for word in line.split()
            if numbers.random() > errors / 4
        )
        for line in references
    ]


def counts(hypotheses: Sequence[str], references: Sequence[str]) -> significance.Counts:
    return np.array(SentenceCounter(references, "13a").counts(hypotheses), np.int32)


@given(
    st.lists(st.integers(0, 30), min_size=4, max_size=4),
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
    st.integers(0, 60),
    st.integers(1, 60),
)
def test_bleu_of_sums_is_sacrebleus(
    matches: list[int], more: list[int], length: int, ref_length: int
) -> None:
    totals = [match + extra for match, extra in zip(matches, more, strict=True)]
    sums = [length, ref_length, *matches, *totals]
    expected = BLEU.compute_bleu(matches, totals, length, ref_length, smooth_method="exp").score
    assert significance.bleu(np.array(sums)) == pytest.approx(min(expected, 100.0), abs=1e-9)


def test_counts_add_up_to_the_score_of_the_whole_text() -> None:
    references = sentences(100)
    for tokenize, errors in itertools.product(("13a", "none"), (0.1, 0.9)):
        hypotheses = translated(references, errors, seed=1)
        rows = np.array(SentenceCounter(references, tokenize).counts(hypotheses), np.int32)
        expected = score(hypotheses, references, tokenize).bleu
        assert significance.score(rows) == pytest.approx(expected, abs=1e-9)


def test_as_many_translations_as_references_are_counted() -> None:
    with pytest.raises(ValueError, match="1 translations of 2"):
        SentenceCounter(["a", "b"], "13a").counts(["a"])


def test_the_paired_bootstrap_is_sacrebleus_own() -> None:
    references = sentences(120)
    systems = [translated(references, errors, seed) for seed, errors in enumerate([0.2, 0.22, 0.3])]
    metric = BLEU(force=True)
    named = [(str(place), system) for place, system in enumerate(systems)]
    _, theirs = PairedTest(named, {"BLEU": metric}, [references], test_type="bs")()
    resamples = Resamples(len(references))
    best, *others = [resamples.system(counts(system, references)) for system in systems]
    for place, other in enumerate(others, start=1):
        expected = theirs["BLEU"][place]
        assert other.score == pytest.approx(expected.score)
        p = paired_p(other.draws, best.draws, other.score - best.score)
        assert p == expected.p_value, "the same resamples do not give the same p"
        assert other.draws.mean() == pytest.approx(expected.mean, abs=1e-4)


def test_resamples_of_many_words_lose_none_of_them() -> None:
    rows = np.full((50, 10), 3_000_001, np.int32)
    assert Resamples(50, 20).system(rows).draws == pytest.approx(100.0, abs=1e-12)


def test_an_interval_is_that_of_numpys_quantiles() -> None:
    for size in (1, 2, 1000):
        draws = np.random.default_rng(size).normal(30, 2, size)
        found = interval(draws)
        assert np.allclose([found.low, found.high], np.quantile(draws, [0.025, 0.975]))


def test_a_tail_goes_on_where_resamples_end() -> None:
    numbers = np.random.default_rng(1)
    scores, others = numbers.normal(30, 1, 4000), np.full(4000, 30.0)
    assert tail_p(scores, others, 1.0) == paired_p(scores, others, 1.0)
    assert paired_p(scores, others, 6.0) == 1 / 4001
    assert 1e-12 < tail_p(scores, others, 6.0) < 1e-8
    assert tail_p(others, others, 0.0) == 1.0
    assert tail_p(others, others, 5.0) == 1.0, "what no resample changes is no proof"


def test_holm_counts_every_pair_that_might_have_been_the_best_and_another() -> None:
    def adjusted(*ps: float) -> list[float]:
        return holm(ps, any_pair(len(ps)))

    assert adjusted() == []
    assert adjusted(0.01) == [0.02]
    assert adjusted(0.02, 0.001, 0.2) == pytest.approx([0.12, 0.012, 0.4])
    assert adjusted(0.02, 0.01) == pytest.approx([0.06, 0.06]), "a larger p is adjusted to less"
    assert holm([0.02, 0.001, 0.2], planned(3)) == pytest.approx([0.08, 0.006, 0.4])


def test_one_sentence_proves_nothing() -> None:
    best, other = (
        Resamples(1).system(counts([said], ["a dog sees a cat ."]))
        for said in ("a dog sees a cat .", "a dog sees a tree .")
    )
    [found] = compare(best, [other], LEVEL)
    assert found.difference < -1
    assert (found.p, found.p_holm, found.is_different) == (1.0, 1.0, False)


def test_the_same_outputs_are_neither_different_nor_a_comparison() -> None:
    numbers = np.random.default_rng(1)
    best = System(score=30.0, draws=numbers.normal(30, 0.1, 1000))
    other = System(score=29.7, draws=numbers.normal(29.7, 0.1, 1000))
    [same, worse] = compare(best, [best, other], LEVEL)
    assert (same.difference, same.p_holm, same.is_different) == (0.0, 1.0, False)
    assert [worse] == compare(best, [other], LEVEL)
    assert worse.interval.low < worse.difference < worse.interval.high


@pytest.mark.parametrize("num_systems", [2, 9, 40])
def test_of_equal_systems_one_is_called_worse_in_about_one_sweep_of_twenty(
    num_systems: int,
) -> None:
    numbers = np.random.default_rng(num_systems)
    num_sweeps, called = 400, 0
    for _ in range(num_sweeps):
        scores = -np.sort(-numbers.normal(30.0, 1.0, num_systems))
        best, *others = [
            System(score=float(score), draws=score + numbers.normal(0.0, 1.0, 1000))
            for score in scores
        ]
        called += any(each.is_different for each in compare(best, others, LEVEL))
    assert 0.01 * num_sweeps < called < 0.075 * num_sweeps

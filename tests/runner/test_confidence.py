from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from runner.confidence import MOST_COMPARED, Confidence, make_confidence
from runner.significance import Counts, Resamples, compare, score
from runner.table import Row, make_table
from tests.runner.sweeps_for_tests import finished, make_spec

SENTENCES = 80


def made_up(quality: float, seed: int) -> Counts:
    numbers = np.random.default_rng(seed)
    lengths = np.random.default_rng(0).integers(5, 15, SENTENCES)
    totals = np.maximum(lengths[:, None] - np.arange(4), 0)
    matches = numbers.binomial(totals, quality)
    return np.column_stack([lengths, lengths, matches, totals]).astype(np.int32)


def sweep(
    qualities: Sequence[float], num_seeds: int = 1
) -> tuple[list[Row], Callable[[Row], Counts]]:
    """Return rows whose BLEU is that of counts made up for them, and those counts."""
    spec = make_spec({"tf_decrease": [0.001 * k for k in range(len(qualities))]})
    spec = dataclasses.replace(spec, seeds=tuple(range(1, num_seeds + 1)))
    rows, counts = [], {}
    for row in make_table(finished(spec)).rows:
        place = round(row.params["tf_decrease"] * 1000)
        counts[row.number] = made_up(qualities[place], 1000 * row.seed + place)
        rows.append(dataclasses.replace(row, bleu=score(counts[row.number])))
    rows.sort(key=lambda row: (-(row.bleu or 0.0), row.number))
    return rows, lambda row: counts[row.number]


def known(found: Confidence | None) -> Confidence:
    assert found is not None
    return found


def test_every_other_trial_is_compared_with_the_best() -> None:
    rows, counts_of = sweep([0.8, 0.795, 0.5])
    found = known(make_confidence(rows, counts_of, 0.05))
    best, *others = rows
    assert found.best == best.number
    assert found.interval.low < (best.bleu or 0.0) < found.interval.high
    assert found.num_sentences == SENTENCES
    resamples = Resamples(SENTENCES)
    systems = [resamples.system(counts_of(row)) for row in rows]
    expected = compare(systems[0], systems[1:])
    assert found.against_best == dict(zip([row.number for row in others], expected, strict=True))
    assert [found.is_level(row.number) for row in rows] == [False, True, False]


def test_another_level_moves_the_limit_and_nothing_else() -> None:
    rows, counts_of = sweep([0.8, 0.76, 0.5])
    strict, loose = (known(make_confidence(rows, counts_of, level)) for level in (1e-6, 0.999))
    assert strict.is_level(rows[1].number)
    assert not loose.is_level(rows[1].number)
    for number, comparison in strict.against_best.items():
        assert comparison.p_holm == loose.against_best[number].p_holm


def test_what_is_shown_of_a_table_changes_no_comparison() -> None:
    rows, counts_of = sweep([0.8, 0.79, 0.78, 0.6])
    baseline = rows[-1].number
    found = known(make_confidence(rows, counts_of, 0.05, baseline))
    assert set(found.against_baseline) == {row.number for row in rows[:-1]}
    assert all(each.difference > 0 for each in found.against_baseline.values())


def test_trials_far_down_are_not_compared() -> None:
    rows, counts_of = sweep([0.8 - 0.001 * place for place in range(MOST_COMPARED + 5)])
    found = known(make_confidence(rows, counts_of, 0.05))
    assert set(found.against_best) == {row.number for row in rows[1:MOST_COMPARED]}


def test_cells_are_compared_over_their_seeds() -> None:
    rows, counts_of = sweep([0.8, 0.79, 0.6], num_seeds=4)
    found = known(make_confidence(rows, counts_of, 0.05))
    assert sorted(each.is_different for each in found.cells_against_best.values()) == [False, True]
    assert all(each.comparison.num_seeds == (4, 4) for each in found.cells_against_best.values())


def test_without_a_result_nothing_is_said() -> None:
    rows, counts_of = sweep([0.8, 0.6])
    assert make_confidence([], counts_of, 0.05) is None
    assert make_confidence(rows, lambda _: None, 0.05) is None
    none = [dataclasses.replace(row, bleu=None) for row in rows]
    assert make_confidence(none, counts_of, 0.05) is None

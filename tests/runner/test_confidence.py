from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from runner.results import phrases
from runner.results.caveats import caveats
from runner.results.cells import make_cells
from runner.results.confidence import MOST_COMPARED, Confidence, make_confidence
from runner.results.formats import to_json
from runner.results.seeds import compare_cells
from runner.results.significance import Counts, Resamples, compare, score
from runner.results.table import Row, make_table
from runner.tree.trial import TrialState
from runner.views.terminal import result_table
from tests.runner.sweeps_for_tests import finished, make_spec, text_of

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
    expected = compare(systems[0], systems[1:], 0.05)
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


def test_cells_are_compared_with_the_whole_cell_of_the_baseline_wherever_it_ranks() -> None:
    rows, counts_of = sweep([0.8, 0.79, 0.6], num_seeds=4)
    cells = make_cells(rows)
    worst = cells[-1]
    found = known(make_confidence(rows, counts_of, 0.05, baseline=worst.first))
    assert set(found.cells_against_baseline) == {cell.first for cell in cells[:-1]}
    resamples = Resamples(SENTENCES)
    systems = {row.number: resamples.system(counts_of(row)) for row in rows}
    for cell in cells[:-1]:
        ours, theirs = (
            [systems[row.number] for row in each.rows.values()] for each in (cell, worst)
        )
        comparison = found.cells_against_baseline[cell.first].comparison
        assert comparison == compare_cells(ours, theirs)
        assert comparison.difference == pytest.approx((cell.mean or 0) - (worst.mean or 0))
        assert found.cells_against_baseline[cell.first].is_different
    assert (
        found.cells_against_best == known(make_confidence(rows, counts_of, 0.05)).cells_against_best
    )


def test_a_baseline_far_down_or_with_one_seed_is_compared_as_far_as_that_goes() -> None:
    qualities = [0.8 - 0.001 * place for place in range(MOST_COMPARED)] + [0.5]
    rows, counts_of = sweep(qualities, num_seeds=2)
    worst = make_cells(rows)[-1]
    found = known(make_confidence(rows, counts_of, 0.05, baseline=worst.first))
    assert found.cells_against_baseline
    assert all(each.comparison.difference > 0 for each in found.cells_against_baseline.values())
    alone = [row for row in rows if row.params != worst.params or row.number == worst.first]
    found = known(make_confidence(alone, counts_of, 0.05, baseline=worst.first))
    assert found.cells_against_baseline == {}
    assert found.against_baseline


def test_differences_to_the_baseline_are_in_the_rows_of_cells_and_in_json() -> None:
    rows, counts_of = sweep([0.8, 0.6], num_seeds=3)
    worst = make_cells(rows)[-1]
    table = dataclasses.replace(make_table(finished(make_spec())), rows=rows, baseline=worst.first)
    found = known(make_confidence(rows, counts_of, 0.05, baseline=worst.first))
    [against] = found.cells_against_baseline.values()
    text = text_of(result_table(table, None, confidence=found, is_by_cell=True))
    assert phrases.give_or_take(against.comparison) in text
    assert "to baseline: difference of means" in " ".join(text.split())
    best, baseline = json.loads(to_json(table, found))["cells"]
    assert best["against_baseline"]["difference"] == against.comparison.difference
    assert best["against_baseline"]["interval"]["low"] == against.comparison.interval.low
    assert baseline["against_baseline"] is None


def said_of(found: Confidence | None, *, is_by_cell: bool) -> str:
    return " · ".join(caveats(known(found), is_by_cell=is_by_cell))


@pytest.mark.parametrize(("num_seeds", "is_by_cell"), [(1, False), (3, True)])
def test_differences_to_a_trial_read_off_the_table_are_corrected_for_all_that_might_have_been(
    num_seeds: int, is_by_cell: bool
) -> None:
    rows, counts_of = sweep([0.8, 0.795, 0.79, 0.785], num_seeds)
    cell = make_cells(rows)[-1]
    number = max(row.number for row in cell.rows.values())
    as_baseline = known(make_confidence(rows, counts_of, 0.05, baseline=number))
    as_picked = known(make_confidence(rows, counts_of, 0.05, baseline=None, picked=number))
    if is_by_cell:
        ps, planned_ps = (
            {first: cell.p_holm for first, cell in found.cells_against_baseline.items()}
            for found in (as_picked, as_baseline)
        )
    else:
        ps, planned_ps = (
            {first: trial.p_holm for first, trial in found.against_baseline.items()}
            for found in (as_picked, as_baseline)
        )
    assert ps.keys() == planned_ps.keys()
    assert all(ps[each] >= planned_ps[each] for each in ps)
    assert any(ps[each] > planned_ps[each] for each in ps)
    assert as_picked.against_best == as_baseline.against_best
    assert "to baseline: difference" in said_of(as_baseline, is_by_cell=is_by_cell)
    title = f"to #{cell.first if is_by_cell else number}"
    assert f"{title}: difference" in said_of(as_picked, is_by_cell=is_by_cell)
    table = dataclasses.replace(make_table(finished(make_spec())), rows=rows, picked=number)
    text = text_of(result_table(table, None, confidence=as_picked, is_by_cell=is_by_cell))
    assert "baseline" not in text


@pytest.mark.parametrize(("num_seeds", "is_by_cell"), [(1, False), (3, True)])
def test_where_the_best_has_damaged_records_they_are_why_nothing_is_compared(
    num_seeds: int, is_by_cell: bool
) -> None:
    rows, counts_of = sweep([0.9, 0.7, 0.5], num_seeds)
    best = make_cells(rows)[0]
    found = known(
        make_confidence(
            rows, lambda row: None if row.params == best.params else counts_of(row), 0.05
        )
    )
    said = said_of(found, is_by_cell=is_by_cell)
    assert (
        f"the sentences of #{best.first}, the best, is damaged or gone: nothing is compared" in said
    )
    assert "cells with two seeds each can be compared" not in said
    assert "95 % interval" not in said
    assert found.num_far_cells == 0
    table = dataclasses.replace(make_table(finished(make_spec())), rows=rows)
    assert json.loads(to_json(table, found))["significance"]["interval"] is None


def test_all_others_are_only_those_that_were_compared() -> None:
    rows, counts_of = sweep([0.9, 0.5, 0.4, 0.3])
    said = said_of(make_confidence(rows, counts_of, 0.05), is_by_cell=False)
    assert f"all 3 others that were compared are significantly worse than #{rows[0].number}" in said
    assert "chosen as the highest on these very sentences" in said
    assert "Holm over all pairs, level" in said
    assert "further down" not in said


def test_cells_of_one_seed_are_named_as_not_compared() -> None:
    rows, counts_of = sweep([0.9, 0.5, 0.4, 0.3], num_seeds=2)
    last, first_seeds = make_cells(rows)[-1].params, [row for row in rows if row.seed == 1]
    some = [row for row in rows if row in first_seeds or row.params != last]
    found = known(make_confidence(some, counts_of, 0.05))
    said = said_of(found, is_by_cell=True)
    assert "all 2 others that were compared are significantly worse than the best" in said
    assert "1 cell has fewer than two seeds and is not compared" in said
    assert "Holm over all pairs of those compared, level" in said
    none = make_confidence(first_seeds, counts_of, 0.05)
    assert "nothing is said of differences" in said_of(none, is_by_cell=True)


def test_the_best_cell_has_an_interval_and_is_the_first_row_of_the_table() -> None:
    rows, counts_of = sweep([0.8, 0.79, 0.6], num_seeds=4)
    best = make_cells(rows)[0]
    found = known(make_confidence(rows, counts_of, 0.05))
    assert found.best_cell is not None
    assert found.best_cell.first == best.first
    assert found.best_cell.interval.low < (best.mean or 0.0) < found.best_cell.interval.high
    assert best.first not in found.cells_against_best
    assert f"#{best.first}: 95 % interval of its mean" in said_of(found, is_by_cell=True)


def test_trials_further_down_and_damaged_records_are_counted_apart() -> None:
    rows, counts_of = sweep([0.8 - 0.001 * place for place in range(MOST_COMPARED + 5)])
    damaged = rows[3].number
    found = make_confidence(
        rows, lambda row: None if row.number == damaged else counts_of(row), 0.05
    )
    said = said_of(found, is_by_cell=False)
    assert "5 trials further down not compared" in said
    assert "Holm over all pairs of those compared, level" in said
    assert "1 trial not compared: what the records hold" in said


def test_a_seed_that_failed_takes_no_part_in_a_cells_test() -> None:
    rows, counts_of = sweep([0.8, 0.79], num_seeds=3)
    cut = [
        dataclasses.replace(row, state=TrialState.FAILED) if row is rows[-1] else row
        for row in rows
    ]
    found = known(make_confidence(cut, counts_of, 0.05))
    [comparison] = found.cells_against_best.values()
    assert sorted(comparison.comparison.num_seeds) == [2, 3]
    lacking = "1 cell is judged without a seed that failed or was cut short"
    assert lacking in said_of(found, is_by_cell=True)
    whole = make_confidence(rows, counts_of, 0.05)
    assert "judged without" not in said_of(whole, is_by_cell=True)


def test_few_sentences_are_said_to_be_few() -> None:
    rows, counts_of = sweep([0.9, 0.5])
    few = make_confidence(rows, lambda row: counts_of(row)[:10], 0.05)
    assert "10 sentences: too few" in said_of(few, is_by_cell=False)
    assert "too few" not in said_of(make_confidence(rows, counts_of, 0.05), is_by_cell=False)

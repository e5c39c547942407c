from __future__ import annotations

import dataclasses
import itertools
import random
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import f as f_distribution

from runner.results.effects import effects
from runner.results.expected_best import expected_best, spent
from runner.results.importances import importances
from runner.results.interactions import interaction_lines, interactions
from runner.results.level import LEVEL
from runner.results.table import Row, make_table
from runner.specs.spec import Choices, Range
from runner.tree.trial import TrialState
from tests.runner.sweeps_for_tests import finished, make_spec

AXES = {"lr": (1e-3, 2e-3, 3e-3), "tf_decrease": (0.0, 0.1, 0.2)}


def rows_of(bleu: Callable[[int, int], float]) -> list[Row]:
    """Return the rows of a grid whose BLEU is a function of the two keys' places."""
    return [
        dataclasses.replace(row, bleu=bleu(*_places(row)))
        for row in make_table(finished(make_spec(AXES))).rows
    ]


def _places(row: Row) -> tuple[int, int]:
    lr, decrease = (AXES[name].index(row.params[name]) for name in AXES)
    return lr, decrease


def test_marginal_means_are_those_of_the_complete_trials_with_a_value() -> None:
    rows = rows_of(lambda lr, decrease: 30.0 + lr + 10 * decrease)
    lr, decrease = effects(rows)
    assert (lr.name, [level.label for level in lr.levels]) == ("lr", ["0.001", "0.002", "0.003"])
    assert [level.mean for level in lr.levels] == pytest.approx([40.0, 41.0, 42.0])
    assert [level.mean for level in decrease.levels] == pytest.approx([31.0, 41.0, 51.0])
    assert all(level.interval and level.interval.low < (level.mean or 0) for level in lr.levels)
    pruned = [
        dataclasses.replace(row, state=TrialState.PRUNED, bleu=1.0)
        if row.params["lr"] == 1e-3
        else row
        for row in rows
    ]
    first = effects(pruned)[0].levels[0]
    assert (first.mean, first.interval, first.num_complete, first.num_cut_short) == (
        None,
        None,
        0,
        3,
    )


def test_many_values_of_a_key_are_put_together_in_order() -> None:
    values = tuple(0.001 * place for place in range(1, 20))
    rows = make_table(finished(make_spec({"lr": values}))).rows
    [lr] = effects(rows)
    assert [level.label for level in lr.levels] == [
        "0.001–0.005",
        "0.006–0.01",
        "0.011–0.015",
        "0.016–0.019",
    ]
    assert sum(level.num_complete for level in lr.levels) == len(values)


def test_a_group_of_one_value_is_called_by_it() -> None:
    values = tuple(0.001 * place for place in range(1, 10))
    rows = make_table(finished(make_spec({"lr": values}))).rows
    assert [level.label for level in effects(rows)[0].levels][-1] == "0.007–0.009"
    values = tuple(0.001 * place for place in range(1, 8))
    rows = make_table(finished(make_spec({"lr": values}))).rows
    assert [level.label for level in effects(rows)[0].levels][-1] == "0.007"


def with_seeds(bleu: Callable[[int, int], float], numbers: random.Random) -> list[Row]:
    """Return the rows of a grid of four seeds whose BLEU has noise on it."""
    spec = make_spec(AXES, seeds=(1, 2, 3, 4))
    return [
        dataclasses.replace(row, bleu=bleu(*_places(row)) + numbers.gauss(0.0, 0.4))
        for row in make_table(finished(spec)).rows
    ]


def test_keys_that_add_up_do_not_interact_and_others_do() -> None:
    numbers = random.Random(1)
    rows = with_seeds(lambda lr, decrease: 30.0 + lr + 10 * decrease, numbers)
    assert interactions(rows, LEVEL).found == []
    assert "0 pairs of keys significant (F test" in (interactions(rows, LEVEL).note or "")
    rows = with_seeds(lambda lr, decrease: 30.0 + 9.0 * (lr == 2 and decrease == 0), numbers)
    said = interactions(rows, LEVEL)
    [found] = said.found
    assert found.names == ("lr", "tf_decrease")
    assert found.labels == ("0.003", "0")
    assert found.beyond == pytest.approx(4.0, abs=0.5)
    assert found.p_holm < 1e-6
    assert 0 < found.share < 1
    first, last = interaction_lines(said)
    assert first.startswith("worth a look: lr 0.003 with tf_decrease 0 is +")
    assert first.endswith("p < 0.001)")
    assert "1 pair of keys significant" in last


def test_noise_alone_is_called_an_interaction_in_about_one_grid_of_twenty() -> None:
    numbers = random.Random(2)
    template = with_seeds(lambda *_: 0.0, numbers)
    called = 0
    for _ in range(300):
        rows = [
            dataclasses.replace(row, bleu=30.0 + _places(row)[0] + numbers.gauss(0.0, 0.4))
            for row in template
        ]
        called += bool(interactions(rows, LEVEL).found)
    assert 0.02 < called / 300 < 0.09


def test_the_f_test_is_that_of_a_balanced_two_way_analysis_of_variance() -> None:
    rows = with_seeds(lambda lr, decrease: 30.0 + 0.2 * lr * decrease, random.Random(3))
    values = np.zeros((3, 3, 4))
    for row in rows:
        values[(*_places(row), row.seed - 1)] = row.bleu
    means = values.mean(axis=2)
    beyond = means - means.mean(0) - means.mean(1)[:, None] + means.mean()
    error = values.var(axis=2, ddof=1).mean()
    expected = f_distribution.sf(4 * (beyond**2).sum() / 4 / error, 4, 27)
    [found] = interactions(rows, 1.0).found
    assert found.p_holm == pytest.approx(expected)


def test_one_seed_or_a_grid_with_gaps_judges_no_pair_and_says_so() -> None:
    alone = interactions(rows_of(lambda lr, decrease: lr * decrease), LEVEL)
    assert (alone.found, alone.note) == (
        (),
        "interactions: not judged, one seed cannot tell them from noise",
    )
    rows = with_seeds(lambda lr, decrease: 9.0 * lr * decrease, random.Random(1))
    gap = [
        dataclasses.replace(row, state=TrialState.PRUNED) if row.params == rows[0].params else row
        for row in rows
    ]
    said = interactions(gap, LEVEL)
    assert said.found == ()
    assert said.note == "interactions: not judged, 1 of 9 combinations incomplete"
    listed = [row for row in rows if row.params != rows[0].params]
    said = interactions(listed, LEVEL)
    assert said.found == ()
    assert said.note == "interactions: not judged, the complete cells are no whole grid"
    assert interactions(make_table(finished(make_spec({"lr": (1e-3,)}))).rows, LEVEL).note is None


def test_a_cell_with_more_seeds_weighs_no_more_in_a_mean() -> None:
    rows = with_seeds(lambda _, decrease: 30.0 + 10 * decrease, random.Random(1))
    fewer = [row for row in rows if row.seed == 1 or row.params["tf_decrease"] > 0]
    lr, _ = effects(fewer)
    assert [level.num_complete for level in lr.levels] == [3, 3, 3]
    assert [level.mean for level in lr.levels] == pytest.approx([40.0] * 3, abs=0.7)


def of_25_cells(bleu: Callable[[int, int], float]) -> tuple[dict[str, Choices], list[Row]]:
    axes = {name: tuple(0.01 * place for place in range(5)) for name in ("lr", "tf_decrease")}
    rows = [
        dataclasses.replace(
            row, bleu=bleu(*(round(100 * row.params[name]) for name in axes)) + 0.1 * row.seed
        )
        for row in make_table(finished(make_spec(axes, seeds=(1, 2)))).rows
    ]
    return {name: Choices(values=values) for name, values in axes.items()}, rows


def test_the_key_that_decides_is_the_important_one() -> None:
    axes, rows = of_25_cells(lambda lr, decrease: 30.0 + 5 * lr + 0.1 * decrease)
    found = importances(axes, rows)
    assert found["lr"] > 0.8
    assert sum(found.values()) == pytest.approx(1.0)
    once = [dataclasses.replace(row, bleu=(row.bleu or 0) + 0.05) for row in rows if row.seed == 1]
    assert found == importances(axes, once), "seeds are counted as cells"


def test_of_too_few_cells_or_equal_ones_no_importance_is_said() -> None:
    axes, rows = of_25_cells(lambda lr, _: float(lr))
    few = {row.number for row in rows if row.seed == 1 and row.params["lr"] < 0.035}
    assert len(few) == 20
    assert importances(axes, [row for row in rows if row.number in few])
    few.pop()
    assert importances(axes, [row for row in rows if row.number in few]) == {}
    axes, rows = of_25_cells(lambda *_: 30.0)
    assert importances(axes, rows) == {}
    assert importances({}, []) == {}


def test_cells_of_agents_that_an_axis_no_longer_holds_take_part() -> None:
    axes, rows = of_25_cells(lambda lr, decrease: 30.0 + 5 * lr + 0.1 * decrease)
    narrow = {**axes, "lr": Choices(values=axes["lr"].values[:2])}
    assert importances(narrow, rows) == importances(axes, rows)
    narrow["lr"] = Range(low=0.01, high=0.02)
    assert importances(narrow, rows)["lr"] > 0.8


def test_the_expected_best_is_what_draws_give() -> None:
    values = [10.0, 30.0, 20.0, 30.0]
    found = expected_best(values)
    assert [each.num_cells for each in found] == [1, 2, 3, 4]
    for each in found:
        draws = itertools.product(values, repeat=each.num_cells)
        assert each.bleu == pytest.approx(statistics.fmean(max(draw) for draw in draws))
    assert found[-1].bleu < max(values), "draws are with replacement"
    shuffled = random.Random(1).sample(values, 4)
    assert expected_best(shuffled) == found
    assert expected_best([]) == []


def test_pruned_trials_count_with_what_they_reached_and_failed_ones_with_nothing() -> None:
    best, second, third, *_ = make_table(finished(make_spec())).rows
    rows = [
        best,
        dataclasses.replace(second, state=TrialState.PRUNED),
        dataclasses.replace(third, state=TrialState.FAILED),
        dataclasses.replace(third, state=TrialState.RUNNING),
    ]
    assert spent(rows) == [best.bleu, second.bleu, 0.0]


def test_a_seed_that_failed_or_was_cut_short_counts_in_its_cell_too() -> None:
    rows = make_table(finished(make_spec({"tf_decrease": (0.1, 0.2)}, seeds=(1, 2, 3)))).rows
    best = [row for row in rows if row.params == rows[0].params]
    for state, yielded in ((TrialState.FAILED, 0.0), (TrialState.STOPPED, best[2].bleu)):
        cut = [dataclasses.replace(row, state=state) if row is best[2] else row for row in rows]
        values = [best[0].bleu or 0.0, best[1].bleu or 0.0, yielded or 0.0]
        assert pytest.approx(statistics.fmean(values)) in spent(cut)
        levels = effects(cut)[0].levels
        assert [level.num_complete for level in levels] == [1, 1]
        assert sorted(level.num_cut_short for level in levels) == [0, 1]


def test_what_was_never_begun_is_no_draw_and_several_seeds_are_one() -> None:
    rows = make_table(finished(make_spec({"tf_decrease": (0.1, 0.2)}, seeds=(1, 2, 3)))).rows
    best = rows[0].params
    cut = [
        row
        if row.params == best
        else dataclasses.replace(
            row,
            state=TrialState.PRUNED,
            bleu=row.bleu if row.seed == 1 else None,
            epochs=3 if row.seed == 1 else 0,
        )
        for row in rows
    ]
    mean = statistics.fmean(row.bleu or 0.0 for row in rows if row.params == best)
    [pruned] = [row.bleu for row in cut if row.params != best and row.seed == 1]
    assert spent(cut) == [pytest.approx(mean), pruned]
    [decrease] = effects(cut)
    assert sorted((level.num_complete, level.num_cut_short) for level in decrease.levels) == [
        (0, 1),
        (1, 0),
    ]
    never = [dataclasses.replace(row, state=TrialState.PRUNED, bleu=None, epochs=0) for row in rows]
    assert spent(never) == []
    assert [level.num_cut_short for level in effects(never)[0].levels] == [0, 0]


@pytest.mark.parametrize("total", [1, 63, 64, 65, 1000, 4096])
def test_of_many_trials_few_numbers_are_looked_at_with_powers_of_two_and_the_last(
    total: int,
) -> None:
    found = [each.num_cells for each in expected_best([1.0] * total)]
    assert found == sorted(set(found))
    powers = [2**power for power in range(13) if 2**power <= total]
    assert {*powers, *range(1, min(total, 64) + 1), total} <= set(found)
    assert found[-1] == total
    assert len(found) < 300


def test_a_baseline_that_is_no_cell_is_no_draw_of_the_search() -> None:
    cells = make_table(finished(make_spec(AXES)))
    table = make_table(finished(make_spec(AXES, baseline=True)))
    assert [row.params for row in table.swept_rows] == [row.params for row in cells.rows]
    assert len(table.rows) == len(cells.rows) + 1

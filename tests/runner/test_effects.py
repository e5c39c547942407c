from __future__ import annotations

import dataclasses
import itertools
import random
import statistics
from collections.abc import Callable

import pytest

from runner.results.effects import effects, interactions
from runner.results.expected_best import expected_best, spent
from runner.results.importances import importances
from runner.results.table import Row, make_table
from runner.specs.spec import Choices
from runner.tree.trial import TrialState
from tests.runner.sweeps_for_tests import finished, make_spec

AXES = {"lr": (1e-3, 2e-3, 3e-3), "tf_decrease": (0.0, 0.1, 0.2)}


def rows_of(bleu: Callable[[int, int], float]) -> list[Row]:
    """Return the rows of a grid whose BLEU is a function of the two keys' places."""
    places = {name: {value: n for n, value in enumerate(AXES[name])} for name in AXES}
    return [
        dataclasses.replace(
            row,
            bleu=bleu(
                places["lr"][row.params["lr"]], places["tf_decrease"][row.params["tf_decrease"]]
            ),
        )
        for row in make_table(finished(make_spec(AXES))).rows
    ]


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
    assert (first.mean, first.interval, first.num_complete, first.num_others) == (None, None, 0, 3)


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


def test_keys_that_add_up_do_not_interact_and_others_do() -> None:
    assert interactions(rows_of(lambda lr, decrease: 30.0 + lr + 10 * decrease)) == []
    assert interactions(rows_of(lambda *_: 30.0)) == []
    [found] = interactions(rows_of(lambda lr, decrease: 30.0 + 9.0 * (lr == 2 and decrease == 0)))
    assert found.names == ("lr", "tf_decrease")
    assert found.labels == ("0.003", "0")
    assert found.beyond == pytest.approx(4.0)
    assert 0 < found.share < 1
    incomplete = rows_of(lambda lr, decrease: lr * decrease)[1:]
    assert interactions(incomplete) == [], "a pair is judged whose combinations were not all tried"


def test_the_key_that_decides_is_the_important_one() -> None:
    axes = {name: Choices(values=values) for name, values in AXES.items()}
    found = importances(axes, rows_of(lambda lr, decrease: 30.0 + 5 * lr + 0.1 * decrease))
    assert found["lr"] > 0.8
    assert sum(found.values()) == pytest.approx(1.0)


def test_of_too_few_trials_or_equal_ones_no_importance_is_said() -> None:
    axes = {name: Choices(values=values) for name, values in AXES.items()}
    assert importances(axes, rows_of(lambda lr, _: float(lr))[:5]) == {}
    assert importances(axes, rows_of(lambda *_: 30.0)) == {}
    assert importances({}, []) == {}


def test_the_expected_best_is_what_draws_give() -> None:
    values = [10.0, 30.0, 20.0, 30.0]
    found = expected_best(values)
    assert [each.num_trials for each in found] == [1, 2, 3, 4]
    for each in found:
        draws = itertools.product(values, repeat=each.num_trials)
        assert each.bleu == pytest.approx(statistics.fmean(max(draw) for draw in draws))
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


@pytest.mark.parametrize("total", [1, 63, 64, 65, 1000, 4096])
def test_of_many_trials_few_numbers_are_looked_at_with_powers_of_two_and_the_last(
    total: int,
) -> None:
    found = [each.num_trials for each in expected_best([1.0] * total)]
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

from __future__ import annotations

import dataclasses
import statistics

import pytest

from runner.results.cells import make_cells
from runner.results.table import make_table
from runner.tree.trial import TrialState
from tests.runner.sweeps_for_tests import finished, make_spec


def test_a_cell_holds_every_seed_of_it_and_nothing_else() -> None:
    table = make_table(finished(make_spec(seeds=(3, 1, 2))))
    cells = make_cells(table.rows)
    assert len(cells) * 3 == len(table.rows)
    for cell in cells:
        alike = {row.seed: row for row in table.rows if row.params == cell.params}
        assert cell.rows == alike
        assert list(cell.rows) == [3, 1, 2], "seeds are not in the order of trials"
        assert cell.mean == pytest.approx(statistics.mean(row.bleu or 0 for row in alike.values()))
        assert cell.deviation == pytest.approx(statistics.stdev(cell.values.values()))
    means = [cell.mean or 0.0 for cell in cells]
    assert means == sorted(means, reverse=True)


def test_a_cell_of_fewer_seeds_ranks_below_one_that_has_them_all() -> None:
    table = make_table(finished(make_spec({"tf_decrease": (0.1, 0.2)}, seeds=(1, 2))))
    best = table.rows[0]
    rows = [
        dataclasses.replace(row, bleu=None)
        if row.params == best.params and row is not best
        else row
        for row in table.rows
    ]
    [other, alone] = make_cells(rows)
    assert (alone.params, alone.n, alone.deviation) == (best.params, 1, None)
    assert other.n == 2


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.RUNNING, TrialState.STOPPED])
def test_a_seed_that_is_not_complete_counts_only_where_none_is(state: TrialState) -> None:
    rows = make_table(finished(make_spec({"tf_decrease": (0.1,)}, seeds=(1, 2, 3)))).rows
    changed = [
        dataclasses.replace(row, bleu=1.0, state=state) if row.seed == 2 else row for row in rows
    ]
    [cell] = make_cells(changed)
    assert cell.values == {row.seed: row.bleu for row in rows if row.seed != 2}
    assert len(cell.rows) == 3
    assert cell.lacks_seeds == state.is_final
    [cell] = make_cells([dataclasses.replace(row, state=state) for row in rows])
    assert cell.n == 3
    assert not cell.is_complete


def test_the_first_cell_is_the_one_with_the_highest_mean_whoever_has_more_seeds() -> None:
    rows = make_table(finished(make_spec({"tf_decrease": (0.1, 0.2)}, seeds=(1, 2, 3)))).rows
    best = rows[-1].params
    changed = [
        dataclasses.replace(row, bleu=90.0, state=TrialState.FAILED if row.seed == 3 else row.state)
        if row.params == best
        else row
        for row in rows
    ]
    first, other = make_cells(changed)
    assert (first.params, first.n, other.n) == (best, 2, 3)

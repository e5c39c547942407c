from __future__ import annotations

import dataclasses
import statistics

import pytest

from runner.results.cells import make_cells
from runner.results.table import make_table
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

from __future__ import annotations

import dataclasses
import re

import pytest

from runner import words
from runner.results.cells import make_cells
from runner.results.confidence import Confidence, make_confidence
from runner.results.table import Table, make_table
from runner.tree.path import Node
from runner.tree.unfold import AnyOutcome
from runner.views.fitted import Column, Fitted, Line
from runner.views.terminal import result_table
from tests.runner.sweeps_for_tests import (
    confidence_in,
    failure,
    finished,
    make_spec,
    prunes_early,
    result_of,
    text_of,
)
from tests.runner.test_confidence import sweep

SEVEN = {
    "lr": (1e-3, 1e-2),
    "weight_decay": (1e-4, 1e-2),
    "label_smoothing": (0.0, 0.1),
    "patience": (1, 2),
    "gamma": (0.5, 0.2),
    "tf_from_epoch": (3, 5),
    "tf_decrease": (0.02, 0.05),
}


def _some_fail(node: Node) -> AnyOutcome:
    if node.settings.teacher_forcing == 0.9 and node.epoch == 4:
        return failure("loss is not finite [lr 0.01]")
    return result_of(node)


def _table() -> Table:
    return make_table(finished(make_spec(prune=prunes_early(), grace_epochs=1), _some_fail))


@pytest.fixture(scope="module")
def table_of_seven() -> Table:
    return make_table(finished(make_spec(SEVEN, prune=prunes_early())))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_all_seven_swept_keys_and_bleu_fit_every_screen(table_of_seven: Table, width: int) -> None:
    lines = text_of(result_table(table_of_seven, 10), width).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("─")) + 1
    assert max(map(len, lines)) <= width
    for line, row in zip(lines[start : start + 10], table_of_seven.rows, strict=False):
        cells = line.split()
        assert cells[0] == str(row.number)
        assert [float(cell) for cell in cells[1:8]] == list(row.params.values())
        assert cells[8] == f"{row.bleu:.2f}@{row.best_epoch}"


@pytest.fixture(scope="module")
def judged_table_of_seven() -> tuple[Table, Confidence]:
    table = make_table(finished(make_spec(SEVEN, seeds=(1, 2), baseline=True)))
    return table, confidence_in(table)


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("is_by_cell", [False, True])
def test_a_baseline_beside_seven_keys_costs_no_row_its_state(
    judged_table_of_seven: tuple[Table, Confidence], width: int, is_by_cell: bool
) -> None:
    table, confidence = judged_table_of_seven
    shown = result_table(table, 20, confidence=confidence, is_by_cell=is_by_cell)
    text = text_of(shown, width)
    assert "…" not in text
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("─"))
    assert lines[start - 1].split()[-1] == "state"
    assert "baseline" in lines[start - 1] or re.search(r"no room here for .*to baseline", text)
    for line in lines[start + 1 : start + 21]:
        assert re.search(r" (complete|same as #\d+)(, baseline)? *$", line), line


def test_long_paths_are_shown_by_their_ends_where_there_is_little_room() -> None:
    paths = [f"/data/experiments/of/last/year/{name}/model.safetensors" for name in ("one", "two")]
    table = make_table(finished(make_spec({"weights": paths, "tf_decrease": (0.02, 0.05)})))
    narrow, wide = (text_of(result_table(table, None), width) for width in (80, 200))
    for row in table.rows:
        value = row.params["weights"]
        assert value in wide
        assert value not in narrow
        assert f"…{value[-29:]}" in narrow
    assert "…" not in wide
    assert "no room" not in narrow.replace("no room here for sinergy", "")


def test_where_nothing_else_can_give_way_the_last_keys_do_and_are_named() -> None:
    names = [f"key_{number}" for number in range(12)]
    columns = [
        Column(title="#", cells=["12"]),
        *(Column(title=name, cells=["0.0123456"], rank=1) for name in names),
        Column(title="state", cells=["complete"], is_text=True),
    ]
    lines = text_of(Fitted(columns, [Line(style="")]), 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-2].split() == ["12", *["0.0123456"] * 6, "complete"]
    assert lines[-1] == f"no room here for {', '.join(names[6:])}"


def test_columns_that_find_no_room_are_named(table_of_seven: Table) -> None:
    assert "no room here for sinergy" in text_of(result_table(table_of_seven, 10), 80)
    assert "no room here" not in text_of(result_table(table_of_seven, 10), 200)


def test_a_title_is_split_where_the_screen_is_narrow_but_not_at_a_no_break_space() -> None:
    columns = [
        Column(title="key", cells=["tf_decrease"]),
        Column(title="95\N{NO-BREAK SPACE}% interval", cells=["1 to 2"]),
    ]
    grid = Fitted(columns, [Line(style="")])
    assert "95\N{NO-BREAK SPACE}% interval" in text_of(grid, 80)
    first, second, *_ = text_of(grid, 20).splitlines()
    assert (first.strip(), second.split()) == ("95\N{NO-BREAK SPACE}%", ["key", "interval"])


def test_a_failed_trials_reason_is_shown_as_it_is_even_below_the_top() -> None:
    text = text_of(result_table(_table(), 1))
    assert "#8 failed: loss is not finite [lr 0.01]" in text
    assert "top 1 of 9 trials" in text


def test_equal_trials_point_to_the_first_of_them() -> None:
    table = _table()
    same = next(row for row in table.rows if row.same_as is not None)
    assert f"same as #{same.same_as}" in text_of(result_table(table, None))


def test_a_trial_that_ended_unlike_its_equal_says_so() -> None:
    table = make_table(finished(make_spec({"num_epochs": [5, 5.0]})))
    first, second = table.rows
    rows = [dataclasses.replace(first, reason="x", state="stopped"), second]
    text = text_of(result_table(dataclasses.replace(table, rows=rows), None))
    assert f"complete, same as #{second.same_as}" in text


def test_counts_and_the_bleu_signature_stand_below_the_table() -> None:
    table = _table()
    lines = text_of(result_table(table, None)).splitlines()
    assert any(line.startswith(f"{table.epochs.trained} epochs trained of 90") for line in lines)
    assert f"BLEU {table.signature}" in lines


def test_an_axis_of_one_value_is_said_once() -> None:
    table = make_table(finished(make_spec({"lr": [1e-3], "tf_decrease": [0.02, 0.05]})))
    lines = text_of(result_table(table, None)).splitlines()
    assert "all trials: lr 0.001" in lines
    assert sum("0.001" in line for line in lines) == 1


def test_a_table_of_nothing_can_be_shown() -> None:
    table = dataclasses.replace(_table(), rows=[])
    assert "BLEU@epoch" in text_of(result_table(table, None))


def test_what_cannot_be_told_apart_from_the_best_is_marked_and_explained() -> None:
    rows, counts_of = sweep([0.8, 0.795, 0.5])
    table = dataclasses.replace(_table(), rows=rows, baseline=rows[2].number)
    confidence = make_confidence(rows, counts_of, 0.05, table.baseline)
    text = text_of(result_table(table, None, confidence=confidence), 80)
    marked = [line.split()[0] for line in text.splitlines() if "≈" in line and "@" in line]
    assert marked == [str(rows[1].number)]
    assert f"#{rows[0].number}: 95 % interval " in text
    assert "±" in text
    assert "baseline" in text
    assert max(map(len, text.splitlines())) <= 80


def test_with_several_seeds_a_cell_is_a_row() -> None:
    rows, counts_of = sweep([0.8, 0.79, 0.5], num_seeds=3)
    table = dataclasses.replace(_table(), rows=rows)
    confidence = make_confidence(rows, counts_of, 0.05)
    text = text_of(result_table(table, None, confidence=confidence, is_by_cell=True), 80)
    start = text.splitlines().index(next(line for line in text.splitlines() if "─" in line))
    lines = text.splitlines()[start + 1 : start + 4]
    for line, cell in zip(lines, make_cells(rows), strict=True):
        assert words.bleu(cell.mean) in line
        assert words.bleu(cell.deviation) in line
        assert all(words.bleu(value) in line for value in cell.values.values())
    assert "≈ mean not significantly below the best" in text

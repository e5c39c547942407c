from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence

import pytest

from runner.results import formats
from runner.results.cells import make_cells
from runner.results.confidence import Confidence
from runner.results.markdown import to_markdown
from runner.results.table import Table, make_table
from runner.tree.path import Node
from runner.tree.unfold import AnyOutcome
from tests.runner.sweeps_for_tests import (
    confidence_in,
    failure,
    finished,
    make_spec,
    make_tree,
    prunes_early,
    result_of,
    run,
)


def _some_fail(node: Node) -> AnyOutcome:
    if node.settings.teacher_forcing == 0.9:
        return failure("no | such\nnumber")
    return result_of(node)


def _table() -> Table:
    return make_table(finished(make_spec(prune=prunes_early(), grace_epochs=1), _some_fail))


def test_json_has_the_keys_that_were_agreed_on_and_no_others() -> None:
    content = json.loads(formats.to_json(_table()))
    assert list(content)[:5] == ["sweep", "objective", "epochs", "trials", "timing"]
    assert list(content)[5:] == ["cells", "baseline", "reference", "significance"]
    assert list(content["trials"][0]) == [
        "number",
        "id",
        "state",
        "params",
        "seed",
        "epochs",
        "best_epoch",
        "bleu",
        "sinergy",
        "bp",
        "val_loss",
        "val_loss_no_tf",
        "parameters",
        "reason",
        "against_best",
        "against_baseline",
    ]
    assert list(content["epochs"]) == [
        "planned",
        "trained",
        "shared",
        "reused",
        "pruned",
        "stopped",
        "failed",
        "waiting",
    ]
    assert list(content["timing"]) == [
        "trained_seconds",
        "shared_seconds",
        "reused_seconds",
        "pruned_seconds",
        "repeated",
        "trials",
    ]


def test_json_loses_no_digit_and_keeps_the_order() -> None:
    table = _table()
    trials = json.loads(formats.to_json(table))["trials"]
    for trial, row in zip(trials, table.rows, strict=True):
        found = {key: value for key, value in trial.items() if not key.startswith("against")}
        assert found == {key: getattr(row, key) for key in found}
    ranks = [(trial["bleu"] is None, -(trial["bleu"] or 0), trial["number"]) for trial in trials]
    assert ranks == sorted(ranks)


def test_trials_without_a_result_have_null_and_come_last() -> None:
    tree = make_tree(make_spec({"lr": [1e-3, 2e-3]}))
    for _ in run(
        tree, {}, lambda node: failure("x") if node.settings.lr > 1e-3 else result_of(node)
    ):
        pass
    first, last = json.loads(formats.to_json(make_table(tree)))["trials"]
    assert first["state"] == "complete"
    assert (last["state"], last["bleu"], last["best_epoch"], last["epochs"]) == (
        "failed",
        None,
        None,
        0,
    )


def test_a_carried_on_sweep_prints_the_same_object_timing_apart() -> None:
    spec = make_spec(prune=prunes_early(), grace_epochs=1)
    known: dict[str, AnyOutcome] = {}
    for _ in run(make_tree(spec), known):
        if len(known) == 7:
            break
    tree = make_tree(spec)
    for _ in run(tree, known):
        pass
    carried_on, undisturbed = (
        json.loads(formats.to_json(make_table(each))) for each in (tree, finished(spec))
    )
    del carried_on["timing"], undisturbed["timing"]
    assert carried_on == undisturbed


def test_csv_can_be_read_back_whole() -> None:
    table = _table()
    lines = list(csv.DictReader(io.StringIO(formats.to_csv(table))))
    assert list(lines[0])[:3] == ["number", "tf_from_epoch", "tf_decrease"]
    assert list(lines[0])[-1] == "reason"
    for line, row in zip(lines, table.rows, strict=True):
        assert float(line["tf_decrease"]) == row.params["tf_decrease"]
        for key in formats._KEYS:
            if key != "params":
                value = getattr(row, key)
                assert line[key] == ("" if value is None else str(value))


def test_markdown_has_a_row_a_trial_and_as_many_cells_in_each() -> None:
    table = _table()
    grid = [line for line in to_markdown(table).splitlines() if line.startswith("|")]
    assert len(grid) == 2 + len(table.rows)
    num_cells = {line.replace("\\|", "").count("|") for line in grid}
    assert len(num_cells) == 1
    assert grid[0].startswith("| # | tf_from_epoch | tf_decrease |")
    assert grid[0].endswith("| reason |")


def test_a_table_of_nothing_can_be_written() -> None:
    table = dataclasses.replace(_table(), rows=[], signature=None)
    assert json.loads(formats.to_json(table))["trials"] == []
    assert formats.to_csv(table).count("\n") == 1
    assert to_markdown(table).startswith("| # | BLEU |")


AXES = {"lr": (1e-3, 2e-3, 3e-3)}
SEEDS = (1, 2, 3)


def _sure(seeds: Sequence[int]) -> tuple[Table, Confidence]:
    """Return a sweep that has a baseline, and how sure its order is."""
    table = make_table(finished(make_spec(AXES, seeds=seeds, baseline=True)))
    return table, confidence_in(table)


def _differing(text: str) -> list[str]:
    return [line for line in text.splitlines() if "±" in line]


@pytest.mark.parametrize("is_by_cell", [False, True])
def test_markdown_s_column_to_baseline_has_each_row_but_that_of_the_baseline(
    is_by_cell: bool,
) -> None:
    table, confidence = _sure(SEEDS)
    text = to_markdown(table, confidence, is_by_cell=is_by_cell)
    num = len(make_cells(table.rows)) if is_by_cell else len(table.rows)
    assert "| to baseline |" in text.splitlines()[0]
    assert len(_differing(text)) == num - 1
    [marked] = [line for line in text.splitlines() if "complete, baseline" in line]
    assert "±" not in marked
    without = dataclasses.replace(confidence, against_baseline={}, cells_against_baseline={})
    assert "to baseline" not in to_markdown(table, without, is_by_cell=is_by_cell)


@pytest.mark.parametrize("is_by_cell", [False, True])
def test_csv_has_the_difference_to_the_baseline_with_its_interval(is_by_cell: bool) -> None:
    table, confidence = _sure(SEEDS)
    text = formats.to_csv(table, confidence, is_by_cell=is_by_cell)
    lines = list(csv.DictReader(io.StringIO(text)))
    [baseline] = [line for line in lines if line["is_baseline"] == "true"]
    assert baseline["to_baseline"] == ""
    for line in lines:
        if line is baseline:
            continue
        if is_by_cell:
            found = confidence.cells_against_baseline[int(line["number"])].comparison
            assert float(line["to_baseline"]) == found.difference
        else:
            found = confidence.against_baseline[int(line["number"])]
            assert float(line["to_baseline"]) == found.difference
        low, high = float(line["to_baseline_low"]), float(line["to_baseline_high"])
        assert (low, high) == (found.interval.low, found.interval.high)


@pytest.mark.parametrize("is_by_cell", [False, True])
def test_what_is_picked_takes_the_baseline_s_place_in_comparisons_and_not_its_name(
    is_by_cell: bool,
) -> None:
    table, _ = _sure(SEEDS)
    cell = next(cell for cell in make_cells(table.rows) if not cell.holds(table.baseline))
    picked = dataclasses.replace(table, picked=max(row.number for row in cell.rows.values()))
    confidence = confidence_in(picked)
    content = json.loads(formats.to_json(picked, confidence))
    assert (content["baseline"], content["reference"]) == (table.baseline, picked.picked)
    trials = {trial["number"]: trial for trial in content["trials"]}
    assert trials[picked.picked]["against_baseline"] is None
    best = confidence.best_cell
    assert best is not None
    assert best.interval is not None
    said = {"first": best.first, "interval": dataclasses.asdict(best.interval)}
    assert content["significance"]["best_cell"] == said
    text = formats.to_csv(picked, confidence, is_by_cell=is_by_cell)
    lines = list(csv.DictReader(io.StringIO(text)))
    [baseline] = [line for line in lines if line["is_baseline"] == "true"]
    [reference] = [line for line in lines if line["is_reference"] == "true"]
    assert baseline["number"] == str(table.baseline)
    assert reference["number"] == str(cell.first if is_by_cell else picked.picked)
    assert reference["to_baseline"] == ""
    assert baseline["to_baseline"] != ""


def test_cells_have_a_row_each_with_what_their_seeds_came_to() -> None:
    table, confidence = _sure(SEEDS)
    cells = make_cells(table.rows)
    lines = list(csv.DictReader(io.StringIO(formats.to_csv(table, confidence, is_by_cell=True))))
    grid = to_markdown(table, confidence, is_by_cell=True).splitlines()[2 : 2 + len(cells)]
    assert len(lines) == len(grid) == len(cells) < len(table.rows)
    for cell, line, row in zip(cells, lines, grid, strict=True):
        assert (float(line["mean"]), float(line["deviation"])) == (cell.mean, cell.deviation)
        assert int(line["n"]) == cell.n
        assert [float(line[f"bleu_seed_{seed}"]) for seed in SEEDS] == list(cell.values.values())
        assert f"| {cell.deviation:.2f} | {cell.n} |" in row
        assert ", ".join(f"{value:.2f}" for value in cell.values.values()) in row


def test_the_best_cells_are_as_many_as_were_asked_for() -> None:
    table, confidence = _sure(SEEDS)
    assert formats.to_csv(table, confidence, top=2, is_by_cell=True).count("\n") == 3
    shown = to_markdown(table, confidence, top=2, is_by_cell=True).splitlines()
    assert sum(line.startswith("|") for line in shown) == 4

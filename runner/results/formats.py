"""A table as JSON or CSV, for programs: floats are in full."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runner import words
from runner.results.cells import Cell, make_cells
from runner.results.table import Row, Table

if TYPE_CHECKING:  # numpy is loaded where something is computed
    from runner.results.confidence import CellComparison, Confidence
    from runner.results.seeds import SeedComparison
    from runner.results.significance import Comparison

# The keys of a trial, in order; `number` comes first and `reason` last in every format.
_KEYS = (
    *("number", "id", "state", "params", "seed", "epochs", "best_epoch", "bleu", "sinergy", "bp"),
    *("val_loss", "val_loss_no_tf", "parameters", "reason"),
)


def to_json(table: Table, confidence: Confidence | None = None, *, top: int | None = None) -> str:
    """Return the best `top` trials and cells (None: all) as one object with floats in full.

    Only `timing` may differ by run.
    """
    content = {
        "sweep": table.sweep,
        "objective": table.objective,
        "epochs": dataclasses.asdict(table.epochs),
        "trials": [_trial(row, confidence) for row in table.rows[:top]],
        "timing": dataclasses.asdict(table.timing),
        "cells": [_cell(cell, confidence) for cell in make_cells(table.rows)[:top]],
        "baseline": table.baseline,
        "reference": table.reference,  # that `against_baseline` is about: it, or one in its place
        "significance": _significance(confidence) if confidence else None,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _trial(row: Row, confidence: Confidence | None) -> dict[str, Any]:
    best = confidence.against_best.get(row.number) if confidence else None
    baseline = confidence.against_baseline.get(row.number) if confidence else None
    return {key: getattr(row, key) for key in _KEYS} | {
        "against_best": dataclasses.asdict(best) if best else None,
        "against_baseline": dataclasses.asdict(baseline) if baseline else None,
    }


def _cell(cell: Cell, confidence: Confidence | None) -> dict[str, Any]:
    best = confidence.cells_against_best.get(cell.first) if confidence else None
    baseline = confidence.cells_against_baseline.get(cell.first) if confidence else None
    return {
        "params": cell.params,
        "trials": [row.number for row in cell.rows.values()],
        "n": cell.n,
        "mean": cell.mean,
        "deviation": cell.deviation,
        "seeds": cell.values,
        "against_best": _cell_comparison(best) if best else None,
        "against_baseline": _cell_comparison(baseline) if baseline else None,
    }


def _cell_comparison(found: CellComparison) -> dict[str, Any]:
    return {
        "difference": found.comparison.difference,
        "interval": dataclasses.asdict(found.comparison.interval),
        "p": found.comparison.p,
        "p_holm": found.p_holm,
        "is_different": found.is_different,
    }


def _significance(confidence: Confidence) -> dict[str, Any]:
    return {
        "level": confidence.level,
        "sentences": confidence.num_sentences,
        "resamples": confidence.num_resamples,
        "best": confidence.best,
        "interval": dataclasses.asdict(confidence.interval) if confidence.interval else None,
        "best_cell": dataclasses.asdict(confidence.best_cell) if confidence.best_cell else None,
    }


def to_csv(
    table: Table,
    confidence: Confidence | None = None,
    *,
    top: int | None = None,
    is_by_cell: bool = False,
    is_timed: bool = False,
) -> str:
    """Return the best `top` trials, or cells (None: all), a line each, with floats in full."""
    if is_by_cell:
        columns = _cell_columns(table, make_cells(table.rows)[:top], confidence)
    else:
        columns = _trial_columns(table, table.rows[:top], confidence, is_timed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


Columns = dict[str, list[Any]]


def _trial_columns(
    table: Table, rows: Sequence[Row], confidence: Confidence | None, is_timed: bool
) -> Columns:
    times = {time.number: time for time in table.timing.trials}
    against = confidence.against_baseline if confidence else {}
    values = {key: [getattr(row, key) for row in rows] for key in _KEYS if key != "params"}
    number, reason = values.pop("number"), values.pop("reason")
    return {
        "number": number,
        **_params([row.params for row in rows]),
        **{
            key: [getattr(times[row.number], key) for row in rows]
            for key in (("seconds", "trained_seconds") if is_timed else ())
        },
        **values,
        **_marks(table, lambda number: [row.number == number for row in rows]),
        **_differences([against.get(row.number) for row in rows]),
        "reason": reason,
    }


def _cell_columns(table: Table, cells: Sequence[Cell], confidence: Confidence | None) -> Columns:
    """Return a column a seed, too; a cell's number is that of its first trial."""
    found = confidence.cells_against_baseline if confidence else {}
    against = [found[cell.first].comparison if cell.first in found else None for cell in cells]
    seeds = dict.fromkeys(seed for cell in cells for seed in cell.rows)
    return {
        "number": [cell.first for cell in cells],
        **_params([cell.params for cell in cells]),
        "mean": [cell.mean for cell in cells],
        "deviation": [cell.deviation for cell in cells],
        "n": [cell.n for cell in cells],
        **{f"bleu_seed_{seed}": [cell.values.get(seed) for cell in cells] for seed in seeds},
        **_marks(table, lambda number: [cell.holds(number) for cell in cells]),
        **_differences(against),
        "state": [words.states(row.state for row in cell.rows.values()) for cell in cells],
    }


def _params(found: Sequence[Mapping[str, Any]]) -> Columns:
    names = found[0] if found else ()
    return {name: [_in_full(params[name]) for params in found] for name in names}


def _marks(table: Table, holds: Callable[[int], Sequence[bool]]) -> Columns:
    """Return which lines are the baseline, and the trial that was picked in its place."""
    marked = {"is_baseline": table.baseline, "is_reference": table.picked}
    return {
        name: list(map(_in_full, holds(number)))
        for name, number in marked.items()
        if number is not None
    }


def _differences(found: Sequence[Comparison | SeedComparison | None]) -> Columns:
    """Return the differences to the baseline, or to what was picked in its place, in BLEU.

    Each with its 95 % interval.
    """
    if not any(found):
        return {}
    return {
        "to_baseline": [each.difference if each else None for each in found],
        "to_baseline_low": [each.interval.low if each else None for each in found],
        "to_baseline_high": [each.interval.high if each else None for each in found],
    }


def _in_full(value: Any) -> str:
    return words.value(value) if isinstance(value, bool) else str(value)


def swept_names(rows: Sequence[Row]) -> list[str]:
    """Return the swept keys; every trial of a sweep has the same ones."""
    return list(rows[0].params) if rows else []

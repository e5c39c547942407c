"""A table as JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runner.results.caveats import LEVEL_MARK, caveats
from runner.results.cells import Cell, make_cells
from runner.results.table import Row, Table
from runner.views import words

if TYPE_CHECKING:  # numpy is loaded where something is computed
    from runner.results.confidence import CellComparison, Confidence

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
        "interval": dataclasses.asdict(confidence.interval),
    }


def to_csv(table: Table, *, is_timed: bool = False) -> str:
    """Return the table with a line a trial and a column a swept key, floats in full."""
    times = {time.number: time for time in table.timing.trials}
    timed = ["seconds", "trained_seconds"] if is_timed else []
    names = swept_names(table.rows)
    others = [key for key in _KEYS if key not in ("number", "params")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["number", *names, *timed, *others])
    for row in table.rows:
        params = [_in_full(row.params[name]) for name in names]
        seconds = [getattr(times[row.number], key) for key in timed]
        others_of_row = [getattr(row, key) for key in others]
        writer.writerow([row.number, *params, *seconds, *others_of_row])
    return text.getvalue()


def _in_full(value: Any) -> str:
    return words.value(value) if isinstance(value, bool) else str(value)


def to_markdown(
    table: Table, confidence: Confidence | None = None, *, is_timed: bool = False
) -> str:
    """Return the table for a README: numbers rounded, the BLEU signature and counts below it."""
    times = {time.number: time for time in table.timing.trials}
    names = swept_names(table.rows)
    sure = list(caveats(table, confidence, is_by_cell=False)) if confidence else []
    has_seeds = len({row.seed for row in table.rows}) > 1
    heading = [
        *("#", *names, *(["seed"] if has_seeds else []), "BLEU", "epoch", "sinergy", "BP"),
        *("val loss", "val loss, no tf", "epochs", *(["time", "trained"] if is_timed else [])),
        *("state", "reason"),
    ]
    lines = [heading, ["---"] * len(heading)]
    for row in table.rows:
        params = [words.value(row.params[name]) for name in names]
        seed = [str(row.seed)] if has_seeds else []
        time = times[row.number]
        seconds = (time.seconds, time.trained_seconds) if is_timed else ()
        spent = map(words.duration, seconds)
        lines.append(
            [str(row.number), *params, *seed, *_results(row, confidence), *spent, *_standing(row)]
        )
    notes = [
        " · ".join(sure),
        words.epochs(table.epochs),
        words.savings(table.timing) if is_timed else None,
        f"BLEU {table.signature}" if table.signature else None,
    ]
    grid = "".join(f"| {' | '.join(map(_escaped, line))} |\n" for line in lines)
    return grid + "".join(f"\n{note}\n" for note in (*notes, table.note) if note)


def _results(row: Row, confidence: Confidence | None) -> list[str]:
    is_level = confidence is not None and confidence.is_level(row.number)
    return [
        f"{words.bleu(row.bleu)} {LEVEL_MARK}" if is_level else words.bleu(row.bleu),
        str(row.best_epoch or ""),
        words.bleu(row.sinergy),
        words.brevity(row.bp),
        words.loss(row.val_loss),
        words.loss(row.val_loss_no_tf),
        str(row.epochs),
    ]


def _standing(row: Row) -> list[str]:
    return [row.state, "; ".join(filter(None, (row.reason, words.same_as(row))))]


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def swept_names(rows: Sequence[Row]) -> list[str]:
    """Return the swept keys; every trial of a sweep has the same ones."""
    return list(rows[0].params) if rows else []

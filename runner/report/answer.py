"""What a sweep answers so far, in one or two sentences that are no stronger than its numbers."""

from __future__ import annotations

from runner.results.cells import Cell, make_cells
from runner.results.confidence import Confidence
from runner.results.table import Row, Table
from runner.views import words


def answer(table: Table, num_trials: int, confidence: Confidence | None) -> str:
    """Return which trial is best, or which cell where there are several seeds, and how surely."""
    if not any(row.bleu is not None for row in table.rows):
        return "No trial has finished an epoch yet."
    cells = [cell for cell in make_cells(table.rows) if cell.n > 1]
    said = _of_cells(cells, confidence) if cells else _of_trials(table, num_trials, confidence)
    num_open = sum(not row.state.is_final for row in table.rows) + num_trials - len(table.rows)
    if not num_open:
        return said
    return f"So far, with {words.count(num_open, 'trial')} still open: {said[0].lower()}{said[1:]}"


def _of_trials(table: Table, num_trials: int, confidence: Confidence | None) -> str:
    best = table.rows[0]
    said = f"Of {words.count(num_trials, 'trial')}, #{best.number}{_with(best)} is best, at "
    said += f"{words.bleu(best.bleu)} BLEU"
    if confidence is not None:
        low, high = confidence.interval.low, confidence.interval.high
        said += f" (95 % interval {words.bleu(low)} to {words.bleu(high)})"
    said += f" on the validation set after epoch {best.best_epoch}."
    if confidence is None or not confidence.against_best:
        return said
    level = [number for number in confidence.against_best if confidence.is_level(number)]
    if not level:
        return f"{said} All others are significantly worse."
    verb = "is" if len(level) == 1 else "are"
    return f"{said} {words.trials(level)} {verb} not significantly worse."


def _of_cells(cells: list[Cell], confidence: Confidence | None) -> str:
    """Return what several seeds say; cells with one seed alone take no part."""
    best = max(cells, key=lambda cell: (cell.mean or 0.0, -cell.first))
    name = words.params(best.params) or "the only cell"
    said = (
        f"Over {best.n} seeds, {name} has the highest mean: "
        f"{words.bleu(best.mean)} BLEU, standard deviation {words.bleu(best.deviation)}."
    )
    found = confidence.cells_against_best if confidence else {}
    if not found:
        return said
    level = [cell for cell in cells if cell.first in found and not found[cell.first].is_different]
    if not level:
        return f"{said} All other cells are significantly worse."
    return f"{said} {words.count(len(level), 'other cell')} can't be told apart from it."


def _with(row: Row) -> str:
    return f" ({words.params(row.params)})" if row.params else ""

"""What a sweep answers so far, in one or two sentences that are no stronger than its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from runner import words
from runner.results import phrases
from runner.results.cells import Cell, make_cells, num_lacking
from runner.results.confidence import Confidence
from runner.results.table import Row, Table

_ONE_SEED = "One seed: this is about these models, not their settings."


def answer(table: Table, num_trials: int, confidence: Confidence | None) -> str:
    """Return which trial scored highest, or which cell over several seeds, and how surely."""
    if not any(row.bleu is not None for row in table.rows):
        return "No trial has finished an epoch yet."
    cells = make_cells(table.rows)
    has_seeds = cells[0].n > 1
    said = _of_cells(cells, confidence) if has_seeds else _of_trials(table, num_trials, confidence)
    num_open = sum(not row.state.is_final for row in table.rows) + num_trials - len(table.rows)
    if not num_open:
        return said
    return f"So far, with {words.count(num_open, 'trial')} still open: {said[0].lower()}{said[1:]}"


def _of_trials(table: Table, num_trials: int, confidence: Confidence | None) -> str:
    best = table.rows[0]
    said = f"Of {words.count(num_trials, 'trial')}, #{best.number}{_with(best)} scored highest, "
    said += f"{words.bleu(best.bleu)} BLEU"
    if confidence is not None and confidence.interval is not None:
        said += f" (95 % interval {phrases.interval(confidence.interval)})"
    said += f" on the validation set after epoch {best.best_epoch}."
    if confidence is None or not confidence.against_best:
        return f"{said} {_ONE_SEED}"
    level = [number for number in confidence.against_best if confidence.is_level(number)]
    if not level:
        others = words.all_others(len(confidence.against_best))
        return f"{said} {_sentence(others)} significantly worse. {_ONE_SEED}"
    verb = "is" if len(level) == 1 else "are"
    return f"{said} {words.trials(level)} {verb} not significantly worse. {_ONE_SEED}"


def _of_cells(cells: Sequence[Cell], confidence: Confidence | None) -> str:
    """Return what several seeds say; cells with one seed alone take no part."""
    best, num_single = cells[0], sum(cell.n == 1 for cell in cells)
    name = f"The cell {words.params(best.params)}" if best.params else "The only cell"
    among = " of the cells with several seeds" if num_single else ""
    said = (
        f"{name} has the highest mean{among}: {words.bleu(best.mean)} BLEU over "
        f"{best.n} seeds, standard deviation {words.bleu(best.deviation)}."
    )
    found = confidence.cells_against_best if confidence else {}
    level = [first for first in found if confidence and confidence.is_level_cell(first)]
    if level:
        said += f" {words.count(len(level), 'other cell')} can't be told apart from it."
    elif found:
        said += f" {_sentence(words.all_others(len(found)))} significantly worse."
    if lacking := num_lacking(cells):
        said += f" {words.lacking_seeds(lacking)}."
    if num_single:
        said += f" {words.too_few_seeds(num_single)}."
    return said


def _sentence(said: str) -> str:
    return said[0].upper() + said[1:]


def _with(row: Row) -> str:
    return f" ({words.params(row.params)})" if row.params else ""

"""How sure a table's order is, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runner import words
from runner.results import phrases
from runner.results.caveats import LEVEL_MARK
from runner.results.cells import Cell
from runner.views.fitted import Column, Fitted, Line

if TYPE_CHECKING:
    from runner.results.confidence import Confidence


def cell_grid(
    cells: Sequence[Cell],
    constant: Sequence[str],
    confidence: Confidence | None,
    baseline: int | None,
) -> Fitted:
    """Return cells with the mean and spread of their seeds."""
    names = [name for name in (cells[0].params if cells else ()) if name not in constant]
    swept = [
        Column(title=name, cells=[words.value(cell.params[name]) for cell in cells], rank=1)
        for name in names
    ]
    seeds = [" ".join(map(words.bleu, cell.values.values())) for cell in cells]
    to_reference = phrases.to_reference(confidence, is_by_cell=True)
    to_baseline = phrases.cells_against_baseline(cells, confidence)
    states = [
        words.marked(words.states(row.state for row in cell.rows.values()), cell.holds(baseline))
        for cell in cells
    ]
    columns = [
        Column(title="#", cells=[str(cell.first) for cell in cells]),
        *swept,
        Column(title="BLEU", cells=[_mean(cell, confidence) for cell in cells]),
        Column(title="sd", cells=[words.bleu(cell.deviation) for cell in cells]),
        Column(title="n", cells=[str(cell.n) for cell in cells]),
        *([Column(title=to_reference, cells=to_baseline, rank=2)] if any(to_baseline) else []),
        Column(title="seeds", cells=seeds, rank=3, is_text=True),
        Column(title="state", cells=states, is_text=True),
    ]
    lines = [Line(style="", is_best=place == 0 and cell.n > 0) for place, cell in enumerate(cells)]
    return Fitted(columns, lines)


def _mean(cell: Cell, confidence: Confidence | None) -> str:
    is_level = confidence is not None and confidence.is_level_cell(cell.first)
    return words.bleu(cell.mean) + (LEVEL_MARK if is_level else " ")

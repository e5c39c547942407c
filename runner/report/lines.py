"""Rows of the page's tables of trials and of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner import words
from runner.report.look import Colours
from runner.results import phrases
from runner.results.cells import Cell
from runner.results.confidence import Confidence
from runner.results.table import Row, Table


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the page's table."""

    row: Row
    colour: str  # of its curves
    state: str
    to_baseline: str  # "" where that is not known
    is_level: bool  # not significantly worse than the best


@dataclass(frozen=True, kw_only=True)
class CellLine:
    """A row of the table of cells."""

    cell: Cell
    state: str
    to_baseline: str  # "" where that is not known
    is_level: bool  # its mean is not significantly below the best one


def cell_lines(
    table: Table, cells: Sequence[Cell], confidence: Confidence | None
) -> Sequence[CellLine]:
    """Return a row for each of these cells."""
    to_baseline = phrases.cells_against_baseline(cells, confidence)
    return [
        CellLine(
            cell=cell,
            state=words.marked(
                words.states(row.state for row in cell.rows.values()), cell.holds(table.baseline)
            ),
            to_baseline=difference,
            is_level=confidence is not None and confidence.is_level_cell(cell.first),
        )
        for cell, difference in zip(cells, to_baseline, strict=True)
    ]


def trial_lines(
    table: Table, rows: Sequence[Row], colours: Colours, confidence: Confidence | None
) -> Sequence[Line]:
    """Return a row for each of these trials."""
    to_baseline = phrases.against_baseline(rows, confidence)
    return [
        Line(
            row=row,
            colour="transparent" if row.bleu is None else colours.of(row.bleu),
            state=_state(row, table.baseline),
            to_baseline=difference,
            is_level=confidence is not None and confidence.is_level(row.number),
        )
        for row, difference in zip(rows, to_baseline, strict=True)
    ]


def _state(row: Row, baseline: int | None) -> str:
    standing = words.marked(words.standing(row.state, row.reason), row.number == baseline)
    return "; ".join(filter(None, (standing, phrases.same_as(row))))

"""A table as Markdown, for a README: numbers are rounded, the BLEU signature stands below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from runner import words
from runner.results import phrases
from runner.results.caveats import LEVEL_MARK, caveats
from runner.results.cells import Cell, make_cells
from runner.results.formats import swept_names
from runner.results.table import Row, Table

if TYPE_CHECKING:
    from runner.results.confidence import Confidence

Columns = Mapping[str, Sequence[str]]


def to_markdown(
    table: Table,
    confidence: Confidence | None = None,
    *,
    top: int | None = None,
    is_by_cell: bool = False,
    is_timed: bool = False,
) -> str:
    """Return the best `top` trials, or cells (None: all), a row each."""
    if is_by_cell:
        columns = _cell_columns(table, make_cells(table.rows)[:top], confidence)
    else:
        columns = _trial_columns(table, table.rows[:top], confidence, is_timed)
    sure = caveats(confidence, is_by_cell=is_by_cell) if confidence else ()
    notes = [
        " · ".join(sure),
        phrases.epochs(table.epochs),
        phrases.savings(table.timing) if is_timed else None,
        f"BLEU {table.signature}" if table.signature else None,
        table.note,
    ]
    lines = [list(columns), ["---"] * len(columns), *zip(*columns.values(), strict=True)]
    grid = "".join(f"| {' | '.join(map(_escaped, line))} |\n" for line in lines)
    return grid + "".join(f"\n{note}\n" for note in notes if note)


def _trial_columns(
    table: Table, rows: Sequence[Row], confidence: Confidence | None, is_timed: bool
) -> Columns:
    times = {time.number: time for time in table.timing.trials}
    has_seeds = len({row.seed for row in table.rows}) > 1
    to_baseline = phrases.against_baseline(rows, confidence)
    seconds = [words.duration(times[row.number].seconds) for row in rows]
    trained = [words.duration(times[row.number].trained_seconds) for row in rows]
    return {
        "#": [str(row.number) for row in rows],
        **{
            name: [words.value(row.params[name]) for row in rows]
            for name in swept_names(table.rows)
        },
        **({"seed": [str(row.seed) for row in rows]} if has_seeds else {}),
        "BLEU": [_bleu(row, confidence) for row in rows],
        **({phrases.to_reference(confidence): to_baseline} if any(to_baseline) else {}),
        "epoch": [str(row.best_epoch or "") for row in rows],
        "sinergy": [words.bleu(row.sinergy) for row in rows],
        "BP": [words.brevity(row.bp) for row in rows],
        "val loss": [words.loss(row.val_loss) for row in rows],
        "val loss, no tf": [words.loss(row.val_loss_no_tf) for row in rows],
        "epochs": [str(row.epochs) for row in rows],
        **({"time": seconds, "trained": trained} if is_timed else {}),
        "state": [words.marked(row.state, row.number == table.baseline) for row in rows],
        "reason": ["; ".join(filter(None, (row.reason, phrases.same_as(row)))) for row in rows],
    }


def _cell_columns(table: Table, cells: Sequence[Cell], confidence: Confidence | None) -> Columns:
    to_reference = phrases.to_reference(confidence, is_by_cell=True)
    to_baseline = phrases.cells_against_baseline(cells, confidence)
    states = [words.states(row.state for row in cell.rows.values()) for cell in cells]
    return {
        "#": [str(cell.first) for cell in cells],
        **{
            name: [words.value(cell.params[name]) for cell in cells]
            for name in swept_names(table.rows)
        },
        "mean BLEU": [_mean(cell, confidence) for cell in cells],
        "sd": [words.bleu(cell.deviation) for cell in cells],
        "n": [str(cell.n) for cell in cells],
        **({to_reference: to_baseline} if any(to_baseline) else {}),
        "by seed": [", ".join(map(words.bleu, cell.values.values())) for cell in cells],
        "state": [
            words.marked(state, cell.holds(table.baseline))
            for cell, state in zip(cells, states, strict=True)
        ],
    }


def _bleu(row: Row, confidence: Confidence | None) -> str:
    is_level = confidence is not None and confidence.is_level(row.number)
    return f"{words.bleu(row.bleu)} {LEVEL_MARK}" if is_level else words.bleu(row.bleu)


def _mean(cell: Cell, confidence: Confidence | None) -> str:
    is_level = confidence is not None and confidence.is_level_cell(cell.first)
    return f"{words.bleu(cell.mean)} {LEVEL_MARK}" if is_level else words.bleu(cell.mean)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")

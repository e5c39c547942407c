"""Tables, trials and plans as rich shows them; every fact is in words, colour only repeats it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.text import Text

from runner import words
from runner.results import phrases
from runner.results.caveats import LEVEL_MARK, caveats
from runner.results.cells import make_cells
from runner.results.formats import swept_names
from runner.results.table import ESTRANGED, Row, Table
from runner.tree.trial import TrialState
from runner.views import confidence_view
from runner.views.fitted import Column, Fitted, Line

if TYPE_CHECKING:
    from runner.results.confidence import Confidence

TOP = 30  # rows of a table that is not asked for more
_MARK = "*"  # of trials with estranged epochs
STYLES = {
    TrialState.COMPLETE: "green",
    TrialState.RUNNING: "cyan",
    TrialState.WAITING: "dim",
    TrialState.PRUNED: "yellow",
    TrialState.STOPPED: "magenta",
    TrialState.FAILED: "red",
}


def heading(sweep: str, question: str) -> Text:
    return Text.assemble((sweep, "bold"), "  ", (" ".join(question.split()), "italic"))


def result_table(
    table: Table,
    top: int | None,
    *,
    confidence: Confidence | None = None,
    is_by_cell: bool = False,
    is_timed: bool = False,
) -> RenderableType:
    """Return the best `top` trials, or cells (None: all), and below them how sure that is and what
    the sweep cost.

    Timed, each trial has the time that its epochs took, and how much of it was trained for it.
    """
    parts: list[RenderableType] = [heading(table.sweep, table.question), Text()]
    constant = _constant(table.rows)
    if constant:
        said = words.params({name: table.rows[0].params[name] for name in constant})
        parts += [Text(f"all trials: {said}")]
    if is_by_cell:
        cells = make_cells(table.rows)
        num_shown, num, noun = len(cells[:top]), len(cells), "cells"
        parts.append(confidence_view.cell_grid(cells[:top], constant, confidence, table.baseline))
    else:
        rows = table.rows[:top]
        num_shown, num, noun = len(rows), len(table.rows), "trials"
        lines = [
            Line(style=STYLES[row.state], is_best=place == 0 and row.bleu is not None)
            for place, row in enumerate(rows)
        ]
        parts.append(Fitted(_columns(table, rows, constant, confidence, is_timed), lines))
    if num_shown < num:
        parts.append(Text(f"top {num_shown:,} of {num:,} {noun}", "italic"))
    if confidence is not None:
        said_of_it = caveats(confidence, is_by_cell=is_by_cell)
        parts += [Text(), *map(Text, said_of_it)]
    return Group(*parts, *(Text(line, style) for line, style in _notes(table, is_timed)))


class _PipeableConsole(Console):
    """A console that leaves a broken pipe to the command line."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def make_console() -> Console:
    """Return the console of standard output."""
    return _PipeableConsole()


def picture(shown: RenderableType, title: str) -> str:
    """Return what a terminal of 100 columns would show, as SVG."""
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(shown)
    return console.export_svg(title=title)


def _constant(rows: Sequence[Row]) -> list[str]:
    """Return the swept keys that tell no trial from another."""
    if len(rows) < 2:
        return []
    first = rows[0].params
    return [name for name in first if all(row.params[name] == first[name] for row in rows)]


def _columns(
    table: Table,
    rows: Sequence[Row],
    constant: Sequence[str],
    confidence: Confidence | None,
    is_timed: bool,
) -> list[Column]:
    states = {row.number: row.state for row in table.rows}
    names = [name for name in swept_names(rows) if name not in constant]
    columns = [Column(title="#", cells=[str(row.number) for row in rows])]
    for name in names:
        cells = [words.value(row.params[name]) for row in rows]
        columns.append(Column(title=name, cells=cells, rank=1))
    if len({row.seed for row in table.rows}) > 1:
        columns.append(Column(title="seed", cells=[str(row.seed) for row in rows], rank=1))
    times = {time.number: time for time in table.timing.trials} if is_timed else {}
    seconds = [words.duration(times[row.number].seconds) for row in rows if times]
    trained = [words.duration(times[row.number].trained_seconds) for row in rows if times]
    losses = [words.loss(row.val_loss) for row in rows]
    free_losses = [words.loss(row.val_loss_no_tf) for row in rows]
    said = [_state(row, states, table.baseline) for row in rows]
    best = [_best(row, confidence) for row in rows]
    to_reference = phrases.to_reference(confidence)
    against_baseline = phrases.against_baseline(rows, confidence)
    return [
        *columns,
        Column(title="BLEU@epoch", cells=best),
        *(
            [Column(title=to_reference, cells=against_baseline, rank=2)]
            if any(against_baseline)
            else []
        ),
        Column(title="sinergy", cells=[words.bleu(row.sinergy) for row in rows], rank=6),
        Column(title="BP", cells=[words.brevity(row.bp) for row in rows], rank=7),
        Column(title="val loss", cells=losses, rank=3),
        Column(title="no-tf loss", cells=free_losses, rank=5),
        Column(title="epochs", cells=[str(row.epochs) for row in rows], rank=4),
        *([Column(title="time", cells=seconds)] if is_timed else []),
        *([Column(title="trained", cells=trained)] if is_timed else []),
        Column(title="state", cells=said, is_text=True),
    ]


def _best(row: Row, confidence: Confidence | None) -> str:
    if row.bleu is None:
        return ""
    said = f"{words.bleu(row.bleu)}@{row.best_epoch:<2}"
    if confidence is None:
        return said
    return said + (LEVEL_MARK if confidence.is_level(row.number) else " ")


def _state(row: Row, states: dict[int, TrialState], baseline: int | None) -> str:
    mark = _MARK if row.estranged else ""
    mark += ", baseline" if row.number == baseline else ""
    if row.same_as is None:
        return row.state + mark
    is_alike = states[row.same_as] is row.state
    said = phrases.same_as(row) if is_alike else f"{row.state}, {phrases.same_as(row)}"
    return said + mark


def _notes(table: Table, is_timed: bool) -> Iterator[tuple[str, str]]:
    yield "", ""
    for trials, reason in phrases.failures(table.rows):
        yield f"{trials} failed: {reason}", "red"
    if any(row.estranged for row in table.rows):
        yield f"{_MARK} {ESTRANGED}", "yellow"
    yield phrases.epochs(table.epochs), "bold"
    timing = table.timing
    spared = timing.shared_seconds + timing.reused_seconds
    if timing.trained_seconds or spared:
        line = f"{words.duration(timing.trained_seconds)} of training"
        if spared and not is_timed:
            line += f"; {words.duration(spared)} more without sharing"
        if timing.repeated:
            again = words.count(timing.repeated, "epoch")
            line += f"; {again} begun again (a crash or a dropped state)"
        yield line, ""
    if is_timed:
        yield phrases.savings(timing), ""
    if table.signature:
        yield f"BLEU {table.signature}", "dim"
    if table.note:
        yield table.note, ""

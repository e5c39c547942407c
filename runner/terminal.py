"""Tables, trials and plans as rich shows them; every fact is in words, colour only repeats it."""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from runner import words
from runner.formats import swept_names
from runner.table import ESTRANGED, Row, Table
from runner.trial import TrialState

TOP = 30  # rows of a table that is not asked for more
_MOST_REASONS = 8
_MARK = "*"  # of trials with estranged epochs
_GAPS = (2, 1)  # between columns: the second where the screen is narrow
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


def result_table(table: Table, top: int | None, *, is_timed: bool = False) -> RenderableType:
    """Return the best `top` trials (None: all) and, below them, what the sweep cost.

    Timed, each trial has the time that its epochs took, and how much of it was trained for it.
    """
    rows = table.rows[:top]
    parts: list[RenderableType] = [heading(table.sweep, table.question), Text()]
    constant = _constant(table.rows)
    if constant:
        said = words.params({name: table.rows[0].params[name] for name in constant})
        parts += [Text(f"all trials: {said}")]
    parts.append(_Fitted(_columns(table, rows, constant, is_timed), rows))
    if len(rows) < len(table.rows):
        parts.append(Text(f"top {len(rows):,} of {len(table.rows):,} trials", "italic"))
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Column:
    title: str
    cells: Sequence[str]
    rank: int = 0  # 0 is always shown; the highest give way first where the screen is narrow
    is_text: bool = False

    def lines(self, is_split: bool) -> list[str]:
        return (
            self.title.replace("_", "_ ").replace("@", " @").split() if is_split else [self.title]
        )

    def width(self, is_split: bool) -> int:
        return max(map(cell_len, (*self.lines(is_split), *self.cells)))


def _columns(
    table: Table, rows: Sequence[Row], constant: Sequence[str], is_timed: bool
) -> list[_Column]:
    states = {row.number: row.state for row in table.rows}
    names = [name for name in swept_names(rows) if name not in constant]
    columns = [_Column(title="#", cells=[str(row.number) for row in rows])]
    for name in names:
        cells = [words.value(row.params[name]) for row in rows]
        columns.append(_Column(title=name, cells=cells))
    if len({row.seed for row in table.rows}) > 1:
        columns.append(_Column(title="seed", cells=[str(row.seed) for row in rows]))
    times = {time.number: time for time in table.timing.trials} if is_timed else {}
    seconds = [words.duration(times[row.number].seconds) for row in rows if times]
    trained = [words.duration(times[row.number].trained_seconds) for row in rows if times]
    losses = [words.loss(row.val_loss) for row in rows]
    free_losses = [words.loss(row.val_loss_no_tf) for row in rows]
    return [
        *columns,
        _Column(title="BLEU@epoch", cells=[_best(row) for row in rows]),
        _Column(title="sinergy", cells=[words.bleu(row.sinergy) for row in rows], rank=4),
        _Column(title="BP", cells=[words.brevity(row.bp) for row in rows], rank=5),
        _Column(title="val loss", cells=losses, rank=1),
        _Column(title="no-tf loss", cells=free_losses, rank=3),
        _Column(title="epochs", cells=[str(row.epochs) for row in rows], rank=2),
        *([_Column(title="time", cells=seconds)] if is_timed else []),
        *([_Column(title="trained", cells=trained)] if is_timed else []),
        _Column(title="state", cells=[_state(row, states) for row in rows], is_text=True),
    ]


def _best(row: Row) -> str:
    return "" if row.bleu is None else f"{words.bleu(row.bleu)}@{row.best_epoch:<2}"


def _state(row: Row, states: dict[int, TrialState]) -> str:
    mark = _MARK if row.estranged else ""
    if row.same_as is None:
        return row.state + mark
    is_alike = states[row.same_as] is row.state
    said = words.same_as(row) if is_alike else f"{row.state}, {words.same_as(row)}"
    return said + mark


class _Fitted:
    """A table with as many columns as there is room for, and a line that names the others."""

    def __init__(self, columns: Sequence[_Column], rows: Sequence[Row]) -> None:
        self._columns, self._rows = columns, rows

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        columns, is_split, gap = self._fit(options.max_width)
        grid = Grid(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0))
        for column in columns:
            title = "\n".join(column.lines(is_split))
            grid.add_column(
                Text(title),
                justify="left" if column.is_text else "right",
                no_wrap=not column.is_text,
            )
        for place, row in enumerate(self._rows):
            is_best = place == 0 and row.bleu is not None
            cells = [Text(column.cells[place]) for column in columns]
            cells[-1].stylize(STYLES[row.state])
            grid.add_row(*cells, style="bold" if is_best else None)
        yield grid
        hidden = [column.title for column in self._columns if column not in columns]
        if hidden:
            yield Text(f"no room here for {', '.join(hidden)}", "dim")

    def _fit(self, room: int) -> tuple[list[_Column], bool, int]:
        """Return which columns to show, whether their titles are split, and the gap between."""
        columns = list(self._columns)
        for rank in range(max(column.rank for column in columns), -1, -1):
            columns = [column for column in columns if column.rank <= rank]
            for gap, is_split in itertools.product(_GAPS, (False, True)):
                needed = sum(column.width(is_split) + gap for column in columns) - gap
                if needed <= room:
                    return columns, is_split, gap
        return columns, True, _GAPS[-1]


def _notes(table: Table, is_timed: bool) -> Iterator[tuple[str, str]]:
    yield "", ""
    reasons = defaultdict[str, list[int]](list)
    for row in table.rows:
        if row.state is TrialState.FAILED:
            reasons[row.reason or "for an unknown reason"].append(row.number)
    for reason, numbers in list(reasons.items())[:_MOST_REASONS]:
        yield f"{words.trials(numbers)} failed: {reason}", "red"
    if len(reasons) > _MOST_REASONS:
        rest = sum(map(len, list(reasons.values())[_MOST_REASONS:]))
        yield f"{words.count(rest, 'more trial')} failed, each for a reason of its own", "red"
    if any(row.estranged for row in table.rows):
        yield f"{_MARK} {ESTRANGED}", "yellow"
    yield words.epochs(table.epochs), "bold"
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
        yield words.savings(timing), ""
    if table.signature:
        yield f"BLEU {table.signature}", "dim"
    if table.note:
        yield table.note, ""

"""Tables that fit the screen: columns give way in an order of their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table as Grid
from rich.text import Text

_GAPS = (2, 1)  # between columns: the second where the screen is narrow


@dataclass(frozen=True, kw_only=True)
class Column:
    title: str
    cells: Sequence[str]
    rank: int = 0  # 0 is always shown; the highest give way first where the screen is narrow
    is_text: bool = False

    def lines(self, is_split: bool) -> list[str]:
        if not is_split:
            return [self.title]
        return self.title.replace("_", "_ ").replace("@", " @").split(" ")

    def width(self, is_split: bool) -> int:
        return max(map(cell_len, (*self.lines(is_split), *self.cells)))


@dataclass(frozen=True, kw_only=True)
class Line:
    """How a line of a table stands out; `style` is that of its last column."""

    style: str
    is_best: bool = False


class Fitted:
    """A table with as many columns as there is room for, and a line that names the others."""

    def __init__(self, columns: Sequence[Column], lines: Sequence[Line]) -> None:
        self._columns, self._lines = columns, lines

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
        for place, line in enumerate(self._lines):
            cells = [Text(column.cells[place]) for column in columns]
            cells[-1].stylize(line.style)
            grid.add_row(*cells, style="bold" if line.is_best else None)
        yield grid
        hidden = [column.title for column in self._columns if column not in columns]
        if hidden:
            yield Text(f"no room here for {', '.join(hidden)}", "dim")

    def _fit(self, room: int) -> tuple[list[Column], bool, int]:
        """Return which columns to show, whether their titles are split, and the gap between."""
        columns = list(self._columns)
        for rank in range(max(column.rank for column in columns), -1, -1):
            columns = [column for column in columns if column.rank <= rank]
            for gap, is_split in itertools.product(_GAPS, (False, True)):
                needed = sum(column.width(is_split) + gap for column in columns) - gap
                if needed <= room:
                    return columns, is_split, gap
        return columns, True, _GAPS[-1]

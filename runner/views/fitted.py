"""Tables that fit the screen: columns give way in an order of their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from runner import words

_GAPS = (2, 1)  # between columns: the second where the screen is narrow


@dataclass(frozen=True, kw_only=True)
class Column:
    title: str
    cells: Sequence[str]
    rank: int = 0  # the highest give way first where the screen is narrow; of equals, the last one
    is_text: bool = False

    def lines(self, is_split: bool) -> list[str]:
        if not is_split:
            return [self.title]
        return self.title.replace("_", "_ ").replace("@", " @").split(" ")

    def width(self, is_split: bool) -> int:
        return max(map(cell_len, (*self.lines(is_split), *self.cells)))

    def shortened(self) -> Column:
        """Return the same with values that are not longer than need be."""
        return self if self.is_text else replace(self, cells=list(map(words.short, self.cells)))


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
        columns, is_short, gap, is_split = self._fit(options.max_width)
        hidden = [column.title for column in self._columns if column not in columns]
        columns = [column.shortened() for column in columns] if is_short else columns
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
        if hidden:
            yield Text(f"no room here for {', '.join(hidden)}", "dim")

    def _fit(self, room: int) -> tuple[list[Column], bool, int, bool]:
        """Return which columns to show, and how.

        That is whether values are short, the gap between, and whether titles are split.
        """
        columns = list(self._columns)
        while True:
            short = [column.shortened() for column in columns]
            for is_short, gap, is_split in itertools.product((False, True), _GAPS, (False, True)):
                widths = [each.width(is_split) for each in (short if is_short else columns)]
                if sum(widths) + gap * (len(widths) - 1) <= room or len(widths) == 1:
                    return columns, is_short, gap, is_split
            columns.remove(max(reversed(columns), key=lambda column: column.rank))

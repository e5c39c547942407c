"""A swept parameter as an axis of a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.results.formats import swept_names
from runner.results.table import Row

_DECADES = 10  # a parameter over more than this ratio goes on a logarithmic axis
_MOST_TICKS = 5


@dataclass(frozen=True, kw_only=True)
class SweptAxis:
    """A parameter and all its values, ascending."""

    name: str
    values: Sequence[Any]

    @property
    def is_numeric(self) -> bool:
        return all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.values
        )

    @property
    def is_log(self) -> bool:
        if not self.is_numeric or self.values[0] <= 0:
            return False
        return bool(self.values[-1] / self.values[0] > _DECADES)

    @property
    def kind(self) -> str:
        """Return what plotly calls the type of the axis."""
        return "log" if self.is_log else "linear" if self.is_numeric else "category"

    def place(self, value: Any) -> float:
        """Return how far along the axis a value is."""
        if not self.is_numeric:
            return self.values.index(value)
        return math.log10(value) if self.is_log else value

    def ticks(self) -> Sequence[Any]:
        """Return the values to write at the axis: all of a category, five of a wide range."""
        if not self.is_log or len(self.values) <= _MOST_TICKS:
            return self.values
        low, high = math.log10(self.values[0]), math.log10(self.values[-1])
        step = (high - low) / (_MOST_TICKS - 1)
        return [10 ** (low + index * step) for index in range(_MOST_TICKS)]


def swept_axes(rows: Sequence[Row]) -> Sequence[SweptAxis]:
    """Return the parameters that tell some of these trials apart."""
    axes = []
    for name in swept_names(rows):
        values = sorted({row.params[name] for row in rows}, key=_order)
        if len(values) > 1:
            axes.append(SweptAxis(name=name, values=values))
    return axes


def _order(value: Any) -> tuple[bool, Any]:
    """Return what puts numbers by size and before all else, which goes by its text."""
    is_number = isinstance(value, int | float)
    return not is_number, value if is_number else str(value)

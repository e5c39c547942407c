"""What each swept key did: marginal means."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner import words
from runner.results.cells import Cell, make_cells
from runner.results.significance import COVERAGE, Interval
from runner.results.table import Row
from runner.tree.trial import TrialState

_MOST_LEVELS = 6  # values of a key that are told apart; more are put together in groups
_NUM_GROUPS = 4


@dataclass(frozen=True, kw_only=True)
class Level:
    """A value of a key, or a group of values, and the cells that have it: several seeds are one."""

    label: str
    mean: float | None  # BLEU of the complete ones
    interval: Interval | None  # of that mean, over cells that differ in all else
    num_complete: int  # with a complete trial, which alone count in its mean
    num_cut_short: int  # with a trial that was begun, then pruned, stopped or failed


@dataclass(frozen=True, kw_only=True)
class KeyEffect:
    """A swept key, its values in order."""

    name: str
    levels: Sequence[Level]


def effects(rows: Sequence[Row]) -> list[KeyEffect]:
    """Return what each key did that differs between cells; complete ones alone make means."""
    cells = make_cells(rows)
    return [
        KeyEffect(
            name=name,
            levels=[
                _level(label, [cell for cell in cells if labels[cell.first] == label])
                for label in dict.fromkeys(labels[cell.first] for cell in _by_value(cells, name))
            ],
        )
        for name in varied(cells)
        if (labels := labels_of(cells, name))
    ]


def varied(cells: Sequence[Cell]) -> list[str]:
    """Return the keys that are not the same in all cells."""
    names = cells[0].params if cells else ()
    return [
        name for name in names if any(cell.params[name] != cells[0].params[name] for cell in cells)
    ]


def labels_of(cells: Sequence[Cell], name: str) -> dict[int, str]:
    """Return by a cell's first trial which value of a key it has, or which group of values."""
    ordered = _by_value(cells, name)
    values: list[Any] = [cell.params[name] for cell in ordered]
    distinct = list(dict.fromkeys(values))
    if len(distinct) <= _MOST_LEVELS:
        return {cell.first: words.value(cell.params[name]) for cell in ordered}
    size = math.ceil(len(distinct) / _NUM_GROUPS)
    groups = {
        value: _range(words.value(part[0]), words.value(part[-1]))
        for start in range(0, len(distinct), size)
        for part in [distinct[start : start + size]]
        for value in part
    }
    return {cell.first: groups[cell.params[name]] for cell in ordered}


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last}"


def _by_value(cells: Sequence[Cell], name: str) -> list[Cell]:
    values = [cell.params[name] for cell in cells]
    is_number = all(isinstance(value, int | float) for value in values)
    return sorted(
        cells,
        key=lambda cell: cell.params[name] if is_number else str(cell.params[name]),
    )


def _level(label: str, cells: Sequence[Cell]) -> Level:
    means = [cell.mean or 0.0 for cell in cells if cell.is_complete]
    return Level(
        label=label,
        mean=statistics.fmean(means) if means else None,
        interval=_interval(means) if len(means) > 1 else None,
        num_complete=len(means),
        num_cut_short=sum(map(_is_cut_short, cells)),
    )


def _is_cut_short(cell: Cell) -> bool:
    rows = cell.rows.values()
    return any(row.is_spent and row.state is not TrialState.COMPLETE for row in rows)


def _interval(values: Sequence[float]) -> Interval:
    from scipy.special import stdtrit

    mean, error = statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))
    half = error * float(stdtrit(len(values) - 1, (1 + COVERAGE) / 2))
    return Interval(low=mean - half, high=mean + half)

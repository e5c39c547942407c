"""Trials that differ in their seeds alone, as one."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.results.table import Row
from runner.tree.trial import TrialState


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of the sweep: its trials by seed, those without a result included."""

    params: Mapping[str, Any]
    rows: Mapping[int, Row]

    @property
    def counted(self) -> Sequence[Row]:
        """Return the trials that speak for it: the complete ones, or all if there is none.

        What a trial had reached when it was cut short, or before it failed, is no seed's result.
        """
        with_result = [row for row in self.rows.values() if row.bleu is not None]
        complete = [row for row in with_result if row.state is TrialState.COMPLETE]
        return complete or with_result

    @property
    def lacks_seeds(self) -> bool:
        """Return whether a seed of it that was begun is at its end and does not count."""
        counted = {row.seed for row in self.counted}
        return any(row.is_spent and row.seed not in counted for row in self.rows.values())

    @property
    def is_complete(self) -> bool:
        """Return whether a trial of it is."""
        return any(row.state is TrialState.COMPLETE for row in self.counted)

    @property
    def values(self) -> Mapping[int, float]:
        """Return the best epochs' BLEU by seed, of the trials that count."""
        return {row.seed: row.bleu for row in self.counted if row.bleu is not None}

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.values.values()) if self.values else None

    @property
    def deviation(self) -> float | None:
        """Return the standard deviation over seeds, of which it takes two."""
        return statistics.stdev(self.values.values()) if self.n > 1 else None

    @property
    def first(self) -> int:
        """Return the number of its first trial."""
        return min(row.number for row in self.rows.values())

    def holds(self, number: int | None) -> bool:
        """Return whether a trial is one of its."""
        return any(row.number == number for row in self.rows.values())


def make_cells(rows: Sequence[Row]) -> list[Cell]:
    """Return the cells of these trials by mean, best first, those with several seeds before others.

    So the first one is the best cell, wherever one is spoken of.
    """
    by_params: dict[tuple[tuple[str, Any], ...], list[Row]] = {}
    for row in rows:
        by_params.setdefault(tuple(row.params.items()), []).append(row)
    cells = [
        Cell(
            params=alike[0].params,
            rows={row.seed: row for row in sorted(alike, key=lambda row: row.number)},
        )
        for alike in by_params.values()
    ]
    return sorted(cells, key=lambda cell: (-min(cell.n, 2), -(cell.mean or 0.0), cell.first))


def num_lacking(cells: Sequence[Cell]) -> int:
    """Return how many cells with several seeds are judged without another one of theirs."""
    return sum(cell.n > 1 and cell.lacks_seeds for cell in cells)

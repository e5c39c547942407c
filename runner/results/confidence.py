"""How sure a table's order is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from runner.results.cells import Cell, make_cells
from runner.results.seeds import SeedComparison, compare_cells
from runner.results.significance import (
    RESAMPLES,
    Comparison,
    Counts,
    Interval,
    Resamples,
    System,
    any_pair,
    compare,
    holm,
    interval,
    planned,
)
from runner.results.table import Row

MOST_COMPARED = 100  # trials, the nearest to the best, whatever a table shows


@dataclass(frozen=True, kw_only=True)
class CellComparison:
    """A cell against the best, or the baseline, over seeds."""

    comparison: SeedComparison
    p_holm: float
    is_different: bool


@dataclass(frozen=True, kw_only=True)
class Confidence:
    """What can be said of a table beyond its numbers; by trial number, or a cell's first."""

    level: float
    num_sentences: int
    num_resamples: int
    best: int  # trial
    interval: Interval  # of its BLEU
    against_best: Mapping[int, Comparison]  # trials, of those near the best
    against_baseline: Mapping[int, Comparison]
    cells_against_best: Mapping[int, CellComparison]
    cells_against_baseline: Mapping[int, CellComparison]

    def is_level(self, number: int) -> bool:
        """Return whether a trial is not significantly worse than the best."""
        found = self.against_best.get(number)
        return found is not None and not found.is_different


def make_confidence(
    rows: Sequence[Row],
    counts_of: Callable[[Row], Counts | None],
    level: float,
    baseline: int | None = None,
) -> Confidence | None:
    """Return how sure the order of these rows is, best first; None if nothing is known of them.

    `counts_of` gives what BLEU counts in each sentence of a row. Only the trials nearest to the
    best are compared: those beyond would be told apart first, and take nothing from the others.
    """
    cells = make_cells(rows)
    near = _nearest(rows, cells, baseline)
    counts = {row.number: counts_of(row) for row in near}
    known = {number: each for number, each in counts.items() if each is not None}
    if not near or near[0].number not in known:
        return None
    num_sentences = len(known[near[0].number])
    resamples = Resamples(num_sentences)
    systems = dict(zip(known, resamples.systems(list(known.values())), strict=True))
    best = near[0].number
    whole = _whole(cells, systems)
    return Confidence(
        level=level,
        num_sentences=num_sentences,
        num_resamples=RESAMPLES,
        best=best,
        interval=interval(systems[best].draws),
        against_best=_against(best, systems, functools.partial(compare, level=level)),
        against_baseline=_against(
            baseline, systems, functools.partial(compare, level=level, num_comparisons=planned)
        ),
        cells_against_best=_cells_against_best(whole, systems, level),
        cells_against_baseline=_cells_against_baseline(whole, systems, level, baseline),
    )


def _nearest(rows: Sequence[Row], cells: Sequence[Cell], baseline: int | None) -> list[Row]:
    """Return the best rows, those of the best cells, and the baseline's."""
    of_cells = [row for cell in cells for row in cell.rows.values() if cell.n > 1]
    of_baseline = [
        row
        for cell in cells
        if any(row.number == baseline for row in cell.rows.values())
        for row in cell.rows.values()
    ]
    wanted = [*rows[:MOST_COMPARED], *of_cells[:MOST_COMPARED], *of_baseline]
    found = {row.number: row for row in wanted if row.bleu is not None}
    return list(found.values())


def _against(
    reference: int | None,
    systems: Mapping[int, System],
    compared: Callable[[System, Sequence[System]], Sequence[Comparison]],
) -> dict[int, Comparison]:
    if reference is None or reference not in systems:
        return {}
    others = {number: system for number, system in systems.items() if number != reference}
    found = compared(systems[reference], list(others.values()))
    return dict(zip(others, found, strict=True))


def _whole(cells: Sequence[Cell], systems: Mapping[int, System]) -> list[Cell]:
    """Return the cells with several seeds of which every result is known sentence by sentence."""
    return [
        cell
        for cell in cells
        if cell.n > 1
        and all(row.number in systems for row in cell.rows.values() if row.bleu is not None)
    ]


def _cells_against_best(
    cells: Sequence[Cell], systems: Mapping[int, System], level: float
) -> dict[int, CellComparison]:
    """Return the other cells against the one that has the highest mean."""
    if not cells:
        return {}
    best = max(cells, key=lambda cell: (cell.mean or 0.0, -cell.first))
    return _cells_against(best, cells, systems, level, any_pair)


def _cells_against_baseline(
    cells: Sequence[Cell], systems: Mapping[int, System], level: float, baseline: int | None
) -> dict[int, CellComparison]:
    """Return the other cells against that of the baseline; none before that has two seeds."""
    for cell in cells:
        if any(row.number == baseline for row in cell.rows.values()):
            return _cells_against(cell, cells, systems, level, planned)
    return {}


def _cells_against(
    reference: Cell,
    cells: Sequence[Cell],
    systems: Mapping[int, System],
    level: float,
    num_comparisons: Callable[[int], Sequence[int]],
) -> dict[int, CellComparison]:
    def of(cell: Cell) -> list[System]:
        return [systems[row.number] for row in cell.rows.values() if row.bleu is not None]

    found = {
        cell.first: comparison
        for cell in cells
        if cell is not reference
        and (comparison := compare_cells(of(cell), of(reference))) is not None
    }
    pairs = [number // 2 for number in num_comparisons(len(found))]  # these p are two-sided
    adjusted = holm([each.p for each in found.values()], pairs)
    return {
        first: CellComparison(comparison=each, p_holm=p_holm, is_different=p_holm < level)
        for (first, each), p_holm in zip(found.items(), adjusted, strict=True)
    }

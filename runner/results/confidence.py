"""How sure a table's order is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from runner.results.cells import Cell, make_cells, num_lacking
from runner.results.seeds import SeedComparison, compare_cells, mean_interval
from runner.results.significance import (
    FEW_SENTENCES,
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
class BestCell:
    """The cell with the highest mean of those with several seeds, by its first trial."""

    first: int
    interval: Interval | None  # of its mean, over seeds and sentences; None: they are not known


@dataclass(frozen=True, kw_only=True)
class Confidence:
    """What can be said of a table beyond its numbers; by trial number, or a cell's first."""

    level: float
    num_sentences: int
    num_resamples: int
    best: int  # trial
    interval: Interval | None  # of its BLEU; None if its sentences are not known
    against_best: Mapping[int, Comparison]  # trials, of those near the best
    against_baseline: Mapping[int, Comparison]
    num_far: int  # trials with a result that are too far from the best to be compared
    num_unknown: int  # other trials near the best whose records do not tell their sentences
    best_cell: BestCell | None  # None before a cell has several seeds
    num_single: int  # cells with a result, of one seed
    num_lacking: int  # cells of those with several seeds that are judged without another one
    num_far_cells: int  # other cells with several seeds that are not compared
    cells_against_best: Mapping[int, CellComparison]
    cells_against_baseline: Mapping[int, CellComparison]
    picked: int | None  # the trial that took the baseline's place, read off the table
    picked_cell: int | None  # its cell

    @property
    def is_rough(self) -> bool:
        """Return whether there are too few sentences to be sure of anything."""
        return self.num_sentences < FEW_SENTENCES

    def is_level(self, number: int) -> bool:
        """Return whether a trial is not significantly worse than the best."""
        found = self.against_best.get(number)
        return found is not None and not found.is_different

    def is_level_cell(self, first: int) -> bool:
        """Return whether a cell's mean is not significantly below the best one."""
        found = self.cells_against_best.get(first)
        return found is not None and not found.is_different


def make_confidence(
    rows: Sequence[Row],
    counts_of: Callable[[Row], Counts | None],
    level: float,
    baseline: int | None = None,
    picked: int | None = None,
) -> Confidence | None:
    """Return how sure the order of these rows is, best first; None if nothing is known of them.

    Differences to the baseline were planned; those to a `picked` trial, which takes its place, are
    corrected for all that might have been picked.
    `counts_of` gives what BLEU counts in each sentence of a row. Only the trials nearest to the
    best are compared, and the correction is for those alone.
    """
    cells = make_cells(rows)
    reference, corrected = (baseline, planned) if picked is None else (picked, any_pair)
    near = _nearest(rows, cells, reference)
    counts = {row.number: counts_of(row) for row in near}
    known = {number: each for number, each in counts.items() if each is not None}
    if not known:
        return None
    num_sentences = len(next(iter(known.values())))
    resamples = Resamples(num_sentences)
    systems = dict(zip(known, resamples.systems(list(known.values())), strict=True))
    best = near[0].number
    of_cells = _of_cells(cells, systems)
    best_cell = cells[0] if cells[0].n > 1 else None
    return Confidence(
        level=level,
        num_sentences=num_sentences,
        num_resamples=RESAMPLES,
        best=best,
        interval=interval(systems[best].draws) if best in systems else None,
        against_best=_against(best, systems, functools.partial(compare, level=level)),
        against_baseline=_against(
            reference, systems, functools.partial(compare, level=level, num_comparisons=corrected)
        ),
        num_far=sum(row.bleu is not None for row in rows) - len(near),
        num_unknown=len(near) - len(known) - (best not in known),
        best_cell=_best_cell(best_cell, of_cells),
        num_single=sum(cell.n == 1 for cell in cells),
        num_lacking=num_lacking(cells),
        num_far_cells=sum(cell.n > 1 and cell.first not in of_cells for cell in cells[1:]),
        cells_against_best=_cells_against(best_cell, of_cells, level, any_pair),
        cells_against_baseline=_cells_against(
            _cell_of(reference, cells), of_cells, level, corrected
        ),
        picked=picked,
        picked_cell=home.first if (home := _cell_of(picked, cells)) else None,
    )


def _nearest(rows: Sequence[Row], cells: Sequence[Cell], reference: int | None) -> list[Row]:
    """Return the best rows, those of the best cells, and those of the reference's cell."""
    of_cells = [row for cell in cells if cell.n > 1 for row in cell.counted]
    home = _cell_of(reference, cells)
    of_reference = home.rows.values() if home else ()
    wanted = [*rows[:MOST_COMPARED], *of_cells[:MOST_COMPARED], *of_reference]
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


def _of_cells(cells: Sequence[Cell], systems: Mapping[int, System]) -> dict[int, Sequence[System]]:
    """Return the systems of each cell with several seeds of which all sentences are known."""
    return {
        cell.first: [systems[row.number] for row in cell.counted]
        for cell in cells
        if cell.n > 1 and all(row.number in systems for row in cell.counted)
    }


def _best_cell(cell: Cell | None, of_cells: Mapping[int, Sequence[System]]) -> BestCell | None:
    if cell is None:
        return None
    systems = of_cells.get(cell.first)
    return BestCell(first=cell.first, interval=mean_interval(systems) if systems else None)


def _cell_of(number: int | None, cells: Sequence[Cell]) -> Cell | None:
    """Return the cell that this trial belongs to."""
    return next((cell for cell in cells if cell.holds(number)), None)


def _cells_against(
    reference: Cell | None,
    of_cells: Mapping[int, Sequence[System]],
    level: float,
    num_comparisons: Callable[[int], Sequence[int]],
) -> dict[int, CellComparison]:
    """Return the other cells against this one; none before it has two seeds."""
    if reference is None or reference.first not in of_cells:
        return {}
    found = {
        first: comparison
        for first, systems in of_cells.items()
        if first != reference.first
        and (comparison := compare_cells(systems, of_cells[reference.first])) is not None
    }
    pairs = [number // 2 for number in num_comparisons(len(found))]  # these p are two-sided
    adjusted = holm([each.p for each in found.values()], pairs)
    return {
        first: CellComparison(comparison=each, p_holm=p_holm, is_different=p_holm < level)
        for (first, each), p_holm in zip(found.items(), adjusted, strict=True)
    }

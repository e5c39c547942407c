"""How good the best of so many cells is to be expected: what a smaller sweep would have found."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.results.cells import make_cells
from runner.results.table import Row
from runner.tree.trial import TrialState

HOW = (
    "Dodge et al. 2019: as if drawn at random from those that were begun and ended; a pruned trial "
    "counts with the best it had reached, a failed one with 0, several seeds of a cell as one, "
    "their mean"
)
READING = (
    "it never falls, and stays below the best there is, since cells are drawn with replacement; "
    "how steep it is at its end hints at what more might bring"
)
_OCTAVE_BITS = 5  # 2⁵ numbers of cells are looked at between a power of two and the next


@dataclass(frozen=True, kw_only=True)
class ExpectedBest:
    """The expected best BLEU after so many cells, drawn at random from those of a sweep."""

    num_cells: int
    bleu: float


def spent(rows: Sequence[Row]) -> list[float]:
    """Return what each cell that was begun and ended has yielded, in BLEU.

    A pruned or stopped trial counts with the best that it had reached: it was paid for, and would
    not have been kept for more. A failed one has yielded nothing, 0. To leave either out would make
    a search look better than it is. What was never begun cost nothing, and is no draw.
    """
    return [
        statistics.fmean(map(_yielded, cell.rows.values()))
        for cell in make_cells([row for row in rows if row.is_spent])
    ]


def _yielded(row: Row) -> float:
    return 0.0 if row.state is TrialState.FAILED or row.bleu is None else row.bleu


def expected_best(values: Sequence[float]) -> list[ExpectedBest]:
    """Return the expected best of 1, 2, … draws, up to as many as there are values.

    Of more than 64 draws only some numbers are looked at, powers of two and the last among them.

    Dodge et al. 2019, "Show Your Work: Improved Reporting of Experimental Results", equation 4:
    draws are with replacement from the values that were found, so for a sampler that learns, or a
    grid, it describes a random search over the same cells.
    """
    ordered, total = sorted(values), len(values)
    return [
        ExpectedBest(
            num_cells=number,
            bleu=sum(
                value * ((place / total) ** number - ((place - 1) / total) ** number)
                for place, value in enumerate(ordered, start=1)
            ),
        )
        for number in _numbers(total)
    ]


def _numbers(total: int) -> Iterator[int]:
    number = 1
    while number < total:
        yield number
        number += 2 ** max(0, number.bit_length() - 1 - _OCTAVE_BITS)
    if total:
        yield total

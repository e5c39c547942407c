"""The last word on a sweep: its best cells with more seeds, on sentences that chose nothing."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner import words
from runner.results.cells import Cell, make_cells
from runner.results.confidence import Confidence
from runner.results.seeds import MOST_SEEDS, SeedComparison, compare_cells, seeds_needed
from runner.results.significance import System, any_pair, holm
from runner.results.table import Table
from runner.specs.spec import FINALS_SUFFIX, Choices, Finals, Spec

WORTH_SEEING = 0.5  # BLEU


def choose(table: Table, confidence: Confidence | None, spec: Spec) -> list[Mapping[str, Any]]:
    """Return the best cells that cannot be told apart, `top` at most but two at least.

    Of cells that went the very same epochs one is enough: the baseline, if it is one of them, since
    it takes part in any case.
    """
    top = (spec.finals or Finals()).top
    baseline = spec.of_base() if spec.baseline else None
    cells = make_cells(table.rows)
    chosen: list[Cell] = []
    ways = {_way(cell) for cell in cells if cell.params == baseline}
    for cell in cells:
        is_twin = _way(cell) in ways and cell.params != baseline
        if is_twin or not cell.is_complete:
            continue
        if len(chosen) < 2 or (len(chosen) < top and _is_level(cell, confidence)):
            chosen.append(cell)
            ways.add(_way(cell))
    params = [cell.params for cell in chosen]
    return params if baseline is None or baseline in params else [*params, baseline]


def _way(cell: Cell) -> frozenset[int]:
    """Return what cells have in common if they went the very same epochs."""
    return frozenset(row.number if row.same_as is None else row.same_as for row in cell.counted)


def _is_level(cell: Cell, confidence: Confidence | None) -> bool:
    if confidence is None:
        return False
    if cell.n > 1:
        return confidence.is_level_cell(cell.first)
    return any(confidence.is_level(row.number) for row in cell.counted)


def finals_spec(spec: Spec, cells: Sequence[Mapping[str, Any]]) -> Spec:
    """Return the sweep that trains these cells with the seeds of the finals, none pruned."""
    finals = spec.finals or Finals()
    values = {name: dict.fromkeys(cell[name] for cell in cells) for name in spec.axes}
    return spec.narrowed(
        name=spec.name + FINALS_SUFFIX,
        axes={name: Choices(values=tuple(each)) for name, each in values.items()},
        cells=tuple(cells),
        seeds=finals.seeds,
    )


@dataclass(frozen=True, kw_only=True)
class Finalist:
    """A cell with its BLEU by seed, on validation and on the sentences that give the answer."""

    params: Mapping[str, Any]
    is_baseline: bool
    validation: Sequence[float]
    systems: Sequence[System]


@dataclass(frozen=True, kw_only=True)
class Duel:
    """Two finalists compared: the better one on validation, and another."""

    best: Finalist
    other: Finalist
    comparison: SeedComparison  # of the best with the other
    p_holm: float
    num_pairs: int  # of finalists, for which the level is corrected
    level: float

    @property
    def is_decided(self) -> bool:
        return self.p_holm < self.level

    @property
    def seeds_to_go(self) -> int | None:
        """Return how many more seeds a cell would show what is worth seeing, in 4 of 5 cases.

        That is at the level that the smallest p of all pairs has to pass. None if it takes more
        than are looked at.
        """
        needed = seeds_needed(self.comparison, WORTH_SEEING, self.level / self.num_pairs)
        return None if needed is None else max(0, needed - min(self.comparison.num_seeds))


def ranked(finalists: Iterable[Finalist]) -> list[Finalist]:
    """Return finalists by their mean BLEU on validation, best first."""
    return sorted(finalists, key=lambda each: -statistics.fmean(each.validation))


def duels(finalists: Sequence[Finalist], level: float) -> list[Duel]:
    """Return the first of ranked finalists against each other one.

    Each p is two-sided, by Student's t over seeds and sentences (runner/results/seeds.py), and
    corrected by Holm for all pairs of finalists, since the best could have been any.
    """
    best, *others = finalists
    found = [compare_cells(best.systems, other.systems) for other in others]
    known = [(other, each) for other, each in zip(others, found, strict=True) if each is not None]
    pairs = [number // 2 for number in any_pair(len(known))]
    adjusted = holm([each.p for _, each in known], pairs)
    return [
        Duel(
            best=best,
            other=other,
            comparison=each,
            p_holm=p_holm,
            num_pairs=pairs[0],
            level=level,
        )
        for (other, each), p_holm in zip(known, adjusted, strict=True)
    ]


def sentence(duel: Duel, split: str, num_sentences: int) -> str:
    """Return what two finalists' comparison says, and never more than that."""
    found = duel.comparison
    low, high = map(words.difference, (found.interval.low, found.interval.high))
    said = (
        f"95 % interval of this pair alone {low} to {high}; {min(found.num_seeds)} seeds each, "
        f"{num_sentences:,} {split} sentences, {words.p_is(duel.p_holm)} (Holm) at level "
        f"{words.value(duel.level)}"
    )
    size = words.bleu(abs(found.difference))
    if duel.is_decided and found.difference > 0:
        best, other = _names(duel.best, duel.other)
        return f"{best} beats {other} by {size} BLEU ({said})"
    if duel.is_decided:
        other, best = _names(duel.other, duel.best)
        return f"{other} beats {best}, the best on validation, by {size} BLEU ({said})"
    best, other = _names(duel.best, duel.other)
    difference = words.difference(found.difference)
    return (
        f"{best} and {other} can't be told apart: the first minus the second is {difference} BLEU "
        f"({said}); {_to_go(duel)}"
    )


def _to_go(duel: Duel) -> str:
    if not duel.comparison.spread.variance(duel.comparison.num_seeds):
        return "every seed scores the same"
    worth, to_go = f"{WORTH_SEEING:g} BLEU", duel.seeds_to_go
    if to_go is None:
        return f"more than {MOST_SEEDS:,} seeds each would be needed to see {worth}, or more text"
    if to_go == 0:
        return f"a true difference of {worth} would have been seen in 4 of 5 cases"
    return f"about {to_go} more seeds each would be needed to see {worth} (in 4 of 5 cases)"


def _names(one: Finalist, other: Finalist) -> tuple[str, str]:
    """Return what tells two cells apart, such as "tf_decrease 0.05" and "0.1 (the baseline)"."""
    differing = [name for name in one.params if one.params[name] != other.params[name]]
    first, second = ({name: each.params[name] for name in differing} for each in (one, other))
    if len(differing) == 1:
        said = words.params(first), words.value(*second.values())
    else:
        said = f"({words.params(first)})", f"({words.params(second)})"
    marks = (" (the baseline)" if each.is_baseline else "" for each in (one, other))
    return said[0] + next(marks), said[1] + next(marks)


def reservations(choosing: Sequence[int], seeds: Sequence[int]) -> Iterator[str]:
    """Yield what else is to be known of an answer; `choosing` are the seeds of the sweep."""
    both = [str(seed) for seed in seeds if seed in choosing]
    if both:
        which = f"{'seeds' if len(both) > 1 else 'seed'} {', '.join(both)}"
        yield f"{which} also chose these cells out of the sweep, which favours them"

"""Pairs of swept keys that do more than add up, as far as seeds can tell."""

from __future__ import annotations

import dataclasses
import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner import words
from runner.results.cells import Cell, make_cells
from runner.results.effects import labels_of, varied
from runner.results.significance import holm
from runner.results.table import Row

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Two keys that do not simply add up."""

    names: Pair
    p_holm: float  # of the F test, corrected for the number of pairs
    share: float  # of the variance of the pair's means that neither key explains alone
    labels: Pair  # where it shows most
    beyond: float  # BLEU there, above what the two would add to


@dataclass(frozen=True, kw_only=True)
class Interactions:
    """The pairs that are significant, largest share first, and how or why not they were judged."""

    found: Sequence[Interaction] = ()
    note: str | None = None  # None where there are no two keys


def interactions(rows: Sequence[Row], level: float) -> Interactions:
    """Return the pairs of keys whose means do more than add up, beside the spread over seeds.

    The F test of a two-way analysis of variance on unweighted means. The complete cells must be a
    whole grid, or other keys would be taken for interactions; and without several seeds in each,
    nothing tells an interaction from noise.
    """
    every = make_cells(rows)
    cells = [cell for cell in every if cell.is_complete]
    names = varied(cells)
    if len(names) < 2:
        return Interactions()
    seeded = [cell for cell in cells if cell.n > 1]
    if not seeded:
        return Interactions(note="interactions: not judged, one seed cannot tell them from noise")
    whole = _grid_size(cells)
    if len(seeded) < whole:
        is_grid = len(every) == _grid_size(every)  # no sampled search, nor a list of cells
        missing = f"{whole - len(seeded):,} of {words.count(whole, 'combination')} incomplete"
        reason = missing if is_grid else "the complete cells are no whole grid"
        return Interactions(note=f"interactions: not judged, {reason}")
    judged = [_judge(pair, seeded) for pair in itertools.combinations(names, 2)]
    adjusted = holm([each.p_holm for each in judged], range(len(judged), 0, -1))
    found = [
        dataclasses.replace(each, p_holm=p_holm)
        for each, p_holm in zip(judged, adjusted, strict=True)
        if p_holm < level
    ]
    test = f"F test beside the spread over seeds, Holm over all pairs, level {words.value(level)}"
    return Interactions(
        found=sorted(found, key=lambda each: -each.share),
        note=f"interactions: {words.count(len(found), 'pair')} of keys significant ({test})",
    )


def interaction_lines(said: Interactions) -> Iterator[str]:
    """Yield each pair as a sentence, then how they were judged."""
    for found in said.found:
        where = " with ".join(
            f"{name} {label}" for name, label in zip(found.names, found.labels, strict=True)
        )
        yield (
            f"worth a look: {where} is {words.difference(found.beyond)} BLEU from what the two "
            f"add up to ({found.share:.0%} of what the pair's means vary, "
            f"{words.p_is(found.p_holm)})"
        )
    if said.note is not None:
        yield said.note


def _grid_size(cells: Sequence[Cell]) -> int:
    """Return how many combinations there are of the values that cells have."""
    return math.prod(len({cell.params[name] for cell in cells}) for name in varied(cells))


def _judge(names: Pair, cells: Sequence[Cell]) -> Interaction:
    """Return what a pair of keys does beyond adding up, with its p as that of one comparison."""
    one, other = (labels_of(cells, name) for name in names)
    groups: dict[Pair, list[Cell]] = {}
    for cell in cells:
        groups.setdefault((one[cell.first], other[cell.first]), []).append(cell)
    means = {pair: statistics.fmean(_means(alike)) for pair, alike in groups.items()}
    beyond = _beyond(means)
    most = max(sorted(beyond), key=lambda pair: abs(beyond[pair]))
    total = statistics.fmean(means.values())
    variance = sum((mean - total) ** 2 for mean in means.values())
    rest = sum(each**2 for each in beyond.values())
    shares = [
        sum(1 / cell.n for cell in alike) / len(alike) ** 2 for alike in groups.values()
    ]  # of a seed's variance, in each mean
    return Interaction(
        names=names,
        p_holm=_p(rest / statistics.fmean(shares), _freedom(means), cells),
        share=rest / variance if variance else 0.0,
        labels=most,
        beyond=beyond[most],
    )


def _means(cells: Sequence[Cell]) -> list[float]:
    return [statistics.fmean(cell.values.values()) for cell in cells]


def _beyond(means: Mapping[Pair, float]) -> dict[Pair, float]:
    """Return by how much each mean is above what its two keys add up to."""
    total = statistics.fmean(means.values())
    sides: list[dict[str, float]] = []
    for side in (0, 1):
        alike: dict[str, list[float]] = {}
        for pair, mean in means.items():
            alike.setdefault(pair[side], []).append(mean)
        sides.append({label: statistics.fmean(each) for label, each in alike.items()})
    return {
        (one, other): mean - sides[0][one] - sides[1][other] + total
        for (one, other), mean in means.items()
    }


def _freedom(means: Mapping[Pair, float]) -> int:
    ones, others = ({pair[side] for pair in means} for side in (0, 1))
    return (len(ones) - 1) * (len(others) - 1)


def _p(squares: float, freedom: int, cells: Sequence[Cell]) -> float:
    """Return how often seeds alone would make a sum of squares as large as this."""
    from scipy.special import fdtrc

    seed_freedom = sum(cell.n - 1 for cell in cells)
    within = sum((cell.n - 1) * (cell.deviation or 0.0) ** 2 for cell in cells)
    if within == 0:
        return 1.0
    return float(fdtrc(freedom, seed_freedom, squares / freedom / (within / seed_freedom)))

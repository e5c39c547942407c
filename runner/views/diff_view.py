"""Two sweeps, cell by cell, as a terminal shows them."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from runner import words
from runner.results import phrases
from runner.results.sweep_diff import Pair, SweepDiff
from runner.views.fitted import Column, Fitted, Line


def diff_view(diff: SweepDiff) -> RenderableType:
    """Return common cells, and why the sweeps may differ."""
    ours, theirs = diff.names
    pairs = diff.pairs
    seeds = [str(pair.seed) for pair in pairs]
    columns = [
        *(
            Column(title=name, cells=[words.value(pair.params[name]) for pair in pairs], rank=1)
            for name in diff.varied
        ),
        *([Column(title="seed", cells=seeds, rank=1)] if len(set(seeds)) > 1 else []),
        Column(title=ours, cells=[_bleu(pair.ours.values) for pair in pairs]),
        Column(title=theirs, cells=[_bleu(pair.theirs.values) for pair in pairs]),
        Column(title="difference", cells=[_difference(pair) for pair in pairs]),
        Column(title="p", cells=[_p(pair) for pair in pairs], rank=2),
    ]
    notes = [
        f"{words.count(diff.num_common, 'trial')} in both, {diff.only[0]:,} only in {ours}, "
        f"{diff.only[1]:,} only in {theirs}",
        "± half the 95 % interval, p two-sided for one comparison: paired bootstrap, same "
        "sentences; of these very models",
        *(f"{theirs} → {ours}: {reason}" for reason in diff.reasons),
    ]
    grid = [Fitted(columns, [Line(style="")] * len(pairs))] if pairs else []
    return Group(*grid, Text(), *map(Text, notes))


def _bleu(values: list[float]) -> str:
    return words.bleu(max(values)) if values else ""


def _difference(pair: Pair) -> str:
    if pair.comparison is not None:
        return phrases.give_or_take(pair.comparison)
    return "" if pair.difference is None else words.difference(pair.difference)


def _p(pair: Pair) -> str:
    return "" if pair.comparison is None else words.p(pair.comparison.p_holm)

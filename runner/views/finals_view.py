"""Finalists as a terminal shows them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from runner import words
from runner.results.finals import Finalist
from runner.views.fitted import Column, Fitted, Line


def finals_grid(finalists: Sequence[Finalist], split: str) -> Fitted:
    """Return the finalists, best on validation first, with mean and spread over their seeds."""
    names = list(finalists[0].params)
    swept = [
        Column(title=name, cells=[words.value(each.params[name]) for each in finalists], rank=1)
        for name in names
        if len({each.params[name] for each in finalists}) > 1
    ]
    validation = [each.validation for each in finalists]
    scores = [[system.score for system in each.systems] for each in finalists]
    notes = ["baseline" if each.is_baseline else "" for each in finalists]
    columns = [
        *swept,
        Column(title="valid BLEU", cells=_means(validation)),
        Column(title="sd", cells=_deviations(validation)),
        *([Column(title=f"{split} BLEU", cells=_means(scores))] if split == "test" else []),
        *([Column(title="sd", cells=_deviations(scores))] if split == "test" else []),
        Column(title="n", cells=[str(len(each)) for each in scores]),
        Column(
            title=f"{split} by seed",
            cells=[" ".join(map(words.bleu, each)) for each in scores],
            rank=2,
            is_text=True,
        ),
        *([Column(title="note", cells=notes, is_text=True)] if any(notes) else []),
    ]
    return Fitted(columns, [Line(style="", is_best=place == 0) for place in range(len(scores))])


def _means(of_cells: Sequence[Sequence[float]]) -> list[str]:
    return [words.bleu(statistics.fmean(values)) for values in of_cells]


def _deviations(of_cells: Sequence[Sequence[float]]) -> list[str]:
    return [words.bleu(statistics.stdev(values)) for values in of_cells]

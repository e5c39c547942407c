"""What swept keys did, and what fewer cells would have found, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from runner import words
from runner.results import phrases
from runner.results.effects import KeyEffect
from runner.results.expected_best import HOW, READING, ExpectedBest
from runner.results.importances import EVALUATOR, FEWEST_CELLS
from runner.results.interactions import Interactions, interaction_lines
from runner.views.fitted import Column, Fitted, Line

_SHOWN = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)  # cells
_UNKNOWN = f"not judged, which takes {FEWEST_CELLS} complete cells that are not all the same"


def effects_view(
    keys: Sequence[KeyEffect],
    importances: Mapping[str, float],
    pairs: Interactions,
    best: Sequence[ExpectedBest],
) -> RenderableType:
    """Return all of it, key by key, the most important first."""
    ranked = sorted(keys, key=lambda key: -importances.get(key.name, 0.0))
    lines = [
        *_about_means(keys),
        f"importance: {EVALUATOR if importances else _UNKNOWN}",
        *interaction_lines(pairs),
        *([_expected(best)] if best else []),
    ]
    return Group(_levels(ranked, importances), Text(), *map(Text, lines))


def _levels(keys: Sequence[KeyEffect], importances: Mapping[str, float]) -> Fitted:
    levels = [(key, level, place == 0) for key in keys for place, level in enumerate(key.levels)]
    shares = [
        f"{importances[key.name]:.2f}" if is_first and key.name in importances else ""
        for key, _, is_first in levels
    ]
    intervals = [
        phrases.interval(level.interval) if level.interval else "" for _, level, _ in levels
    ]
    columns = [
        Column(
            title="key",
            cells=[key.name if is_first else "" for key, _, is_first in levels],
            is_text=True,
        ),
        *([Column(title="importance", cells=shares)] if any(shares) else []),
        Column(title="value", cells=[level.label for _, level, _ in levels]),
        Column(title="mean BLEU", cells=[words.bleu(level.mean) for _, level, _ in levels]),
        Column(title="95\N{NO-BREAK SPACE}% interval", cells=intervals),
        Column(title="complete", cells=[str(level.num_complete) for _, level, _ in levels]),
        Column(
            title="cut short", cells=[str(level.num_cut_short) for _, level, _ in levels], rank=1
        ),
    ]
    return Fitted(columns, [Line(style="", is_best=is_first) for _, _, is_first in levels])


def _about_means(keys: Sequence[KeyEffect]) -> Iterator[str]:
    yield (
        "means are of complete cells alone, several seeds of a cell as one; intervals hold all "
        "that other keys do, so that two overlap does not mean that a key does nothing"
    )
    if any(level.num_cut_short for key in keys for level in key.levels):
        yield (
            "where trials were cut short (pruned, stopped or failed), survivors alone make the "
            "mean, which is likely too high"
        )


def _expected(best: Sequence[ExpectedBest]) -> str:
    shown = [each for each in best if each.num_cells in _SHOWN or each is best[-1]]
    said = ", ".join(f"{words.bleu(each.bleu)} of {each.num_cells}" for each in shown)
    return f"what fewer cells would have found, the expected best BLEU: {said} ({HOW}); {READING}"

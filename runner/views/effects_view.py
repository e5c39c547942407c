"""What swept keys did, and what more trials would have bought, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from runner.results.effects import Interaction, KeyEffect, worth_a_look
from runner.results.expected_best import HOW, ExpectedBest
from runner.views import words
from runner.views.fitted import Column, Fitted, Line

_SHOWN = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)  # trials


def effects_view(
    keys: Sequence[KeyEffect],
    importances: Mapping[str, float],
    evaluator: str,
    pairs: Sequence[Interaction],
    best: Sequence[ExpectedBest],
) -> RenderableType:
    """Return all of it, key by key, the most important first."""
    ranked = sorted(keys, key=lambda key: -importances.get(key.name, 0.0))
    lines = [
        *_about_importance(importances, evaluator),
        *map(worth_a_look, pairs),
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
        f"{level.interval.low:.2f} to {level.interval.high:.2f}" if level.interval else ""
        for _, level, _ in levels
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
        Column(title="95 % interval", cells=intervals),
        Column(title="complete", cells=[str(level.num_complete) for _, level, _ in levels]),
        Column(title="others", cells=[str(level.num_others) for _, level, _ in levels], rank=1),
    ]
    return Fitted(columns, [Line(style="", is_best=is_first) for _, _, is_first in levels])


def _about_importance(importances: Mapping[str, float], evaluator: str) -> Iterator[str]:
    yield (
        "means are of complete trials alone, which differ in all other keys; pruned ones never "
        "showed what they would have reached"
    )
    if importances:
        yield f"importance: {evaluator}"
    else:
        yield "importance: too few complete trials to tell"


def _expected(best: Sequence[ExpectedBest]) -> str:
    shown = [each for each in best if each.num_trials in _SHOWN or each is best[-1]]
    said = ", ".join(f"{words.bleu(each.bleu)} of {each.num_trials}" for each in shown)
    return f"expected best BLEU by number of trials: {said} ({HOW})"

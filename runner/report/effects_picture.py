"""What each swept key did, as a figure: marginal means with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from runner import words
from runner.report.look import NEUTRAL, Colours, Figure, finished, text
from runner.results import phrases
from runner.results.effects import KeyEffect, Level

_ROW = 30  # pixels
_NOTHING = "\u200b"  # a character that is not seen


def effects_picture(
    keys: Sequence[KeyEffect], importances: Mapping[str, float], colours: Colours
) -> Figure | None:
    """Return a dot a value of each key, the most important key on top; None without any mean.

    Values without a complete cell have their line, too, and say so.
    """
    ranked = sorted(keys, key=lambda key: -importances.get(key.name, 0.0))
    rows = [(key, level) for key in ranked for level in key.levels]
    means = [level.mean for _, level in rows]
    known = [mean for mean in means if mean is not None]
    if not known:
        return None
    halves = [_half(level) for _, level in rows]
    figure = go.Figure(
        go.Scatter(
            x=[min(known) if mean is None else mean for mean in means],
            y=[
                [_title(key, importances) for key, _ in rows],
                # Labels that two keys share would be put in the order of the first one.
                [text(level.label) + _NOTHING * ranked.index(key) for key, level in rows],
            ],
            mode="markers+text",
            text=["none complete" if mean is None else "" for mean in means],
            textposition="middle right",
            marker={
                "size": [0 if mean is None else 11 for mean in means],
                "color": [NEUTRAL if mean is None else colours.of(mean) for mean in means],
            },
            error_x={"array": halves, "thickness": 1.4, "color": NEUTRAL},
            customdata=[_hover(key, level) for key, level in rows],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(title="mean BLEU")
    figure.update_yaxes(autorange="reversed")
    return finished(figure, 110 + _ROW * max(len(rows), 4), hovermode="closest")


def _half(level: Level) -> float:
    """Return half the interval of a mean, which lies in its middle."""
    return (level.interval.high - level.interval.low) / 2 if level.interval else 0.0


def _title(key: KeyEffect, importances: Mapping[str, float]) -> str:
    name = text(key.name)
    return f"{name}<br>importance {importances[key.name]:.2f}" if key.name in importances else name


def _hover(key: KeyEffect, level: Level) -> str:
    mean = "no mean" if level.mean is None else f"{words.bleu(level.mean)} BLEU"
    interval = f", 95 % interval {phrases.interval(level.interval)}" if level.interval else ""
    cut_short = words.count(level.num_cut_short, "cell")
    others = f", {cut_short} with a trial that ended early" if level.num_cut_short else ""
    return (
        f"<b>{text(key.name)} {text(level.label)}</b>: {mean}{interval}<br>"
        f"{words.count(level.num_complete, 'complete cell')}{others}"
    )

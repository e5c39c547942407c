"""How figures look: one colour for one BLEU in all of them, on light and on dark pages."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from runner import words
from runner.results.table import Row
from runner.tree.path import Path

# Worst to best; every colour can be told from a white and from a black page.
SCALE = ["#e4633a", "#c2517f", "#7d5fc0", "#2f7ed8"]
NEUTRAL = "#8593a6"
MOST_TICKS = 20  # epochs that an axis has room for one by one
FADED = 0.45  # opacity of trials that were pruned
_TENTH = 10  # one trial in so many has the worst colour

Figure = dict[str, Any]  # as plotly.js takes it: data and layout


class Colours:
    """Gives a BLEU its colour; the worst tenth of a sweep looks alike, so outliers take no room."""

    def __init__(self, rows: Sequence[Row]) -> None:
        found = sorted(row.bleu for row in rows if row.bleu is not None) or [0.0]
        self.low, self.high = found[len(found) // _TENTH], found[-1]

    def of(self, bleu: float) -> str:
        span = self.high - self.low
        fraction = 1.0 if span == 0 else (bleu - self.low) / span
        colour: str = sample_colorscale(SCALE, [min(max(fraction, 0.0), 1.0)])[0]
        return colour

    def axis(self) -> dict[str, Any]:
        """Return plotly's colour axis of the same colours."""
        title = {"text": "BLEU", "side": "top"}
        bar = {"title": title, "thickness": 10, "outlinewidth": 0, "len": 0.9}
        high = self.high if self.high > self.low else self.low + 1
        return {"colorscale": SCALE, "cmin": self.low, "cmax": high, "colorbar": bar}


def named(path: Path) -> str:
    """Return a trial's number and what is swept, for a figure's label."""
    return label(path.trial.number, path.trial.params)


def label(number: int, params: Mapping[str, Any]) -> str:
    return text(f"#{number}  {words.params(params)}")


def text(found: str) -> str:
    """Return text for a figure, where tags would be heeded."""
    return html.escape(found, quote=False)


def number(found: float) -> float:
    """Return a number to six significant digits, which no eye can tell from all."""
    return float(f"{found:.6g}")


def finished(figure: go.Figure, height: int, **layout: Any) -> Figure:
    """Return a figure as plotly.js takes it; the page adds the colours of its background."""
    figure.update_layout(height=height, template=None, **layout)
    as_json: Figure = json.loads(figure.to_json())
    as_json["layout"].pop("template", None)
    return as_json

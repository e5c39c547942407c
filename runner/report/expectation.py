"""The expected best score against the number of cells, as a figure."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from runner.report.look import SCALE, Figure, finished, number
from runner.results.expected_best import ExpectedBest

_HEIGHT = 340  # pixels
_MOST_LINEAR = 32  # cells; more are on a logarithmic axis, since each doubling buys less


def expectation(best: Sequence[ExpectedBest]) -> Figure | None:
    """Return the curve; None where a single cell is no curve."""
    if len(best) < 2:
        return None
    figure = go.Figure(
        go.Scatter(
            x=[each.num_cells for each in best],
            y=[number(each.bleu) for each in best],
            mode="lines+markers",
            line={"color": SCALE[-1], "width": 2.5},
            marker={"size": 5},
            hovertemplate="the best of %{x} cells: <b>%{y:.2f}</b> BLEU<extra></extra>",
        )
    )
    is_long = best[-1].num_cells > _MOST_LINEAR
    figure.update_xaxes(title="number of cells", type="log" if is_long else "linear")
    figure.update_yaxes(title="expected best<br>validation BLEU")
    return finished(figure, _HEIGHT, hovermode="closest")

"""Learning curves: what every epoch of the trials brought, and under which settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lstm3.schedule import EpochSettings
from runner.report.look import FADED, MOST_TICKS, Colours, Figure, finished, named, number
from runner.tree.outcome import EpochResult
from runner.tree.path import Path
from runner.tree.trial import TrialState

_HEIGHT = 1040  # pixels
_WIDE = 10  # learning rates further apart than this ratio are drawn on a logarithmic axis
Value = Callable[[EpochResult, EpochSettings], float]
_PANELS: Sequence[tuple[str, float, Value]] = (
    ("BLEU of the validation set", 0.40, lambda result, _: result.bleu),
    ("validation loss, fed the reference", 0.18, lambda result, _: result.val_loss),
    ("validation loss, fed its own words", 0.18, lambda result, _: result.val_loss_no_tf),
    ("learning rate", 0.12, lambda _, settings: settings.lr),
    ("teacher forcing", 0.12, lambda _, settings: settings.teacher_forcing),
)


def learning_curves(paths: Sequence[Path], colours: Colours) -> Figure:
    """Return a panel for each of BLEU, two losses and two settings; the best trial lies on top.

    Every line carries its trial's number, so that the page can hide it.
    """
    figure = make_subplots(
        rows=len(_PANELS),
        shared_xaxes=True,
        vertical_spacing=0.035,
        row_heights=[height for _, height, _ in _PANELS],
        subplot_titles=[title for title, _, _ in _PANELS],
    )
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    drawn = sorted((path for path in paths if path.keys), key=lambda path: max(path.values))
    for path in drawn:
        for place, line in enumerate(_lines(path, colours, is_best=path is drawn[-1]), start=1):
            figure.add_trace(line, row=place, col=1)
    rates = [settings.lr for path in drawn for settings in path.settings]
    is_wide = max(rates) > _WIDE * min(rates)
    longest = max(path.num_epochs for path in drawn)
    figure.update_xaxes(dtick=1 if longest <= MOST_TICKS else None)
    figure.update_xaxes(title="epoch", row=len(_PANELS), col=1)
    figure.update_yaxes(type="log" if is_wide else "linear", row=4, col=1)
    figure.update_yaxes(rangemode="tozero", tickformat="~g", nticks=4, row=4, col=1)
    figure.update_yaxes(range=[-0.05, 1.05], row=5, col=1)
    return finished(figure, _HEIGHT, showlegend=False, hovermode="closest")


def _lines(path: Path, colours: Colours, *, is_best: bool) -> Iterator[go.Scatter]:
    name = named(path)
    for title, _, value in _PANELS:
        found = zip(path.results, path.settings, strict=True)
        yield go.Scatter(
            x0=1,
            dx=1,
            y=[number(value(result, settings)) for result, settings in found],
            mode="lines+markers",
            name=name,
            meta={"trial": path.trial.number},
            opacity=FADED if path.state is TrialState.PRUNED else 1.0,
            line={"color": colours.of(max(path.values)), "width": 3.5 if is_best else 1.6},
            marker={"size": 6 if is_best else 4},
            hovertemplate=f"{name}<br>epoch %{{x}}, {title}: <b>%{{y:.4~g}}</b><extra></extra>",
        )

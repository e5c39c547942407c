"""BLEU over what is swept: one parameter, two, or many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from runner import words
from runner.report.look import FADED, Colours, Figure, finished, label, number, text
from runner.report.swept_axis import SweptAxis, swept_axes
from runner.report.thinning import thinned
from runner.results.cells import Cell
from runner.results.table import Row
from runner.tree.trial import TrialState

_MOST_STEPS = 14  # values of a parameter that a heat map has room for
_MOST_TRIALS = 800  # of a figure that shows them one by one


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """A figure, and what it shows of which trials."""

    figure: Figure
    caption: str


def landscape(cells: Sequence[Cell], colours: Colours) -> Landscape | None:
    """Return the figure that suits how many parameters vary; None if there is nothing to see."""
    found = [row for cell in cells for row in cell.rows.values() if row.bleu is not None]
    rows = sorted(found, key=lambda row: -(row.bleu or 0.0))
    axes = sorted(swept_axes(rows), key=lambda axis: -len(axis.values))
    if not axes:
        return None
    if len(axes) == 2 and len(axes[0].values) <= _MOST_STEPS:
        what = "mean BLEU over its seeds" if any(len(cell.rows) > 1 for cell in cells) else "BLEU"
        figure = _heat_map(cells, axes[0], axes[1], colours)
        return Landscape(figure=figure, caption=f"Each cell's {what}")
    drawn = thinned(rows, _MOST_TRIALS)
    caption = "Each trial's best BLEU over its parameters"
    if len(drawn) < len(rows):
        caption += f", of {len(drawn):,} of {len(rows):,}: the best, and an even sample of others"
    figure = (_parallel if len(axes) > 2 else _scatter)(drawn, axes, colours)
    return Landscape(figure=figure, caption=caption)


def _heat_map(cells: Sequence[Cell], across: SweptAxis, up: SweptAxis, colours: Colours) -> Figure:
    """Return the mean BLEU of each cell, of the trials that count in it."""
    known = {(cell.params[across.name], cell.params[up.name]): cell for cell in cells if cell.n}
    grid = [[known.get((column, line)) for column in across.values] for line in up.values]
    figure = go.Figure(
        go.Heatmap(
            x=[text(words.value(value)) for value in across.values],
            y=[text(words.value(value)) for value in up.values],
            z=[[_mean(cell) for cell in line] for line in grid],
            text=[[_said(cell) if cell else "" for cell in line] for line in grid],
            customdata=[[_counted(cell) if cell else "" for cell in line] for line in grid],
            texttemplate="%{text}",
            hovertemplate=f"{text(across.name)} %{{x}}, {text(up.name)} %{{y}}<br>"
            "BLEU <b>%{z:.2f}</b> (%{customdata})<extra></extra>",
            coloraxis="coloraxis",
            xgap=3,
            ygap=3,
        )
    )
    figure.update_xaxes(type="category", title=text(across.name), showgrid=False)
    figure.update_yaxes(type="category", title=text(up.name), showgrid=False)
    return finished(figure, 150 + 52 * max(len(up.values), 3), coloraxis=colours.axis())


def _mean(cell: Cell | None) -> float | None:
    return None if cell is None or cell.mean is None else number(cell.mean)


def _said(cell: Cell) -> str:
    """Return a cell's BLEU, and its trials' states where none has all its epochs."""
    seeds = f"<br>of {cell.n}" if len(cell.rows) > 1 else ""
    states = "" if cell.is_complete else f"<br>{words.states(row.state for row in cell.counted)}"
    return f"{words.bleu(cell.mean)}{seeds}{states}"


def _counted(cell: Cell) -> str:
    return words.trials(row.number for row in cell.counted)


def _scatter(rows: Sequence[Row], axes: Sequence[SweptAxis], colours: Colours) -> Figure:
    """Return a dot a trial, over one parameter and BLEU, or over two parameters."""
    across, *others = axes
    figure = go.Figure(
        go.Scatter(
            x=_places(rows, across),
            y=_places(rows, others[0]) if others else [row.bleu for row in rows],
            mode="markers",
            text=[label(row.number, row.params) for row in rows],
            marker={
                "size": 11,
                "color": [row.bleu for row in rows],
                "coloraxis": "coloraxis",
                "opacity": [FADED if row.state is TrialState.PRUNED else 1.0 for row in rows],
            },
            hovertemplate="%{text}<br>BLEU <b>%{marker.color:.2f}</b><extra></extra>",
        )
    )
    figure.update_xaxes(title=text(across.name), type=across.kind)
    if others:
        figure.update_yaxes(title=text(others[0].name), type=others[0].kind)
    else:
        figure.update_yaxes(title="BLEU")
    return finished(figure, 420, coloraxis=colours.axis(), hovermode="closest")


def _places(rows: Sequence[Row], axis: SweptAxis) -> Sequence[Any]:
    """Return where rows are on an axis of a plane: plotly leaves out what is null."""
    values = [row.params[axis.name] for row in rows]
    return values if axis.is_numeric else [text(words.value(value)) for value in values]


def _parallel(rows: Sequence[Row], axes: Sequence[SweptAxis], colours: Colours) -> Figure:
    """Return a line a trial through all parameters to its BLEU, the best ones on top."""
    rows = sorted(rows, key=lambda row: row.bleu or 0.0)
    bleu = [row.bleu for row in rows]
    scale = {key: colours.axis()[key] for key in ("colorscale", "cmin", "cmax")}
    dimensions = [
        *(_dimension(rows, axis) for axis in axes),
        *_states(rows),
        {"label": "BLEU", "values": bleu},
    ]
    figure = go.Figure(
        go.Parcoords(dimensions=dimensions, labelangle=-18, line={"color": bleu, **scale})
    )
    return finished(figure, 460, margin={"l": 50, "r": 50, "t": 90, "b": 30})


def _states(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield an axis of the states that trials are in, if not all of them are complete."""
    found = [state for state in TrialState if any(row.state is state for row in rows)]
    if found != [TrialState.COMPLETE]:
        values = [found.index(row.state) for row in rows]
        ticks = {"tickvals": list(range(len(found))), "ticktext": [str(state) for state in found]}
        yield {"label": "state", "values": values, **ticks}


def _dimension(rows: Sequence[Row], axis: SweptAxis) -> dict[str, Any]:
    values = [number(axis.place(row.params[axis.name])) for row in rows]
    dimension: dict[str, Any] = {"label": text(axis.name), "values": values}
    if axis.kind != "linear":
        ticks = axis.ticks()
        dimension["tickvals"] = [axis.place(tick) for tick in ticks]
        dimension["ticktext"] = [words.short(words.value(tick)) for tick in ticks]
    return dimension

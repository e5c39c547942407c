"""The epoch tree as a figure: what was trained once, and for how many trials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import plotly.graph_objects as go

from runner import words
from runner.report.blocks import Block, blocks
from runner.report.look import MOST_TICKS, Figure, finished, named, text
from runner.tree.path import Path

ONCE, SHARED = "#e39b3d", "#2f7ed8"
_OTHERS = ("#3a9d76", "#8a63c7", "#7b8794")  # sweeps that trained epochs of this one
_MOST_LABELS = 60
_ROOM = 0.06  # between blocks, of a row


def tree_picture(paths: Sequence[Path], sweep: str) -> Figure | None:
    """Return the blocks of the epoch tree, coloured by who trained them and for how many."""
    found = blocks(paths)
    if not found:
        return None
    by_heading = defaultdict[str, list[Block]](list)
    for block in found:
        by_heading[_heading(block, sweep)].append(block)
    figure = go.Figure()
    others = iter([*_OTHERS, *[_OTHERS[-1]] * len(by_heading)])
    for heading, group in by_heading.items():
        colour = {_FOR_ONE: ONCE, _FOR_SEVERAL: SHARED}.get(heading) or next(others)
        figure.add_trace(_bars(heading, group, colour))
    ends = {row: path for block in found for row, path in block.ends.items()}
    longest = max(block.last_epoch for block in found)
    figure.update_xaxes(
        title="epoch", range=[0.5, longest + 0.5], dtick=1 if longest <= MOST_TICKS else None
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False)
    if len(ends) <= _MOST_LABELS:
        names = [f"#{path.trial.number}" for path in ends.values()]
        figure.update_yaxes(tickvals=[row + 0.5 for row in ends], ticktext=names)
    else:
        figure.update_yaxes(showticklabels=False)
    height = 120 + min(max(26 * len(ends), 120), 900)
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return finished(figure, height, barmode="overlay", hovermode="closest", legend=legend)


_FOR_ONE, _FOR_SEVERAL = "trained for one trial", "trained once for several trials"


def _heading(block: Block, sweep: str) -> str:
    if block.sweep != sweep:
        return text(f"trained by {block.sweep}")
    return _FOR_ONE if len(block.trials) == 1 else _FOR_SEVERAL


def _bars(heading: str, group: Sequence[Block], colour: str) -> go.Bar:
    return go.Bar(
        orientation="h",
        name=heading,
        base=[block.first_epoch - 0.5 + _ROOM / 2 for block in group],
        x=[block.num_epochs - _ROOM for block in group],
        y=[block.top + len(block.trials) / 2 for block in group],
        width=[len(block.trials) - 2 * _ROOM for block in group],
        customdata=[_hover(block) for block in group],
        text=[f"× {len(block.trials)}" if len(block.trials) > 1 else "" for block in group],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(block: Block) -> str:
    once = words.duration(block.seconds)
    epochs = f"epochs {block.first_epoch} to {block.last_epoch}"
    if block.num_epochs == 1:
        epochs = f"epoch {block.first_epoch}"
    if len(block.trials) == 1:
        return f"<b>{named(block.paths[0])}</b><br>{epochs}: {once}"
    spared = words.duration(block.seconds * (len(block.trials) - 1))
    return (
        f"<b>{words.trials(block.trials)}</b><br>{epochs}: {once}, trained once; "
        f"{spared} saved by sharing"
    )

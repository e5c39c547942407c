"""A plan as rich shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text
from rich.tree import Tree as Drawing

from runner import words
from runner.tree.plan import Plan, Stretch
from runner.views.terminal import heading

_NAMES = {"teacher_forcing": "tf"}
_ALWAYS = ("lr", "teacher_forcing")  # said of a trunk


def plan_view(plan: Plan, num_workers: int) -> RenderableType:
    """Return what a sweep would do, and draw its tree if that is small."""
    parts: list[RenderableType] = [
        heading(plan.sweep, plan.question),
        Text(),
        Text(_size(plan), "bold"),
        _shares(plan),
        Text(_assumption(plan), "dim"),
    ]
    if plan.ahead.num_repeated:
        parts.append(Text(_repeated(plan.ahead.num_repeated), "yellow"))
    parts.append(Text(_time(plan, num_workers)))
    if plan.stretches:
        parts += [Text(), *(_drawing(trunk, plan.stretches) for trunk in plan.stretches)]
    return Group(*parts)


def _size(plan: Plan) -> str:
    trials = words.count(plan.num_trials, "trial")
    epochs = words.count(plan.planned, "epoch")
    if plan.shortest == plan.longest:
        return f"{trials} × {words.count(plan.longest, 'epoch')} = {epochs}"
    return f"{trials} of {plan.shortest} to {plan.longest} epochs: {epochs}"


def _shares(plan: Plan) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right")
    grid.add_column(justify="right")
    at_most = "to train, at most" if plan.num_unborn else "to train"
    for number, meaning in (
        (plan.ahead.num_epochs, at_most),
        (plan.known, "known already"),
        (plan.shared, "shared between trials"),
        (plan.cut, "given up with pruned, failed and stopped trials"),
    ):
        if number or meaning == at_most:
            share = number / plan.planned if plan.planned else 0.0
            grid.add_row(f"{number:,}", f"{share:.0%}", Text(meaning))
    return grid


def _assumption(plan: Plan) -> str:
    if plan.num_unborn:
        return (
            f"{words.count(plan.num_unborn, 'trial')} will be proposed when results of others are "
            "known: what they share and what is pruned is not counted"
        )
    return "if every validation loss is better than those before, and no more is pruned"


def _repeated(count: int) -> str:
    if count == 1:
        return "1 epoch is trained again, since its state was dropped"
    return f"{count:,} epochs are trained again, since their states were dropped"


def _time(plan: Plan, num_workers: int) -> str:
    if not plan.ahead.num_epochs:
        return "nothing is left to train"
    if plan.seconds_per_epoch is None:
        return "time: unknown until one epoch has been trained"
    left = words.duration(plan.ahead.seconds(plan.seconds_per_epoch, num_workers))
    each = words.duration(plan.seconds_per_epoch)
    return f"time: about {left} on {words.count(num_workers, 'worker')}, at {each} an epoch"


def _drawing(stretch: Stretch, siblings: Sequence[Stretch]) -> Drawing:
    drawing = Drawing(_label(stretch, None, siblings), guide_style="dim")
    _grow(drawing, stretch)
    return drawing


def _grow(drawing: Drawing, stretch: Stretch) -> None:
    for branch in stretch.branches:
        _grow(drawing.add(_label(branch, stretch, stretch.branches)), branch)


def _label(stretch: Stretch, parent: Stretch | None, siblings: Sequence[Stretch]) -> Text:
    """Return a stretch in words: which epochs, what changes, which trials."""
    first, last = stretch.first_epoch, stretch.last_epoch
    parts = [f"epochs {first}–{last}" if last > first else f"epoch {first}"]
    parts += [f"{name} {words.value(value)}" for name, value in stretch.model.items()]
    parts += _changes(stretch, parent, siblings)
    parts.append(
        words.trials(stretch.trials)
        if len(stretch.trials) <= 3 or parent
        else words.count(len(stretch.trials), "trial")
    )
    if stretch.is_known:
        parts.append("known")
    return Text(" · ".join(parts), "green" if stretch.is_known else "")


def _changes(stretch: Stretch, parent: Stretch | None, siblings: Sequence[Stretch]) -> list[str]:
    changes = []
    for field in dataclasses.fields(stretch.first):
        name = field.name
        begins, ends = getattr(stretch.first, name), getattr(stretch.last, name)
        others = {getattr(sibling.first, name) for sibling in siblings}
        was = getattr(parent.last, name) if parent else begins
        is_said = begins != ends or begins != was or len(others) > 1
        if is_said or (parent is None and name in _ALWAYS):
            span = f" → {words.value(ends)}" if ends != begins else ""
            changes.append(f"{_NAMES.get(name, name)} {words.value(begins)}{span}")
    return changes

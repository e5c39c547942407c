"""A running sweep as a view that is redrawn in place, and which view suits where."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Self, TypeAlias

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid
from rich.text import Text

from runner import words
from runner.execution.events import (
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Event,
    Refolded,
    Slot,
    SlotFreed,
    Unfolded,
)
from runner.execution.work import Workers
from runner.results.tally import Tally
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree
from runner.views import news
from runner.views.clock import Clock
from runner.views.plain_view import PlainView
from runner.views.terminal import STYLES, heading

REDRAWN_PER_SECOND = 3.0
_BAR_WIDTH = 20
_WORKER_COLUMNS = (None, None, None, 4, 15, None)  # widths of those whose numbers keep changing
_OTHER_LINES = 12  # of the screen, beside those of the workers
_EPOCH_STYLES = {
    "trained": "green",
    "shared": "cyan",
    "reused": "cyan",
    "pruned": STYLES[TrialState.PRUNED],
    "stopped": STYLES[TrialState.STOPPED],
    "failed": STYLES[TrialState.FAILED],
    "waiting": STYLES[TrialState.WAITING],
}


class LiveView:
    """One screen: trials by state, epochs, the best trial, time left, a line for each worker.

    `show` only notes what happened; a thread of rich's redraws a few times a second, and reads
    what was noted without a lock: no dictionary that it reads changes its size. `seconds` is how
    long the sweep has run already.
    """

    def __init__(
        self, tree: Tree, slots: Sequence[Slot], console: Console, seconds: float = 0.0
    ) -> None:
        self._tree, self._slots, self._console = tree, slots, console
        self._tally = Tally(tree)
        self._workers = Workers(slots)
        self._clock = Clock(len(slots), seconds)
        self._live = Live(
            get_renderable=lambda: self,
            console=console,
            refresh_per_second=REDRAWN_PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        self._workers.note(event)
        if isinstance(event, EpochFinished):
            ended = self._tally.note(event.moved)
            self._clock.count(event, self._tree)
            for line in news.endings(path for path in ended if path.state is TrialState.FAILED):
                self._say(line, STYLES[TrialState.FAILED])
        elif isinstance(event, Unfolded):
            self._tally.note(event.moved)
        elif isinstance(event, Refolded):
            self._tally = Tally(self._tree)
        elif not isinstance(event, EpochStarted | EpochProgressed | SlotFreed):
            self._say(news.notice(event), "yellow")

    def _say(self, line: str, style: str) -> None:
        """Print a line that stays, above the view."""
        self._console.print(Text(line, style))

    def __rich__(self) -> RenderableType:
        spec = self._tree.spec
        facts = Grid.grid(padding=(0, 2, 0, 0))
        facts.add_row("trials", self._states())
        facts.add_row("epochs", self._done())
        facts.add_row("", self._epochs())
        facts.add_row("best", self._best())
        facts.add_row("time", self._clock.said(self._workers.num_done, spec.prune is not None))
        head = heading(spec.name, spec.question)
        return Group(Text(), head, Text(), facts, Text(), *self._lines())

    def _states(self) -> Text:
        states = {**self._tally.states, TrialState.WAITING: self._tally.num_waiting}
        return _counts({state.value: (states[state], STYLES[state]) for state in states})

    def _done(self) -> RenderableType:
        counts = self._tally.epochs
        done = counts.planned - counts.waiting
        row = Grid.grid(padding=(0, 2, 0, 0))
        bar = _bar(done / max(1, counts.planned))
        row.add_row(bar, f"{self._tally.percent_done}% of {counts.planned:,}")
        return row

    def _epochs(self) -> Text:
        counts = dataclasses.asdict(self._tally.epochs)
        return _counts({name: (counts[name], style) for name, style in _EPOCH_STYLES.items()})

    def _best(self) -> Text:
        path = self._tally.best
        if path is None:
            return Text("none yet", "dim")
        best = Text.assemble((news.best(path), "bold"), f"  #{path.trial.number}")
        said = words.params(path.trial.params)
        return best + Text(f"  {said}", "dim") if said else best

    def _lines(self) -> list[RenderableType]:
        most = max(1, self._console.height - _OTHER_LINES)
        grid = Grid.grid(padding=(0, 2, 0, 0))
        for width in _WORKER_COLUMNS:
            grid.add_column(min_width=width, justify="right" if width else "left", no_wrap=True)
        for slot in self._slots[:most]:
            grid.add_row(*self._line(slot))
        rest = len(self._slots) - most
        return [grid] if rest <= 0 else [grid, Text(f"and {words.count(rest, 'more worker')}")]

    def _line(self, slot: Slot) -> list[RenderableType]:
        work = self._workers.work[slot]
        if work is None:
            return [Text(slot.name), Text("idle", "dim")]
        speed = work.tokens_per_second
        return [
            Text(slot.name),
            Text(f"epoch {work.node.epoch}"),
            _bar(work.fraction),
            Text(f"{work.fraction:.0%}"),
            Text(f"{speed:,.0f} tokens/s" if speed is not None else "starting"),
            Text(news.trials(work.node) + (" again" if work.is_repeated else "")),
        ]


def _bar(fraction: float) -> ProgressBar:
    return ProgressBar(
        total=1.0,
        completed=fraction,
        width=_BAR_WIDTH,
        complete_style="green",
        finished_style="green",
    )


def _counts(found: Mapping[str, tuple[int, str]]) -> Text:
    """Return the numbers above 0, each with its name in its style."""
    said = [Text(f"{number:,} {name}", style) for name, (number, style) in found.items() if number]
    return Text("  ").join(said)


class QuietView:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing was begun."""

    def show(self, event: Event) -> None:
        """Keep it quiet."""


View: TypeAlias = LiveView | PlainView | QuietView


def make_view(
    tree: Tree, slots: Sequence[Slot], console: Console, seconds: float = 0.0
) -> LiveView | PlainView:
    """Return the view that suits the console: redrawn in place on a terminal, lines elsewhere."""
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveView(tree, slots, console, seconds)
    return PlainView(tree, console.file)

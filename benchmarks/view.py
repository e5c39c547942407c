"""What share of a core does the live view take?

A sweep whose epochs cost nothing, on four workers, so that events come thousands of times as often
as in training; and what a frame costs, as often as one is drawn.

    python -m benchmarks.view [--trials N] [--epochs N]
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import noop
from benchmarks.command_line import run
from benchmarks.measures import Measure
from runner.execution.events import Slot
from runner.tree.unfold import Tree
from runner.views.live import REDRAWN_PER_SECOND, LiveView

FRAMES = 50


def measure(num_trials: int = 200, num_epochs: int = 10) -> Iterator[Measure]:
    """Yield the cost of a frame, and the share of the view in a sweep of nothing but events."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=40)
    views = []

    def make_view(tree: Tree, slots: Sequence[Slot]) -> LiveView:
        views.append(LiveView(tree, slots, console))
        return views[-1]

    with tempfile.TemporaryDirectory() as folder:
        cost = noop.run(num_trials, num_epochs, Path(folder) / "sweep", 4, make_view)
    began = time.process_time()
    for _ in range(FRAMES):
        console.print(views[0])
    frame = (time.process_time() - began) / FRAMES
    yield Measure(what="live view, a frame", unit="CPU ms", ours=1000 * frame)
    yield Measure(
        what="live view's share, no events",
        unit="% of a core",
        ours=100 * frame * REDRAWN_PER_SECOND,
        goal="≤ 3",
    )
    share = cost.view_seconds / cost.seconds + frame * REDRAWN_PER_SECOND
    what = f"live view's share, {cost.num_epochs / cost.seconds:.0f} epochs a second"
    yield Measure(what=what, unit="% of a core", ours=100 * share, goal="≤ 3")


if __name__ == "__main__":
    run(measure)

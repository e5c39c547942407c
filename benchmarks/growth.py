"""Does an epoch cost the runner more, the more trials a sweep has?

Sweeps of 10, 100, 1,000 and 10,000 trials with a core that does nothing; what an epoch costs the
runner should be the same in all.

    python -m benchmarks.growth [--most N] [--picture FILE]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from benchmarks import noop
from benchmarks.commands import command
from benchmarks.measures import Measure, show
from runner.views.terminal import picture

SIZES = (10, 100, 1_000, 10_000)
TABLE_GOALS = {1_000: "≤ 0.5", 10_000: "≤ 3"}
EPOCHS = 3
FEWEST_EPOCHS = 1_000  # that a figure comes from; small sweeps are run again until then


def cost(num_trials: int, folder: Path) -> float:
    """Return milliseconds an epoch."""
    seconds = num_epochs = 0.0
    while num_epochs < FEWEST_EPOCHS:
        found = noop.run(num_trials, EPOCHS, folder / f"{num_trials}-{num_epochs}")
        seconds += found.seconds
        num_epochs += found.num_epochs
    return 1000 * seconds / num_epochs


def tables(results: Path, num_trials: int) -> Iterator[Measure]:
    """Yield the seconds of `table`, when it is first asked for and later."""
    noop.add_references(results)
    first, *later = (command("table", noop.NAME, "--results", str(results)) for _ in range(4))
    what = f"table of {num_trials:,} trials"
    yield Measure(what=f"{what}, the first time", unit="s", ours=first)
    goal = TABLE_GOALS[num_trials]
    yield Measure(what=what, unit="s", ours=statistics.median(later), goal=goal)


def measure(most: int = SIZES[-1]) -> Iterator[Measure]:
    """Yield the cost of an epoch at each size, and what reading such a sweep takes."""
    first = None
    with tempfile.TemporaryDirectory() as folder:
        for size in (size for size in SIZES if size <= most):
            found = cost(size, Path(folder))
            # The first is of sweeps so small that opening them is most of it.
            first = found if size == SIZES[1] else first
            ratio = first / found if first else None
            goal = "ratio ≥ 0.667" if ratio else ""
            what = f"runner, an epoch of {size:,} trials"
            yield Measure(what=what, unit="ms", ours=found, reference=first, ratio=ratio, goal=goal)
            if size in TABLE_GOALS:
                yield from tables(next(Path(folder).glob(f"{size}-*")), size)


def drawing(measures: list[Measure]) -> Group:
    """Return a bar for each size."""
    curve = [found for found in measures if found.what.startswith("runner")]
    longest = max(found.ours for found in curve)
    grid = Table.grid(padding=(0, 2, 0, 0))
    for found in curve:
        bar = ProgressBar(total=longest, completed=found.ours, width=50)
        grid.add_row(found.what, bar, f"{found.ours:.2f} ms")
    return Group(Text("What an epoch costs the runner", "bold"), Text(), grid)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--most", type=int, default=SIZES[-1], metavar="TRIALS")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the curve as SVG")
    options = parser.parse_args()
    measures = list(measure(options.most))
    show(measures)
    if options.picture:
        drawn = picture(drawing(measures), title="python -m benchmarks.growth")
        options.picture.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()

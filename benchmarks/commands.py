"""How long does a user wait for a command that trains nothing?

From the start of the command to its end: `--help`, and `plan` of 10,000 trials of 15 epochs.

    python -m benchmarks.commands [--times N]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command_line import run
from benchmarks.measures import Measure

SPEC = """\
corpus: demo
base: {num_epochs: 15}
sweep:
  lr: [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 7e-3, 8e-3, 9e-3, 1e-2]
  weight_decay: [0, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3]
  tf_from_epoch: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
  tf_decrease: [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1]
prune: safe
wandb: off
"""


def command(*arguments: str) -> float:
    """Return the seconds that a command of the runner takes."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "runner", *arguments], stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - began


def measure(times: int = 3) -> Iterator[Measure]:
    """Yield the seconds of both, as medians."""
    helps = [command("--help") for _ in range(times)]
    yield Measure(what="--help", unit="s", ours=statistics.median(helps), goal="≤ 0.2")
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "many.yaml"
        spec.write_text(SPEC, encoding="utf-8")
        plans = [command("plan", str(spec), "--results", folder) for _ in range(times)]
    what = "plan of 10,000 trials × 15 epochs"
    yield Measure(what=what, unit="s", ours=statistics.median(plans), goal="≤ 5")


if __name__ == "__main__":
    run(measure)

"""How long does a user wait from the command to the first training step?

A sweep of one tiny trial on a corpus that is encoded already: from the start of the command to the
end of its first epoch, which has eight small steps. The reference is a bare process that imports
torch and makes an optimizer, which is what no training can do without.

    python -m benchmarks.start [--times N]
"""

from __future__ import annotations

import os
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
base: {num_epochs: 2, hidden_size: 8, embedding_dim: 8, num_layers: 1, batch_size: 512}
sweep: {lr: [1e-3]}
prune: none
wandb: off
"""
BARE = "import torch; torch.optim.AdamW([torch.zeros(1, requires_grad=True)])"


def bare() -> float:
    """Return the seconds that torch alone takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    return time.perf_counter() - began


def whole(folder: Path, number: int) -> float:
    """Return the seconds from the command to the end of its first epoch."""
    spec, results = folder / f"start{number}.yaml", folder / "results"
    spec.write_text(SPEC.replace("1e-3", f"{1 + number}e-3"), encoding="utf-8")
    known = set(results.rglob("*.record"))
    began = time.time()
    command = [sys.executable, "-m", "runner", "sweep", str(spec), "--quiet"]
    command += ["--workers", "1", "--results", str(results)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    first = min(set(results.rglob("*.record")) - known, key=lambda path: path.stat().st_mtime)
    return first.stat().st_mtime - began


def measure(times: int = 5) -> Iterator[Measure]:
    """Yield the wait over what torch alone takes, as medians of some starts in turn."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        whole(Path(folder), 0)  # encodes the corpus
        pairs = [(whole(Path(folder), 1 + number), bare()) for number in range(times)]
    ours, torch_alone = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield Measure(what="from the command to the end of an epoch", unit="s", ours=ours)
    yield Measure(what="of it over torch alone", unit="s", ours=ours - torch_alone, goal="≤ 1")


if __name__ == "__main__":
    run(measure)

"""How much memory does a worker take, and does it grow over epochs?

One process with one thread trains epochs of a part of the corpus, every time other batches.

    python -m benchmarks.memory [demo | FOLDER] [--epochs N] [--pairs N] [--precision bf16]
"""

from __future__ import annotations

import dataclasses
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.command_line import run
from benchmarks.corpora import load
from benchmarks.measures import Measure
from lstm3.config import coerce
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import run_epoch
from lstm3.schedule import EpochSettings
from lstm3.state import create_state

RATIOS = (1.0, 0.9, 0.5)  # of teacher forcing, in turn


def resident() -> int:
    """Return the memory of this process in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() // 10**6


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 10**6


def part_of(corpus: EncodedCorpus, num_pairs: int) -> EncodedCorpus:
    """Return the corpus with so many of its training pairs."""
    train = corpus.train
    end = num_pairs + 1
    part = dataclasses.replace(
        train, src_offsets=train.src_offsets[:end], trg_offsets=train.trg_offsets[:end]
    )
    return dataclasses.replace(corpus, train=part)


def measure(
    source: str = "demo", num_epochs: int = 6, num_pairs: int = 3000, precision: str = "fp32"
) -> Iterator[Measure]:
    """Yield the memory of a worker after each epoch, how it grew, and the most it had."""
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(source, Path(folder))
        config = dataclasses.replace(config, precision=coerce("precision", precision))
        corpus = part_of(corpus, num_pairs)
        state = create_state(config, corpus, torch.device("cpu"))
        found = [resident()]
        for epoch in range(num_epochs):
            settings = EpochSettings(
                lr=1e-3,
                weight_decay=1e-4,
                label_smoothing=0.1,
                teacher_forcing=RATIOS[epoch % len(RATIOS)],
            )
            state, _ = run_epoch(state, settings, corpus)
            found.append(resident())
    for epoch, megabytes in enumerate(found):
        yield Measure(what=f"worker's memory after {epoch} epochs", unit="MB", ours=megabytes)
    if num_epochs > len(RATIOS):
        growth = found[-1] / found[len(RATIOS)]
        what = f"worker's memory, end / after {len(RATIOS)} epochs"
        yield Measure(what=what, unit="×", ours=growth, goal="≤ 1.1")
    yield Measure(what="worker's memory at most", unit="MB", ours=peak(), goal="≤ 1100")


if __name__ == "__main__":
    run(measure)

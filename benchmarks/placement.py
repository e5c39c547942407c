"""Is a worker a core as fast as one worker with all cores?

N processes of one thread each train at the same time, and then one process of N threads; N is the
number of cores. The answer is a reason for the default, `threads: 1`, never a decision at run time.

    python -m benchmarks.placement [demo | FOLDER] [--steps N]
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command_line import run
from benchmarks.measures import Measure, rate
from lstm3.cores import num_cores

SPAWN = multiprocessing.get_context("spawn")
WARM_UP = 3  # steps


def train(source: str, cache: str, threads: int, steps: int, barrier, speeds) -> None:  # type: ignore[no-untyped-def]
    """Be a worker: take steps once all are warm, and say how many target tokens a second."""
    import torch

    from benchmarks.corpora import load
    from lstm3.epoch import iterate_epoch
    from lstm3.schedule import EpochSettings
    from lstm3.state import create_state

    config, corpus = load(source, Path(cache))
    config = dataclasses.replace(config, threads=threads)
    settings = EpochSettings(lr=1e-3, weight_decay=1e-4, label_smoothing=0.1, teacher_forcing=1.0)
    epoch = iterate_epoch(create_state(config, corpus, torch.device("cpu")), settings, corpus)
    for _ in range(WARM_UP):
        before = next(epoch).num_tokens
    barrier.wait()
    began = time.perf_counter()
    for _ in range(steps):
        after = next(epoch).num_tokens
    speeds.put((after - before) / (time.perf_counter() - began))


def speed(source: str, cache: str, workers: int, threads: int, steps: int) -> float:
    """Return target tokens a second of all workers together."""
    barrier, speeds = SPAWN.Barrier(workers), SPAWN.Queue()
    arguments = (source, cache, threads, steps, barrier, speeds)
    processes = [SPAWN.Process(target=train, args=arguments) for _ in range(workers)]
    for process in processes:
        process.start()
    total: float = sum(speeds.get() for _ in processes)
    for process in processes:
        process.join()
    return total


def measure(source: str = "demo", steps: int = 30) -> Iterator[Measure]:
    """Yield the speed of a worker a core, against one worker with all cores."""
    cores = num_cores()
    with tempfile.TemporaryDirectory() as cache:
        many = speed(source, cache, cores, 1, steps)
        one = speed(source, cache, 1, cores, steps)
    what = f"{cores} workers × 1 thread, against 1 × {cores}"
    yield rate(what, "tokens/s", many, one, "ratio ≥ 0.95")


if __name__ == "__main__":
    run(measure)

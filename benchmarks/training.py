"""How fast does the core train, compared with the obvious implementation of the same model?

All contestants share one process of one thread and take turns of a few steps over the same pairs,
so whatever else the machine does falls on all of them. Speed is target tokens per CPU second.

    python -m benchmarks.training [demo | FOLDER] [--turns N] [--steps N]

FOLDER holds train.de, train.en, val.de and val.en, as Multi30k comes.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.command_line import run
from benchmarks.corpora import load
from benchmarks.measures import Measure, rate
from benchmarks.reference import Reference
from lstm3.config import Config
from lstm3.dataset import Batch, TranslationDataset, cut
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import iterate_epoch
from lstm3.randomness import Stream, generator
from lstm3.sampling import draw_own
from lstm3.schedule import EpochSettings
from lstm3.state import create_state

RATIOS = (1.0, 0.9, 0.5, 0.0)  # of teacher forcing
LABEL_SMOOTHING = 0.1
UNIT = "tokens/CPU s"
RANDOM = -1.0  # in place of a ratio: the reference on random batches, at ratio 1
FP32_GOALS = {1.0: "ratio ≥ 2", 0.9: "ratio ≥ 2.6", RANDOM: "ratio ≥ 3"}
BF16_GOALS = {1.0: "ratio ≥ 2.6", RANDOM: "ratio ≥ 4"}
TIME_GOALS = {0.9: "≤ 1.2", 0.5: "≤ 1.35", 0.0: "≤ 1.35"}


@dataclass(kw_only=True)
class Training:
    """A training under way, and what it has cost so far."""

    steps: Iterator[int]  # takes a step each; how many target tokens it was
    num_tokens: int = 0
    cpu_seconds: float = 0.0

    def take(self, num_steps: int) -> None:
        began = time.process_time()
        self.num_tokens += sum(next(self.steps) for _ in range(num_steps))
        self.cpu_seconds += time.process_time() - began

    @property
    def speed(self) -> float:
        return self.num_tokens / self.cpu_seconds


def ours(config: Config, corpus: EncodedCorpus, ratio: float) -> Iterator[int]:
    """Train with the real core."""
    state = create_state(config, corpus, torch.device("cpu"))
    settings = EpochSettings(
        lr=1e-3, weight_decay=1e-4, label_smoothing=LABEL_SMOOTHING, teacher_forcing=ratio
    )
    done = 0
    for progress in iterate_epoch(state, settings, corpus):
        yield progress.num_tokens - done
        done = progress.num_tokens


def theirs(
    config: Config, corpus: EncodedCorpus, ratio: float, *, is_bucketed: bool
) -> Iterator[int]:
    """Train with the reference core, on the batches of the real one or on random ones."""
    reference = Reference(config, len(corpus.src_vocab), len(corpus.trg_vocab))
    draws = generator(config.seed, 1, Stream.TEACHER_FORCING)
    for batch in batches(config, corpus, is_bucketed=is_bucketed):
        is_own = draw_own(batch.inputs, ratio, draws) if ratio < 1 else None
        reference.train_step(batch, LABEL_SMOOTHING, is_own)
        yield batch.num_tokens


def batches(config: Config, corpus: EncodedCorpus, *, is_bucketed: bool) -> Iterator[Batch]:
    """Yield the batches of a first epoch."""
    data, draws = TranslationDataset(corpus.train), generator(config.seed, 1, Stream.SHUFFLE)
    if is_bucketed:
        indices = data.training_batches(config.batch_size, config.max_len, draws)
    else:
        shuffled = torch.randperm(len(data), generator=draws)
        indices = list(cut(shuffled.numpy(), config.batch_size))
    yield from map(data.batch, indices)


def take_turns(trainings: Sequence[Training], turns: int, steps: int) -> None:
    """Have all train in turns of so many steps, after a step each to warm up."""
    for training in trainings:
        next(training.steps)
    for _ in range(turns):
        for training in trainings:
            training.take(steps)


def measure(source: str = "demo", turns: int = 4, steps: int = 3) -> Iterator[Measure]:
    """Yield speeds at each ratio, and what lower ratios cost."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(source, Path(folder))
        rough = dataclasses.replace(config, precision="bf16")
        fp32 = {ratio: Training(steps=ours(config, corpus, ratio)) for ratio in RATIOS}
        bf16 = {ratio: Training(steps=ours(rough, corpus, ratio)) for ratio in RATIOS}
        bucketed = {
            ratio: Training(steps=theirs(config, corpus, ratio, is_bucketed=True))
            for ratio in RATIOS
        }
        random = Training(steps=theirs(config, corpus, 1.0, is_bucketed=False))
        everybody = [*fp32.values(), *bf16.values(), *bucketed.values(), random]
        take_turns(everybody, turns, steps)
    for name, trainings, goals in (("fp32", fp32, FP32_GOALS), ("bf16", bf16, BF16_GOALS)):
        for ratio, training in trainings.items():
            what = f"training in {name}, teacher forcing {ratio}"
            yield rate(what, UNIT, training.speed, bucketed[ratio].speed, goals.get(ratio, ""))
        what = f"training in {name}, beside random batches"
        yield rate(what, UNIT, trainings[1.0].speed, random.speed, goals[RANDOM])
    for ratio in RATIOS[1:]:
        what = f"time at teacher forcing {ratio}, of that at 1"
        times = [each[1.0].speed / each[ratio].speed for each in (fp32, bucketed)]
        yield Measure(
            what=what, unit="×", ours=times[0], reference=times[1], goal=TIME_GOALS[ratio]
        )


if __name__ == "__main__":
    run(measure)

"""How fast does the core train, compared with the obvious implementation of the same model?

All contestants share one process of one thread and take turns of a few steps over the same pairs,
so whatever else the machine does falls on all of them. Speed is target tokens per CPU second.

    python benchmarks/training.py [demo | FOLDER] [--turns N] [--steps N]

FOLDER holds train.de, train.en, val.de and val.en, as Multi30k comes.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from corpora import load
from reference import Reference

from lstm3.config import Config
from lstm3.dataset import Batch, TranslationDataset
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import iterate_epoch
from lstm3.randomness import Stream, generator
from lstm3.sampling import draw_own
from lstm3.schedule import EpochSettings
from lstm3.state import create_state

RATIOS = (1.0, 0.9, 0.5, 0.0)  # of teacher forcing
LABEL_SMOOTHING = 0.1


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
        indices = [batch.numpy() for batch in shuffled.split(config.batch_size)]
    yield from map(data.batch, indices)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", nargs="?", default="demo")
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--steps", type=int, default=3, help="of one turn")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(options.corpus, Path(folder))
        bf16 = dataclasses.replace(config, precision="bf16")
        trainings = {
            "fp32": [Training(steps=ours(config, corpus, ratio)) for ratio in RATIOS],
            "bf16": [Training(steps=ours(bf16, corpus, ratio)) for ratio in RATIOS],
            "bucketed": [
                Training(steps=theirs(config, corpus, ratio, is_bucketed=True)) for ratio in RATIOS
            ],
            "random": [
                Training(steps=theirs(config, corpus, ratio, is_bucketed=False)) for ratio in RATIOS
            ],
        }
        for number in range(options.turns + 1):
            for column in trainings.values():
                for training in column:
                    if number == 1:  # the turn before was to warm up
                        training.num_tokens, training.cpu_seconds = 0, 0.0
                    training.take(options.steps if number else 1)
    print("target tokens per CPU second, and ours as a multiple of the reference")
    print(f"{'':8}{'ours':>14}{'reference':>18}{'fp32 / reference':>20}{'bf16 / reference':>20}")
    print(
        f"{'ratio':8}{'fp32':>7}{'bf16':>7}"
        + f"{'bucketed':>9}{'random':>9}"
        + f"{'bucketed':>11}{'random':>9}" * 2
    )
    for ratio, fp32, rough, bucketed, random in zip(RATIOS, *trainings.values(), strict=True):
        print(
            f"{ratio:<8}{fp32.speed:7.0f}{rough.speed:7.0f}{bucketed.speed:9.0f}{random.speed:9.0f}"
            + "".join(
                f"{mine.speed / bucketed.speed:11.2f}{mine.speed / random.speed:9.2f}"
                for mine in (fp32, rough)
            )
        )
    print(
        "time at ratio 0.9, 0.5, 0 / at 1: "
        + "; ".join(
            f"{name} " + ", ".join(f"{column[0].speed / c.speed:.2f}" for c in column[1:])
            for name, column in list(trainings.items())[:3]
        )
    )


if __name__ == "__main__":
    main()

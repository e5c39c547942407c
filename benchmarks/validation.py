"""What does validation cost, beside the reference core's and beside an epoch of training?

Both losses and the greedy translations of the whole validation set, with one model in both cores;
training is a few steps, taken to a whole epoch by target tokens. All in one thread, in CPU seconds.

    python -m benchmarks.validation [demo | FOLDER] [--steps N] [--rounds N]

The model is trained for some steps first: one that never says <EOS> would be decoded to the limits.
FOLDER holds train.de, train.en, val.de and val.en, as Multi30k comes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.command_line import run
from benchmarks.corpora import load
from benchmarks.measures import Measure, versus
from benchmarks.reference import Reference
from lstm3.config import Config
from lstm3.dataset import TranslationDataset
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import iterate_epoch
from lstm3.model import LSTM_3
from lstm3.schedule import EpochSettings
from lstm3.state import create_state
from lstm3.validation import BATCH_SIZE, validate


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model after some steps of training, and the same as a reference core."""

    model: LSTM_3
    reference: Reference
    epoch_seconds: float  # CPU seconds that all steps of an epoch would take


def train(config: Config, corpus: EncodedCorpus, steps: int) -> Trained:
    """Return a model that has learnt to say <EOS>."""
    state = create_state(config, corpus, torch.device("cpu"))
    settings = EpochSettings(lr=3e-3, weight_decay=1e-4, label_smoothing=0.1, teacher_forcing=1.0)
    epoch, num_tokens = iterate_epoch(state, settings, corpus), 0
    began = time.process_time()
    for _ in range(steps):
        num_tokens = next(epoch).num_tokens
    seconds = time.process_time() - began
    all_tokens = len(corpus.train.trg) + len(corpus.train)  # and an <EOS> each
    reference = Reference(config, len(corpus.src_vocab), len(corpus.trg_vocab))
    reference.copy_from(state.model)
    return Trained(
        model=state.model, reference=reference, epoch_seconds=seconds * all_tokens / num_tokens
    )


def measure(source: str = "demo", steps: int = 60, rounds: int = 2) -> Iterator[Measure]:
    """Yield the cost of one validation, and its share of an epoch's training."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(source, Path(folder))
        trained = train(config, corpus, steps)
        data = TranslationDataset(corpus.valid)
        batches = [data.batch(i) for i in data.sorted_batches(BATCH_SIZE)]
        ours = theirs = 0.0
        for _ in range(rounds):
            ours += cpu_seconds(lambda: validate(trained.model, data, BATCH_SIZE)) / rounds
            theirs += (
                cpu_seconds(lambda: [trained.reference.validate(batch) for batch in batches])
                / rounds
            )
    yield versus(f"validation on {len(data):,} pairs", "CPU s", ours, theirs)
    yield Measure(
        what="validation, of an epoch's training",
        unit="%",
        ours=100 * ours / trained.epoch_seconds,
        goal="≤ 6",
    )


if __name__ == "__main__":
    run(measure)

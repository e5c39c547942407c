"""What does validation cost, beside the reference core's and beside an epoch of training?

Both losses and the greedy translations of the whole validation set, with one model in both cores;
training is a few steps, taken to a whole epoch by target tokens. All in one thread, in CPU seconds.

    python benchmarks/validation.py [demo | FOLDER] [--steps N] [--rounds N]

The model is trained for some steps first: one that never says <EOS> would be decoded to the limits.
FOLDER holds train.de, train.en, val.de and val.en, as Multi30k comes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from corpora import load
from reference import Reference

from lstm3.dataset import TranslationDataset
from lstm3.epoch import iterate_epoch
from lstm3.schedule import EpochSettings
from lstm3.state import create_state
from lstm3.validation import BATCH_SIZE, validate


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", nargs="?", default="demo")
    parser.add_argument("--steps", type=int, default=60, help="of training before")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(options.corpus, Path(folder))
        state = create_state(config, corpus, torch.device("cpu"))
        settings = EpochSettings(
            lr=3e-3, weight_decay=1e-4, label_smoothing=0.1, teacher_forcing=1.0
        )
        epoch, num_tokens = iterate_epoch(state, settings, corpus), 0

        def train() -> None:
            nonlocal num_tokens
            for _ in range(options.steps):
                num_tokens = next(epoch).num_tokens

        seconds = cpu_seconds(train)
        all_tokens = len(corpus.train.trg) + len(corpus.train)  # and an <EOS> each
        epoch_seconds = seconds * all_tokens / num_tokens
        model, data = state.model, TranslationDataset(corpus.valid)
        reference = Reference(config, len(corpus.src_vocab), len(corpus.trg_vocab))
        reference.copy_from(model)
        batches = [data.batch(i) for i in data.sorted_batches(config.batch_size)]
        ours = theirs = 0.0
        for _ in range(options.rounds):
            ours += cpu_seconds(lambda: validate(model, data, BATCH_SIZE)) / options.rounds
            theirs += (
                cpu_seconds(lambda: [reference.validate(batch) for batch in batches])
                / options.rounds
            )
    print(f"ours {ours:.2f} s, reference {theirs:.2f} s: ratio {theirs / ours:.2f}")
    print(f"an epoch of training {epoch_seconds:.0f} s: validation is {ours / epoch_seconds:.1%}")


if __name__ == "__main__":
    main()

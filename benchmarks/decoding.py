"""How fast is greedy search, beside the reference core's?

The validation sentences are translated by one model in both cores, in one thread; the reference
decodes each batch until its last sentence is done. Speed is sentences per CPU second.

    python -m benchmarks.decoding [demo | FOLDER] [--steps N] [--rounds N]
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.command_line import run
from benchmarks.corpora import load
from benchmarks.measures import Measure, rate
from benchmarks.validation import cpu_seconds, train
from lstm3.dataset import TranslationDataset
from lstm3.search import translate
from lstm3.validation import BATCH_SIZE


def measure(source: str = "demo", steps: int = 60, rounds: int = 2) -> Iterator[Measure]:
    """Yield the speed of translating the validation set."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(source, Path(folder))
        trained = train(config, corpus, steps)
        data = TranslationDataset(corpus.valid)
        sources = [data[index][0].tolist() for index in range(len(data))]
        batches = [data.batch(i) for i in data.sorted_batches(BATCH_SIZE)]
        ours = theirs = 0.0
        for _ in range(rounds):
            ours += cpu_seconds(lambda: translate(trained.model, sources, BATCH_SIZE))
            theirs += cpu_seconds(lambda: [trained.reference.search(batch) for batch in batches])
    num_sentences = rounds * len(data)
    yield rate("greedy search", "sentences/CPU s", num_sentences / ours, num_sentences / theirs)


if __name__ == "__main__":
    run(measure)

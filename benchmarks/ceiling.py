"""What share of the speed at which the machine multiplies matrices does training reach?

The ceiling is the best of some square products, under the arithmetic that training has. Operations
are counted from the weights: each is used once in the forward pass for every position that meets
it, and twice in the backward pass, a multiplication and an addition each time; attention is two
products with the memory. All in one thread, in turns, in CPU seconds.

    python -m benchmarks.ceiling [demo | FOLDER] [--turns N] [--steps N]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from benchmarks.command_line import run
from benchmarks.corpora import load
from benchmarks.measures import Measure, rate
from benchmarks.reference import Reference
from benchmarks.training import Training, ours, theirs
from lstm3.arithmetic import arithmetic
from lstm3.config import Config
from lstm3.encoding import EncodedCorpus

SIZES = (512, 1024, 2048)  # of square matrices
PASSES = 3  # one forwards, and two backwards: for the inputs and for the weights


def operations(config: Config, corpus: EncodedCorpus) -> Mapping[str, float]:
    """Return the operations that training needs a target token, by what needs them.

    Padding, embeddings, normalisation, gates, softmax, loss and optimizer are not counted.
    """
    model = Reference(config, len(corpus.src_vocab), len(corpus.trg_vocab))
    src_lengths = np.diff(corpus.train.src_offsets)
    trg_lengths = np.diff(corpus.train.trg_offsets) + 1  # and <EOS>
    a_source_token = float(src_lengths.sum() / trg_lengths.sum())
    a_sentence = float(len(trg_lengths) / trg_lengths.sum())
    memory = float((src_lengths * trg_lengths).sum() / trg_lengths.sum())
    multiplications = {
        "classifier": _weights(model.classifier),
        "decoder's LSTM": _weights(model.decoder),
        "encoder's LSTM": _weights(model.encoder) * a_source_token,
        "projections": _weights(model.project) * a_source_token
        + (_weights(model.project_h) + _weights(model.project_c)) * a_sentence,
        "attention": 2 * config.hidden_size * memory,
    }
    return {part: 2 * PASSES * number for part, number in multiplications.items()}


def _weights(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters() if weight.dim() == 2)


def multiply(size: int) -> float:
    """Return the operations a CPU second of one square product."""
    left, right = torch.randn(2, size, size)
    began = time.process_time()
    torch.mm(left, right)
    return 2 * size**3 / (time.process_time() - began)


def measure(source: str = "demo", turns: int = 4, steps: int = 3) -> Iterator[Measure]:
    """Yield the operations of a target token, the ceiling, and the share of it."""
    torch.set_num_threads(1)
    ceiling = 0.0
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(source, Path(folder))
        needed = operations(config, corpus)
        mine = Training(steps=ours(config, corpus, 1.0))
        obvious = Training(steps=theirs(config, corpus, 1.0, is_bucketed=True))
        for training in (mine, obvious):
            next(training.steps)  # to warm up
        for _ in range(turns):
            mine.take(steps)
            obvious.take(steps)
            with arithmetic(config):
                ceiling = max(ceiling, *map(multiply, SIZES))
    for part, number in needed.items():
        yield Measure(what=f"a target token's {part}", unit="MFLOP", ours=number / 1e6)
    total = sum(needed.values())
    yield Measure(what="a target token's operations", unit="MFLOP", ours=total / 1e6)
    yield Measure(what="matrix products at best", unit="GFLOP/CPU s", ours=ceiling / 1e9)
    percent = 100 * total / ceiling  # of the ceiling, for a token a second
    yield rate("training, of that", "%", percent * mine.speed, percent * obvious.speed)
    most = 100 / (percent * obvious.speed)
    yield Measure(what="the ceiling itself, of the reference's speed", unit="×", ours=most)


if __name__ == "__main__":
    run(measure)

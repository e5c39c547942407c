"""How good do translations get in so many seconds, beside those of the reference core?

Both cores begin with the same weights and train on the same batches, in one thread and in turns of
an epoch; their dropout differs. BLEU is that of greedy search on the validation set, and seconds
are CPU seconds of training and validation.

    python -m benchmarks.quality [demo | FOLDER] [--epochs N]
"""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import torch

from benchmarks.command_line import run
from benchmarks.corpora import load
from benchmarks.measures import Measure, rate, versus
from benchmarks.reference import Reference
from lstm3.bleu import score
from lstm3.config import Config
from lstm3.dataset import TranslationDataset
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import run_epoch
from lstm3.randomness import Stream, generator
from lstm3.schedule import EpochSettings
from lstm3.search import Hypothesis, text_of
from lstm3.state import create_state
from lstm3.validation import BATCH_SIZE
from lstm3.vocab import PLACEHOLDERS

SETTINGS = EpochSettings(lr=3e-3, weight_decay=1e-4, label_smoothing=0.1, teacher_forcing=1.0)

Point = tuple[float, float]  # CPU seconds since training began, and BLEU


def ours(config: Config, corpus: EncodedCorpus) -> Iterator[Point]:
    """Train with the real core; yield after every epoch."""
    state, seconds = create_state(config, corpus, torch.device("cpu")), 0.0
    while True:
        began = time.process_time()
        state, metrics = run_epoch(state, SETTINGS, corpus)
        seconds += time.process_time() - began
        yield seconds, score(metrics.hypotheses, corpus.valid_trg, config.bleu_tokenize).bleu


def theirs(config: Config, corpus: EncodedCorpus) -> Iterator[Point]:
    """Train with the reference core; yield after every epoch."""
    reference = Reference(config, len(corpus.src_vocab), len(corpus.trg_vocab))
    reference.copy_from(create_state(config, corpus, torch.device("cpu")).model)
    for group in reference.optimizer.param_groups:
        group["lr"], group["weight_decay"] = SETTINGS.lr, SETTINGS.weight_decay
    data, valid = TranslationDataset(corpus.train), TranslationDataset(corpus.valid)
    epoch, seconds = 0, 0.0
    while True:
        epoch += 1
        began = time.process_time()
        shuffle = generator(config.seed, epoch, Stream.SHUFFLE)
        for indices in data.training_batches(config.batch_size, config.max_len, shuffle):
            reference.train_step(data.batch(indices), SETTINGS.label_smoothing, None)
        found: dict[int, list[int]] = {}
        for indices in valid.sorted_batches(BATCH_SIZE):
            _, _, hypotheses = reference.validate(valid.batch(indices))
            found.update(zip(indices.tolist(), hypotheses, strict=True))
        texts = [
            text_of(_in_order(found[i], valid[i][0].tolist()), source, corpus.trg_vocab)
            for i, source in enumerate(corpus.valid_src)
        ]
        seconds += time.process_time() - began
        yield seconds, score(texts, corpus.valid_trg, config.bleu_tokenize).bleu


def _in_order(tokens: Sequence[int], src: Sequence[int]) -> Hypothesis:
    """Return a hypothesis whose numbers and rare tokens are the source's, in its order."""
    left = {kind: deque(i for i, token in enumerate(src) if token == kind) for kind in PLACEHOLDERS}
    sources = [left[token].popleft() if left.get(token) else -1 for token in tokens]
    return Hypothesis(tokens=tuple(tokens), sources=tuple(sources))


def seconds_to(bleu: float, points: Sequence[Point]) -> float:
    """Return when a training first had this BLEU, along lines between its epochs."""
    for (began, low), (ended, high) in pairwise([(0.0, 0.0), *points]):
        if high >= bleu:
            return began + (ended - began) * (bleu - low) / (high - low)
    raise ValueError(f"BLEU never was {bleu}")


def measure(source: str = "demo", num_epochs: int = 8) -> Iterator[Measure]:
    """Yield BLEU after each epoch, the seconds of one, and those to a BLEU that both reach."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config, corpus = load(source, Path(folder))
        trainings = ours(config, corpus), theirs(config, corpus)
        points: list[tuple[Point, ...]] = []
        for epoch in range(1, num_epochs + 1):
            points.append(tuple(next(training) for training in trainings))
            (_, bleu), (_, reference) = points[-1]
            yield rate(f"BLEU after epoch {epoch}", "", bleu, reference)
    mine, obvious = zip(*points, strict=True)
    (seconds, _), (reference, _) = points[-1]
    what = "an epoch and its validation"
    yield versus(what, "CPU s", seconds / num_epochs, reference / num_epochs)
    common = min(max(bleu for _, bleu in found) for found in (mine, obvious))
    for bleu in (0.5 * common, common):
        what = f"training to BLEU {bleu:.1f}"
        yield versus(what, "CPU s", seconds_to(bleu, mine), seconds_to(bleu, obvious))


if __name__ == "__main__":
    run(measure)

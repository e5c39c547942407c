"""A tiny corpus and tiny models, quick enough to be trained in a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from lstm3.config import Config
from lstm3.corpus import CorpusText, ParallelText
from lstm3.dataset import Batch, TranslationDataset
from lstm3.encoding import EncodedCorpus, EncodedSplit, load_encoded, prepare
from lstm3.model import LSTM_3
from lstm3.schedule import EpochSettings

Pair = tuple[Sequence[int], Sequence[int]]

CPU = torch.device("cpu")
SIZE = 20  # of both vocabularies


def make_config(**changes: object) -> Config:
    values = {"embedding_dim": 6, "hidden_size": 8, "batch_size": 3}
    return Config(**values | changes)  # type: ignore[arg-type]


def make_settings(**changes: float) -> EpochSettings:
    values = {"lr": 1e-2, "weight_decay": 1e-4, "label_smoothing": 0.1, "teacher_forcing": 1.0}
    return EpochSettings(**values | changes)


def make_corpus(folder: Path, text: CorpusText | None = None) -> EncodedCorpus:
    """Return a tiny corpus, or `text`, encoded under `folder`."""
    text = text or make_text()
    return load_encoded(prepare(text, min_freq_src=1, min_freq_trg=1, cache=folder))


def make_text(*, longest_valid: int = 9) -> CorpusText:
    """Return sentences of letters whose translations are their capitals, in reverse order."""
    random = np.random.default_rng(7)

    def parallel(count: int, longest: int) -> ParallelText:
        lengths = random.integers(1, longest, count, endpoint=True)
        src = [random.choice(list("abcdefg"), length) for length in lengths]
        return ParallelText(
            src=tuple(" ".join(letters) for letters in src),
            trg=tuple(" ".join(reversed(letters)).upper() for letters in map(list, src)),
        )

    train, valid = parallel(8, 9), parallel(5, longest_valid)
    return CorpusText(train=train, valid=valid, test=None)


def make_model(**changes: object) -> LSTM_3:
    torch.manual_seed(3)
    return LSTM_3(make_config(**changes), SIZE, SIZE)


def make_pairs(
    count: int, seed: int = 0, longest: int = 9, shortest: int = 1, size: int = SIZE
) -> list[Pair]:
    """Return pairs of random lengths and words."""
    random = np.random.default_rng(seed)

    def sentence() -> list[int]:
        words = random.integers(6, size, random.integers(shortest, longest, endpoint=True))
        return [int(word) for word in words]

    return [(sentence(), sentence()) for _ in range(count)]


def make_split(pairs: Sequence[Pair]) -> EncodedSplit:
    src, trg = zip(*pairs, strict=True)
    return EncodedSplit(
        src=np.array([word for sentence in src for word in sentence], dtype=np.int32),
        src_offsets=np.cumsum([0, *map(len, src)]),
        trg=np.array([word for sentence in trg for word in sentence], dtype=np.int32),
        trg_offsets=np.cumsum([0, *map(len, trg)]),
    )


def make_dataset(pairs: Sequence[Pair]) -> TranslationDataset:
    return TranslationDataset(make_split(pairs))


def make_batch(pairs: Sequence[Pair]) -> Batch:
    return make_dataset(pairs).batch(np.arange(len(pairs)))

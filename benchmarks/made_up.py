"""Translations of the demo corpus that nobody made: bad and good ones, more good ones later."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from lstm3.bleu import SentenceCounter
from lstm3.corpus import read_corpus
from runner.results.significance import Counts, score

TOKENIZE = "13a"
EPOCHS = 20  # until all sentences are good


@dataclass(frozen=True, kw_only=True)
class MadeUp:
    """Two translations of every validation sentence, with what BLEU counts in them."""

    bad: Sequence[str]
    good: Sequence[str]
    bad_counts: Counts
    good_counts: Counts

    @classmethod
    @functools.cache
    def of_demo(cls) -> Self:
        good = read_corpus("demo").valid.trg
        bad = [" ".join(line.split()[::2]) for line in good]
        counter = SentenceCounter(good, TOKENIZE)
        counts = [np.array(counter.counts(lines), np.int32) for lines in (bad, good)]
        return cls(bad=bad, good=good, bad_counts=counts[0], good_counts=counts[1])

    def after(self, key: str, epoch: int) -> tuple[tuple[str, ...], float]:
        """Return the translations of an epoch with this key, and their BLEU."""
        draws = np.random.default_rng(int(key[:8], 16)).random(len(self.good))
        is_good = draws < epoch / EPOCHS
        counts = np.where(is_good[:, None], self.good_counts, self.bad_counts)
        chosen = zip(is_good, self.good, self.bad, strict=True)
        return tuple(good if it else bad for it, good, bad in chosen), score(counts)

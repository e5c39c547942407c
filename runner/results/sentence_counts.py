"""What BLEU counts in each validation sentence of an epoch: made from its record, and cached."""

from __future__ import annotations

import contextlib
import functools
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lstm3.durable import write_whole
from lstm3.errors import UserError
from runner.results.significance import Counts, score
from runner.storage.store import EpochStore

if TYPE_CHECKING:
    from lstm3.bleu import SentenceCounter

_TOLERANCE = 1e-6  # of BLEU that is added up again


class SentenceCounts:
    """Counts by key, kept under `cache`; what does not add up to the recorded BLEU is made anew.

    `references` gives the validation references, should counts be missing.
    """

    def __init__(
        self,
        store: EpochStore,
        cache: Path,
        tokenize: str,
        references: Callable[[], Sequence[str]],
    ) -> None:
        self._store, self._cache = store, cache
        self._tokenize, self._references = tokenize, references

    def get(self, key: str, bleu: float) -> Counts | None:
        """Return the counts of an epoch with this BLEU; None if its record does not give them."""
        path = self._cache / key[:2] / f"{key}.{self._tokenize}.npy"
        found = _read(path)
        if found is not None and _adds_up(found, bleu):
            return found
        try:
            rows = self._counter.counts(self._store.hypotheses(key))
        except (UserError, ValueError):
            return None
        counts = np.array(rows, np.int32)
        if not _adds_up(counts, bleu):
            return None
        _write(path, counts)
        return counts

    @functools.cached_property
    def _counter(self) -> SentenceCounter:
        from lstm3.bleu import SentenceCounter

        return SentenceCounter(self._references(), self._tokenize)


def _adds_up(counts: Counts, bleu: float) -> bool:
    return math.isclose(score(counts), bleu, abs_tol=_TOLERANCE)


def _read(path: Path) -> Counts | None:
    try:
        found: Counts = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    is_right = found.ndim == 2 and found.shape[1] == 10 and found.dtype == np.int32
    return found if is_right and len(found) else None


def _write(path: Path, counts: Counts) -> None:
    data = io.BytesIO()
    np.save(data, counts)
    with contextlib.suppress(OSError):  # whoever may not write here can read the table all the same
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data.getvalue())

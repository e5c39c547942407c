"""The outcomes that a sweep may know: what the store remembers, as one sweep reads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runner.storage.given_up import GivenUp
from runner.storage.store import EpochStore, StoreError
from runner.tree.unfold import AnyOutcome

Rescore = Callable[[Sequence[str], str], Mapping[str, Any]]


class RecordedOutcomes:
    """Outcomes by key, read from the store when they are first asked for.

    Scores that a record lacks, or has under another tokenizer, are computed from its hypotheses by
    `rescore`. A damaged record counts as unknown; `warnings` says which were. Who is to `mend` the
    store also checks all hypotheses, and sets damaged records aside, so that their epochs are
    trained again.
    """

    def __init__(
        self,
        store: EpochStore,
        tokenize: str,
        rescore: Rescore,
        given_up: GivenUp,
        *,
        mend: bool = False,
    ) -> None:
        self.store = store
        self.given_up = given_up
        self._mend = mend
        self.warnings: list[str] = []
        self.tokenize = tokenize
        self._rescore = rescore
        self._known: dict[str, AnyOutcome] = {}

    def add(self, key: str, outcome: AnyOutcome) -> None:
        """Note an outcome that was reported."""
        self._known[key] = outcome

    def get(self, key: str, /) -> AnyOutcome | None:
        """Return the outcome of an epoch, or None if it is not known."""
        if key not in self._known:
            outcome = self._read(key) or self.given_up.get(key)
            if outcome is None:
                return None
            self._known[key] = outcome
        return self._known[key]

    def _read(self, key: str) -> AnyOutcome | None:
        try:
            record = self.store.get(key)
            if record is None:
                return None
            if self._mend:
                self.store.hypotheses(key)
            if record.failure is None and not record.is_scored(self.tokenize):
                scores = self._rescore(self.store.hypotheses(key), self.tokenize)
                record = dataclasses.replace(record, scores={self.tokenize: scores})
        except StoreError as error:
            self.warnings += [f"{problem}; it counts as not trained" for problem in error.problems]
            if self._mend:
                self.store.set_aside(key)
            return None
        return record.outcome(self.tokenize)

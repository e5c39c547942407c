"""The record of an epoch, and the text that keeps it.

That is one line of facts (JSON, with its digest in front) and then the validation hypotheses, one
a line.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm3.metrics import EpochMetrics
from lstm3.schedule import EpochSettings
from runner.tree.outcome import SCORES, EpochFailure, EpochResult

_DIGEST_LENGTH = 16


class DamagedError(Exception):
    """A text is not the one that was written."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """The facts of an epoch from which all else is derived."""

    key: str
    parent: str
    epoch: int
    settings: EpochSettings
    sweep: str  # that trained it
    seconds: float
    attempts: int
    environment: Mapping[str, Any]
    failure: str | None = None  # why it cannot be trained; then there are no metrics
    metrics: EpochMetrics | None = None  # without hypotheses when read as facts alone
    num_parameters: int = 0
    scores: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    """BLEU, sinergy, BP and signature of the hypotheses, by sacreBLEU tokenizer."""
    state: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Digests of the files that hold the state, by what is in them: weights, moments."""
    parent_weights: str | None = None  # digest of those that it was trained from
    remade: Mapping[str, Any] | None = None
    """Where it was trained again and came out differently; the state is then that one."""

    @classmethod
    def from_line(cls, line: str) -> Record:
        """Return the facts in the first line of a text, without the hypotheses.

        Raises DamagedError if they are not those that were written.
        """
        facts = _parse(line)
        del facts["hypotheses"]
        metrics = facts.pop("metrics")
        return cls(
            **facts | {"settings": EpochSettings(**facts["settings"])},
            metrics=EpochMetrics(**metrics, hypotheses=()) if metrics else None,
        )

    def to_text(self) -> str:
        """Return what `from_line` and `hypotheses_in` read."""
        facts = dataclasses.asdict(self.without_hypotheses())
        hypotheses: Sequence[str] = ()
        if self.metrics:
            hypotheses = self.metrics.hypotheses
            del facts["metrics"]["hypotheses"]
        body = "".join(f"{line}\n" for line in hypotheses)
        facts["hypotheses"] = {"lines": len(hypotheses), "digest": _digest(body)}
        header = json.dumps(facts, ensure_ascii=False, allow_nan=False)
        return f"{_digest(header)} {header}\n{body}"

    def without_hypotheses(self) -> Record:
        if self.metrics is None:
            return self
        return dataclasses.replace(self, metrics=dataclasses.replace(self.metrics, hypotheses=()))

    def is_scored(self, tokenize: str) -> bool:
        """Return whether all that is made from hypotheses is known under this tokenizer."""
        return set(SCORES) <= self.scores.get(tokenize, {}).keys()

    def outcome(self, tokenize: str) -> EpochResult | EpochFailure:
        """Return what a sweep needs to know, with BLEU under this tokenizer."""
        common: dict[str, Any] = {
            "sweep": self.sweep,
            "seconds": self.seconds,
            "attempts": self.attempts,
            "environment": self.environment,
            "weights": self.state.get("weights"),
            "parent_weights": self.parent_weights,
            "remade": self.remade,
        }
        if self.failure is not None:
            return EpochFailure(reason=self.failure, **common)
        metrics = self.metrics
        assert metrics is not None, "an epoch that did not fail has metrics"
        return EpochResult(
            train_loss=metrics.train_loss,
            val_loss=metrics.val_loss,
            val_loss_no_tf=metrics.val_loss_no_tf,
            num_tokens=metrics.num_tokens,
            num_parameters=self.num_parameters,
            **{name: self.scores[tokenize][name] for name in SCORES},
            **common,
        )


def hypotheses_in(text: str) -> Sequence[str]:
    """Return the translations of the validation set that a record's text has.

    Raises DamagedError if they are not those that were written.
    """
    header, _, body = text.partition("\n")
    if _parse(header)["hypotheses"]["digest"] != _digest(body):
        raise DamagedError("damaged; its hypotheses differ from what was written")
    return body.split("\n")[:-1]


def _parse(header: str) -> dict[str, Any]:
    digest, _, facts = header.rstrip("\n").partition(" ")
    if digest != _digest(facts):
        raise DamagedError("damaged; its facts differ from what was written")
    parsed: dict[str, Any] = json.loads(facts)
    return parsed


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]

"""What is known of a finished epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Fields of an EpochResult that are made from an epoch's hypotheses, and can be made again.
SCORES = ("bleu", "sinergy", "bp", "signature")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Facts that every epoch leaves behind, whether it succeeded or not."""

    sweep: str  # the sweep that trained it
    seconds: float
    attempts: int = 1  # how often it was begun: more than 1 after crashes
    environment: Mapping[str, Any]  # where it was made: versions, device, processor
    weights: str | None = None  # digest of those that it left
    parent_weights: str | None = None  # of those that it was trained from
    remade: Mapping[str, Any] | None = None  # where, if it came out differently another time

    def origin(self, sweep: str, *, is_first: bool) -> str:
        """Return how `sweep` counts this epoch of a trial; is it the first that has gone it?"""
        if not is_first:
            return "shared"
        return "trained" if self.sweep == sweep else "reused"


@dataclass(frozen=True, kw_only=True)
class EpochResult(Outcome):
    """A finished epoch. Losses are nats per target token, never smoothed; BLEU is 0 to 100."""

    train_loss: float
    val_loss: float
    val_loss_no_tf: float
    bleu: float
    sinergy: float
    bp: float
    signature: str  # how BLEU was computed
    num_tokens: int  # target tokens trained on
    num_parameters: int


@dataclass(frozen=True, kw_only=True)
class EpochFailure(Outcome):
    """An epoch that cannot be trained: it would fail the same way again."""

    reason: str

"""A trial trained again from nothing, and how it came out beside what is remembered of it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.specs.spec import Spec, StorePolicy
from runner.tree.outcome import EpochResult
from runner.tree.path import Path
from runner.tree.trial import TrialState

FACTS = ("train_loss", "val_loss", "val_loss_no_tf", "bleu")


@dataclass(frozen=True, kw_only=True)
class EpochPair:
    """An epoch as it is remembered, and as it came out again; one may lack where trials parted."""

    epoch: int  # from 1
    before: EpochResult | None
    again: EpochResult | None

    @property
    def differences(self) -> dict[str, float]:
        """Return by how much each fact that is not the same differs."""
        if self.before is None or self.again is None:
            return {}
        found = {name: getattr(self.again, name) - getattr(self.before, name) for name in FACTS}
        return {name: difference for name, difference in found.items() if difference}

    @property
    def has_same_weights(self) -> bool | None:
        """Return whether the weights are equal bit by bit; None where their digest is not known."""
        if self.before is None or self.again is None or self.before.weights is None:
            return None
        return self.before.weights == self.again.weights

    @property
    def is_same(self) -> bool:
        is_there = self.before is not None and self.again is not None
        return is_there and not self.differences and self.has_same_weights is not False


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """All epochs of a trial, and how it ended."""

    epochs: Sequence[EpochPair]
    failure: str | None  # why it failed, as it is remembered
    failure_again: str | None

    @property
    def is_same(self) -> bool:
        return all(pair.is_same for pair in self.epochs) and self.failure == self.failure_again

    @property
    def num_unknown(self) -> int:
        """Return of how many epochs nothing tells whether the weights are the same, too."""
        return sum(pair.has_same_weights is None for pair in self.epochs)

    @property
    def first_different(self) -> int | None:
        """Return the first epoch that is not the same, if there is one."""
        return next((pair.epoch for pair in self.epochs if not pair.is_same), None)

    @property
    def environments(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return where the first epoch that differs was trained, before and again.

        Where that is not known of both, it is the last one before it.
        """
        known = [
            (pair.before.environment, pair.again.environment)
            for pair in self.epochs[: self.first_different]
            if pair.before is not None and pair.again is not None
        ]
        return known[-1] if known else ({}, {})


def rerun_spec(spec: Spec, path: Path) -> Spec:
    """Return the spec of a sweep of this trial alone, for as many epochs as it has gone.

    One that failed goes an epoch further, if its length allows that.
    """
    config = path.trial.config
    num_epochs = path.num_epochs + (path.state is TrialState.FAILED)
    return spec.narrowed(
        base=dataclasses.replace(config, num_epochs=min(num_epochs, config.num_epochs)),
        axes={},
        seeds=(path.trial.seed,),
        store=StorePolicy(keep="needed"),
        wandb="off",
    )


def compare(before: Path, again: Path) -> Rerun:
    """Return how a trial came out again beside how it came out before."""
    pairs = itertools.zip_longest(before.results, again.results)
    return Rerun(
        epochs=[
            EpochPair(epoch=epoch, before=old, again=new)
            for epoch, (old, new) in enumerate(pairs, start=1)
        ],
        failure=_failure(before),
        failure_again=_failure(again),
    )


def _failure(path: Path) -> str | None:
    return path.reason if path.state is TrialState.FAILED else None

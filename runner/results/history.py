"""A trial epoch by epoch, and who trained each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm3.schedule import EpochSettings
from runner.results.table import Trials
from runner.tree.outcome import EpochResult
from runner.tree.path import Path


@dataclass(frozen=True, kw_only=True)
class PastEpoch:
    """An epoch that a trial has gone."""

    epoch: int  # from 1
    settings: EpochSettings
    result: EpochResult
    shared_with: int | None  # the lowest trial of this sweep that has gone it, if that is another
    reused_from: str | None  # the sweep that trained it, if that is another
    is_estranged: bool  # its parent has come out differently since

    @property
    def origin(self) -> str:
        """Return how the table counts this epoch of this trial."""
        if self.shared_with is not None:
            return f"shared with #{self.shared_with}"
        return f"reused from {self.reused_from}" if self.reused_from else "trained"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A validation sentence as a trial translates it at its best epoch."""

    source: str
    reference: str
    output: str
    bleu: float  # of this sentence alone, 0 to 100


@dataclass(frozen=True, kw_only=True)
class Stay:
    """Epochs in a row that were trained in one environment."""

    first_epoch: int
    last_epoch: int
    environment: Mapping[str, Any]


def stays(epochs: Sequence[PastEpoch]) -> Sequence[Stay]:
    """Return where a trial's epochs were trained, from the first to the last."""
    found = []
    for environment, alike in itertools.groupby(epochs, lambda past: past.result.environment):
        first, *others = alike
        last = others[-1] if others else first
        found.append(Stay(first_epoch=first.epoch, last_epoch=last.epoch, environment=environment))
    return found


def history(trials: Trials, path: Path) -> Sequence[PastEpoch]:
    """Return the epochs that a trial of these has gone so far."""
    first_with = dict.fromkeys(path.keys, path.trial.number)
    for other in trials.paths[: trials.paths.index(path)]:
        for key in first_with.keys() & set(other.keys):
            first_with[key] = min(first_with[key], other.trial.number)
    estranged = path.estranged
    return [
        PastEpoch(
            epoch=epoch,
            settings=settings,
            result=result,
            shared_with=first_with[key] if first_with[key] != path.trial.number else None,
            reused_from=result.sweep if result.sweep != trials.spec.name else None,
            is_estranged=epoch in estranged,
        )
        for epoch, (key, settings, result) in enumerate(
            zip(path.keys, path.settings, path.results, strict=True), start=1
        )
    ]

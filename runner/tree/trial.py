"""A trial: one config and seed, known by a hash of all that can change an epoch of it.

Pretrained weights enter that by content: they may be moved.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lstm3.config import Acts, Config, select
from lstm3.fingerprint import digest


class TrialState(enum.StrEnum):
    """Where a trial stands."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return self not in (TrialState.WAITING, TrialState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`number` is the trial's place in the present order; `id` names it for good."""

    number: int
    id: str
    params: Mapping[str, Any]  # the swept keys alone
    seed: int
    config: Config
    weights: str | None  # digest of the pretrained ones that it starts from


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a user decided about a trial: that it ends early, or goes on although it is pruned."""

    stopped_after: int | None = None  # epochs
    is_brought_back: bool = False


UNDECIDED = Decision()


def make_trial(
    number: int, params: Mapping[str, Any], config: Config, weights: str | None
) -> Trial:
    """Return the trial of a resolved config, which starts from weights with this digest."""
    return Trial(
        number=number,
        id=_identity(params, config, weights),
        params=params,
        seed=config.seed,
        config=config,
        weights=weights,
    )


def cell_id(params: Mapping[str, Any], base: Config, weights: str | None) -> str:
    """Return the hash of a cell, that of its trials without their seeds; `base` has its rest."""
    return _identity({**params, "seed": 0}, base, weights)


def _identity(params: Mapping[str, Any], config: Config, weights: str | None) -> str:
    # Length, device and samples change no epoch; swept ones still tell two trials apart.
    values = select(config, Acts.ON_EVERY_EPOCH, Acts.BY_SETTINGS) | dict(params)
    return digest(values | {"weights": weights})[:12]

"""When a trial is pruned: what judges it, and by which others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lstm3.config import Config
from lstm3.schedule import first_lowered_epoch


@dataclass(frozen=True, kw_only=True)
class JudgedTrial:
    """What a pruner may know of a trial at an epoch."""

    number: int
    values: Sequence[float]  # the objective after epochs 1, 2, … up to the epoch that is judged
    was_pruned: bool = False  # at an earlier epoch; `values` then end there


class Pruner(Protocol):
    """Judges trials against those that passed the same epoch before them."""

    def judge(self, epoch: int, trial: JudgedTrial, *, may_prune: bool) -> bool:
        """Return whether `trial` is pruned at `epoch`, and remember it for later ones.

        Without `may_prune` the answer is no, but the trial is seen by those after it. It is
        called once for each trial and epoch: at each epoch in the order of trial numbers, for
        each trial in the order of epochs. So an answer depends on nothing else.
        """


def is_in_grace(config: Config, epoch: int, grace_epochs: int) -> bool:
    """Return whether `epoch` is too soon after teacher forcing first fell to judge a trial."""
    first = first_lowered_epoch(config)
    return first is not None and first <= epoch < first + grace_epochs

"""When a trial is given up: the rules a spec can name, and what judges by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from lstm3.config import Config
from lstm3.schedule import first_lowered_epoch


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A way to judge trials. Epochs up to `warmup_epochs` are never judged."""

    name: ClassVar[str]
    warmup_epochs: int = 0


@dataclass(frozen=True, kw_only=True)
class Percentile(Rule):
    """Prunes a trial whose best BLEU so far is below the best `keep` percent at that epoch."""

    name: ClassVar[str] = "percentile"
    keep: float = 75.0
    startup_trials: int = 8
    warmup_epochs: int = 7


@dataclass(frozen=True, kw_only=True)
class Median(Rule):
    """Prunes a trial whose best BLEU so far is below the median at that epoch."""

    name: ClassVar[str] = "median"
    startup_trials: int = 8
    warmup_epochs: int = 5


@dataclass(frozen=True, kw_only=True)
class Threshold(Rule):
    """Prunes a trial whose BLEU is below `lower`."""

    name: ClassVar[str] = "threshold"
    lower: float
    warmup_epochs: int = 7


@dataclass(frozen=True, kw_only=True)
class Patient(Rule):
    """Prunes a trial whose best BLEU of its last `patience` + 1 epochs is more than `min_delta`
    below its best before them."""

    name: ClassVar[str] = "patient"
    patience: int = 3
    min_delta: float = 0.0
    warmup_epochs: int = 7


@dataclass(frozen=True, kw_only=True)
class Halving(Rule):
    """Successive halving (Li et al. 2020, "ASHA"): 1 in `reduction_factor` passes each rung."""

    name: ClassVar[str] = "halving"
    min_resource: int = 1
    reduction_factor: int = 4
    min_early_stopping_rate: int = 0


@dataclass(frozen=True, kw_only=True)
class Hyperband(Rule):
    """Hyperband (Li et al. 2018): brackets of successive halving up to `max_resource` epochs."""

    name: ClassVar[str] = "hyperband"
    max_resource: int  # no default: it would have to follow num_epochs, which decides nothing
    min_resource: int = 1
    reduction_factor: int = 3


RULES: dict[str, type[Rule]] = {
    rule.name: rule for rule in (Percentile, Median, Threshold, Patient, Halving, Hyperband)
}
SAFE = Percentile()


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

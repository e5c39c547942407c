"""The rules by which a spec can have trials given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


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

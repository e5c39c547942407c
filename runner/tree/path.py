"""A trial's way through the tree of epochs, and the epochs that are next on such ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lstm3.config import Config
from lstm3.schedule import EpochSettings, Schedule
from runner.tree.outcome import EpochResult
from runner.tree.trial import UNDECIDED, Decision, Trial, TrialState


@dataclass(kw_only=True, eq=False)
class Path:
    """A trial's way through the tree: the epochs that it has gone and where it stands."""

    trial: Trial
    cell: int
    first_key: str
    schedule: Schedule
    keys: list[str] = field(default_factory=list)
    settings: list[EpochSettings] = field(default_factory=list)
    results: list[EpochResult] = field(default_factory=list)
    state: TrialState = TrialState.WAITING
    reason: str | None = None
    pruned_at: int | None = None  # also set where the last epoch would have been pruned
    decision: Decision = UNDECIDED
    is_baseline: bool = False  # no cell of the sweep: never pruned, and seen by nobody

    @property
    def num_epochs(self) -> int:
        return len(self.keys)

    @property
    def is_brought_back(self) -> bool:
        """Return whether it went on after it was pruned; for others it still counts as pruned."""
        is_cut = self.pruned_at is not None and self.pruned_at < self.trial.config.num_epochs
        return is_cut and self.decision.is_brought_back

    @property
    def values(self) -> list[float]:
        """Return the objective after each epoch."""
        return [result.bleu for result in self.results]

    @property
    def estranged(self) -> list[int]:
        """Return the epochs that were trained from another state of their parent than is kept.

        It came out differently when it was trained again, as on another kind of processor.
        """
        known = zip(self.results, self.results[1:], strict=False)
        return [
            epoch
            for epoch, (parent, child) in enumerate(known, start=2)
            if None not in (parent.weights, child.parent_weights)
            and parent.weights != child.parent_weights
        ]

    @property
    def best(self) -> EpochResult | None:
        """Return what came of its best epoch."""
        return self.results[self.best_epoch - 1] if self.best_epoch else None

    @property
    def best_key(self) -> str:
        """Return the key of its best epoch; a trial without an epoch has none."""
        assert self.best_epoch is not None, "it has gone an epoch"
        return self.keys[self.best_epoch - 1]

    @property
    def best_epoch(self) -> int | None:
        """Return the first epoch (from 1) with the highest objective."""
        values = self.values
        return values.index(max(values)) + 1 if values else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """An epoch that is ready to be trained, and the trials that wait for it."""

    key: str
    parent: str
    epoch: int  # from 1
    settings: EpochSettings
    config: Config  # of one of its trials; all agree in what acts on every epoch
    paths: list[Path]


def num_resumable(keys: Sequence[str], has_state: Callable[[str], bool]) -> int:
    """Return after how many of these epochs in a row training can go on: 0 if from the start."""
    num_epochs = len(keys)
    while num_epochs and not has_state(keys[num_epochs - 1]):
        num_epochs -= 1
    return num_epochs

"""A running count of a sweep: what its table counts, kept up to date by what has moved."""

from __future__ import annotations

import math
from collections.abc import Iterable

from runner.results.table import EpochCounts
from runner.tree.path import Path
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree

_CUT_SHORT = (TrialState.PRUNED, TrialState.STOPPED, TrialState.FAILED)


class Tally:
    """Trials by state, epochs by where they came from, and the best trial so far.

    It costs time for the trials that moved, not for all of them. Its dictionaries never change
    their size once it is made, so another thread may read them at any time.
    """

    def __init__(self, tree: Tree) -> None:
        self.states = dict.fromkeys(TrialState, 0)
        self.best: Path | None = None
        self._tree = tree
        self._seen: dict[Path, tuple[int, TrialState]] = {}  # epochs and state, as last noted
        self._keys: set[str] = set()
        self._from = dict.fromkeys(("trained", "shared", "reused"), 0)
        self._cut = dict.fromkeys(_CUT_SHORT, 0)  # epochs that are never run
        self._full_length = 0  # of all trials that were seen
        for path in tree.paths:
            self._meet(path)

    def note(self, moved: Iterable[Path]) -> list[Path]:
        """Count what these trials have done; return those that ended."""
        return [path for path in moved if self._note(path)]

    @property
    def num_waiting(self) -> int:
        """Return how many trials have no epoch, those not proposed yet included."""
        return self.states[TrialState.WAITING] + self._tree.num_trials - len(self._seen)

    @property
    def epochs(self) -> EpochCounts:
        unborn = self._tree.num_trials - len(self._seen)
        planned = self._full_length + unborn * self._tree.spec.base.num_epochs
        cut = {state.value: number for state, number in self._cut.items()}
        waiting = planned - sum(self._from.values()) - sum(cut.values())
        return EpochCounts(planned=planned, waiting=waiting, **self._from, **cut)

    @property
    def percent_done(self) -> int:
        """Return how much of the planned epochs is not left to do; 100 only if nothing is."""
        counts = self.epochs
        return 100 - math.ceil(100 * counts.waiting / counts.planned) if counts.planned else 100

    def _meet(self, path: Path) -> None:
        self._seen[path] = 0, TrialState.WAITING
        self.states[TrialState.WAITING] += 1
        self._full_length += path.trial.config.num_epochs

    def _note(self, path: Path) -> bool:
        if path not in self._seen:
            self._meet(path)
        num_seen, was = self._seen[path]
        for key, result in zip(path.keys[num_seen:], path.results[num_seen:], strict=True):
            origin = result.origin(self._tree.spec.name, is_first=key not in self._keys)
            self._from[origin] += 1
            self._keys.add(key)
        self._seen[path] = path.num_epochs, path.state
        self.states[was] -= 1
        self.states[path.state] += 1
        if path.num_epochs > num_seen and (self.best is None or _rank(path) < _rank(self.best)):
            self.best = path
        has_ended = path.state.is_final and not was.is_final
        if has_ended and path.state in self._cut:
            self._cut[path.state] += path.trial.config.num_epochs - path.num_epochs
        return has_ended


def _rank(path: Path) -> tuple[float, int]:
    return -max(path.values), path.trial.number

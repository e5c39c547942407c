"""In which order a pruner judges a sweep's trials, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.specs.spec import Spec
from runner.tree.path import Path
from runner.tree.pruning import JudgedTrial, Pruner, is_in_grace


class Judging:
    """Shows the trials of the first seed to a pruner, at each epoch in the order of numbers."""

    def __init__(self, spec: Spec, pruner: Pruner) -> None:
        assert spec.prune is not None, "there is a pruner"
        self._warmup_epochs = spec.prune.warmup_epochs
        self._grace_epochs = spec.grace_epochs
        self._pruner = pruner
        self._passed = [0] * spec.largest("num_epochs")  # trials, at each epoch but the last

    def may_prune(self, path: Path, epoch: int) -> bool:
        """Return whether a trial goes on after an epoch only once it is judged there."""
        return (
            path.pruned_at is None
            and epoch > self._warmup_epochs
            and not is_in_grace(path.trial.config, epoch, self._grace_epochs)
        )

    def judge(self, paths: Sequence[Path], first_epoch: int) -> Iterator[Path]:
        """Judge every trial whose predecessors are all known, at `first_epoch` and after it.

        Yields those that waited for it. There may be more trials after that.
        """
        for epoch in range(first_epoch, len(self._passed)):
            while self._passed[epoch] < len(paths):
                path = paths[self._passed[epoch]]
                was_pruned = path.pruned_at is not None and path.pruned_at < epoch
                if was_pruned or path.num_epochs >= epoch:
                    yield from self._show(path, epoch, was_pruned=was_pruned)
                elif not path.state.is_final:
                    break  # else it failed or was shorter, and has left the view
                self._passed[epoch] += 1

    def _show(self, path: Path, epoch: int, *, was_pruned: bool) -> Iterator[Path]:
        values = path.values[: path.pruned_at if was_pruned else epoch]
        trial = JudgedTrial(number=path.trial.number, values=values, was_pruned=was_pruned)
        may_prune = self.may_prune(path, epoch)
        if self._pruner.judge(epoch, trial, may_prune=may_prune):
            path.pruned_at = epoch
        if may_prune and path.num_epochs == epoch and not path.state.is_final:
            yield path

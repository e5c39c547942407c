"""Pruning where trials come as somebody else sends them, so that the order of arrival counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.specs.rules import Rule
from runner.tree.judges import make_pruner
from runner.tree.path import Path
from runner.tree.pruning import JudgedTrial, Pruner
from runner.tree.trial import Trial


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A trial's place among all that have come by now, and what the others have reached."""

    number: int
    others: Sequence[JudgedTrial]


def standing(trial: Trial, sent: Sequence[Path]) -> Standing:
    """Return how a trial stands among those that were sent, each there once, in order of arrival.

    The others are those of its seed.
    """
    numbers = {path.trial.id: path.trial.number for path in sent}
    return Standing(
        number=numbers.get(trial.id, len(sent)),
        others=[
            JudgedTrial(number=path.trial.number, values=path.values)
            for path in sent
            if path.trial.id != trial.id and path.trial.seed == trial.seed
        ],
    )


class ArrivalPruner:
    """Judges one trial against what is known of all others whenever it is asked.

    `stands` tells how it stands at that moment. It is not judged again at epochs up to `passed`.
    """

    def __init__(self, rule: Rule, stands: Callable[[], Standing], *, passed: int) -> None:
        self._rule, self._stands, self._passed = rule, stands, passed

    def judge(self, epoch: int, trial: JudgedTrial, *, may_prune: bool) -> bool:
        if not may_prune or epoch <= self._passed:
            return False
        pruner = make_pruner(self._rule)
        assert pruner is not None, "there is a rule"
        now = self._stands()
        own = JudgedTrial(number=now.number, values=trial.values)
        for other in now.others:
            _show(pruner, other, len(other.values))
        _show(pruner, own, len(own.values) - 1)
        return pruner.judge(epoch, own, may_prune=True)


def _show(pruner: Pruner, trial: JudgedTrial, num_epochs: int) -> None:
    for epoch in range(1, num_epochs + 1):
        known = dataclasses.replace(trial, values=trial.values[:epoch])
        pruner.judge(epoch, known, may_prune=False)

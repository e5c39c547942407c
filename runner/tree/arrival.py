"""Pruning where trials come as somebody else sends them, so that the order of arrival counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.specs.rules import Rule
from runner.tree.judges import make_pruner
from runner.tree.pruning import JudgedTrial, Pruner


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another trial, as far as it has come at the moment."""

    number: int  # by arrival
    values: Sequence[float]  # the objective after epochs 1, 2, …


class ArrivalPruner:
    """Judges one trial against what is known of all others whenever it is asked.

    `number` is the trial's place by arrival. It is not judged again at epochs up to `passed`.
    """

    def __init__(
        self,
        rule: Rule,
        peers: Callable[[], Sequence[Peer]],
        *,
        number: int,
        passed: int,
    ) -> None:
        self._rule, self._peers = rule, peers
        self._number, self._passed = number, passed

    def judge(self, epoch: int, trial: JudgedTrial, *, may_prune: bool) -> bool:
        if not may_prune or epoch <= self._passed:
            return False
        pruner = make_pruner(self._rule)
        assert pruner is not None, "there is a rule"
        for peer in self._peers():
            _show(pruner, peer.number, peer.values)
        _show(pruner, self._number, trial.values[:-1])
        own = JudgedTrial(number=self._number, values=trial.values)
        return pruner.judge(epoch, own, may_prune=True)


def _show(pruner: Pruner, number: int, values: Sequence[float]) -> None:
    for epoch in range(1, len(values) + 1):
        known = JudgedTrial(number=number, values=values[:epoch])
        pruner.judge(epoch, known, may_prune=False)

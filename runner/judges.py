"""What judges and proposes as a spec asks; Optuna is loaded only for what is Optuna's."""

from __future__ import annotations

from runner.peers import AmongPeers
from runner.points import PointProposer
from runner.proposing import Proposer
from runner.pruning import Median, Percentile, Pruner, Rule
from runner.spec import Spec


def make_pruner(rule: Rule | None) -> Pruner | None:
    """Return what judges trials by a rule, if there is one."""
    match rule:
        case None:
            return None
        case Percentile():
            return AmongPeers(rule.keep, rule.startup_trials, rule.warmup_epochs)
        case Median():
            return AmongPeers(50.0, rule.startup_trials, rule.warmup_epochs)
    from runner.optuna_adapter import make_optuna_pruner

    return make_optuna_pruner(rule)


def make_proposer(spec: Spec) -> Proposer | None:
    """Return what proposes the spec's cells, unless they are a grid.

    It does not depend on the order in which the spec has its axes.
    """
    if spec.is_grid:
        return None
    axes = dict(sorted(spec.axes.items()))
    if spec.search != "tpe":
        return PointProposer(axes, is_spread=spec.search == "qmc")
    from runner.optuna_adapter import TPEProposer

    return TPEProposer(axes)

"""What judges and proposes as a spec asks; Optuna is loaded only for what is Optuna's."""

from __future__ import annotations

from runner.specs.rules import Median, Percentile, Rule
from runner.specs.spec import Spec
from runner.tree.peers import AmongPeers
from runner.tree.points import PointProposer
from runner.tree.proposing import Proposer
from runner.tree.pruning import Pruner


def make_pruner(rule: Rule | None) -> Pruner | None:
    """Return what judges trials by a rule, if there is one."""
    match rule:
        case None:
            return None
        case Percentile():
            return AmongPeers(rule.keep, rule.startup_trials, rule.warmup_epochs)
        case Median():
            return AmongPeers(50.0, rule.startup_trials, rule.warmup_epochs)
    from runner.tree.optuna_adapter import make_optuna_pruner

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
    from runner.tree.optuna_adapter import TPEProposer

    return TPEProposer(axes)

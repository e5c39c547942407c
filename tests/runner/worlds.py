"""Sweeps without training: an epoch's outcome follows from its key, and workers take turns."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from lstm3.config import Acts, Config, select
from lstm3.fingerprint import digest
from runner.specs.rules import Halving, Hyperband, Percentile, Rule
from runner.specs.spec import Axis, Choices, Range, Spec
from runner.tree.judges import make_proposer, make_pruner
from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.path import Node
from runner.tree.trial import Decision
from runner.tree.unfold import AnyOutcome, Tree, unfold

RULES: list[Rule | None] = [
    None,
    Percentile(keep=50.0, startup_trials=2, warmup_epochs=1),
    Halving(reduction_factor=2),
    Hyperband(max_resource=5, reduction_factor=2),
]


class World:
    """Stands in for training: an epoch's outcome is a function of its key."""

    def __init__(self, *, failures: float = 0.0) -> None:
        self.failures = failures
        self.trained: list[Node] = []

    def train(self, node: Node) -> AnyOutcome:
        self.trained.append(node)
        numbers = random.Random(node.key)
        common: dict[str, Any] = {"sweep": "any", "seconds": 1.0, "environment": {}}
        if numbers.random() < self.failures:
            return EpochFailure(reason=f"loss is not finite at epoch {node.epoch}", **common)
        return EpochResult(
            train_loss=numbers.uniform(1, 3),
            val_loss=numbers.uniform(1, 3),
            val_loss_no_tf=numbers.uniform(1, 3),
            bleu=float(numbers.randint(0, 12)),  # whole, so that ties are frequent
            sinergy=10.0,
            bp=1.0,
            signature="made up",
            num_tokens=100,
            num_parameters=1000,
            **common,
        )


def first_key(config: Config) -> str:
    return digest(select(config, Acts.ON_EVERY_EPOCH))


def make_tree(spec: Spec, decisions: Mapping[str, Decision] | None = None) -> Tree:
    return Tree(
        spec,
        first_key,
        make_pruner(spec.prune),
        make_proposer(spec),
        decisions,
    )


def run(
    spec: Spec,
    world: World,
    *,
    numbers: random.Random | None = None,
    num_workers: int = 1,
    known: dict[str, AnyOutcome] | None = None,
    decisions: Mapping[str, Decision] | None = None,
) -> Tree:
    """Return the tree of a sweep whose workers take and finish ready epochs in a random order."""
    numbers = numbers or random.Random(0)
    tree = make_tree(spec, decisions)
    outcomes = dict(known or {})
    ready: dict[str, Node] = {}
    in_flight: dict[str, Node] = {}
    while True:
        ready |= {node.key: node for node in unfold(tree, outcomes) if node.key not in in_flight}
        while ready and len(in_flight) < num_workers:
            key = numbers.choice(sorted(ready))
            in_flight[key] = ready.pop(key)
        if not in_flight:
            assert tree.is_final
            return tree
        key = numbers.choice(sorted(in_flight))
        outcomes[key] = world.train(in_flight.pop(key))
        tree.add(key, outcomes[key])


def story(tree: Tree) -> list[object]:
    """Return all that a sweep says of its trials."""
    return [tree.search_ended, tree.num_trials] + [
        (
            path.trial.number,
            path.trial.id,
            dict(path.trial.params),
            path.trial.seed,
            path.state,
            path.reason,
            path.pruned_at,
            tuple(path.keys),
            tuple(path.values),
        )
        for path in tree.paths
    ]


GRID: dict[str, Axis] = {
    "lr": Choices(values=(1e-3, 2e-3, 4e-3)),
    "tf_from_epoch": Choices(values=(1, 3)),
    "patience": Choices(values=(0, 1)),
    "batch_size": Choices(values=(8, 16)),
}
RANGES: dict[str, Axis] = {
    "lr": Range(low=1e-4, high=1e-2, log=True),
    "patience": Range(low=0, high=2, is_whole=True),
    "amsgrad": Choices(values=(False, True)),
}


def grid(**changes: Any) -> Spec:
    values: dict[str, Any] = {
        "name": "any",
        "corpus": "demo",
        "base": Config(num_epochs=5, tf_decrease=0.2),
        "axes": GRID,
        "prune": RULES[1],
        "grace_epochs": 1,
    }
    return Spec(**values | changes)


def sampled(search: str, **changes: Any) -> Spec:
    values: dict[str, Any] = {"search": search, "axes": RANGES, "trials": 14, "parallel": 3}
    return grid(**values | changes)


SPECS = {
    **{f"grid, {rule.name if rule else 'none'}": grid(prune=rule) for rule in RULES},
    "grid, two seeds": grid(seeds=(7, 3)),
    "grid, two seeds, not pruned": grid(seeds=(7, 3), prune=None),
    "grid, lengths": grid(
        axes={"lr": GRID["lr"], "num_epochs": Choices(values=(2, 5, 3))},
        prune=Percentile(keep=50.0, startup_trials=1, warmup_epochs=0),
        grace_epochs=0,
    ),
    "grid, baseline": grid(baseline=True, seeds=(1, 2)),
    "grid, baseline in it": grid(
        baseline=True, base=Config(num_epochs=5, tf_from_epoch=3, patience=1, batch_size=8)
    ),
    "grid, some cells": grid(cells=tuple(grid().grid())[:12]),
    "tpe, baseline": sampled("tpe", baseline=True, prune=Halving(reduction_factor=2)),
    "random": sampled("random", seeds=(1, 2)),
    "qmc": sampled("qmc"),
    "tpe": sampled("tpe", prune=Halving(reduction_factor=2)),
    "tpe, two seeds": sampled("tpe", seeds=(1, 2)),
    "tpe, not pruned": sampled("tpe", prune=None, seeds=(1, 2)),
    "tpe that runs out of cells": sampled(
        "tpe", prune=None, axes={"patience": Range(low=0, high=3, is_whole=True)}
    ),
}

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from lstm3.fingerprint import digest
from runner.results.table import make_table
from runner.specs.spec import Choices
from runner.tree.path import Node
from runner.tree.plan import Stretch, look_ahead, make_plan
from runner.tree.proposing import Params, SeenCell
from runner.tree.unfold import AnyOutcome, Tree
from tests.runner.sweeps_for_tests import (
    TF_AXES,
    failure,
    finished,
    make_spec,
    make_tree,
    result_of,
    run,
)

GRIDS = [
    TF_AXES,
    {"patience": (0, 1), "gamma": (0.1, 0.5), "lr": (1e-3, 2e-3)},
    {"num_epochs": (3, 7), "tf_decrease": (0.0, 0.1), "weight_decay": (0.0, 0.1)},
    {"hidden_size": (8, 16), "tf_from_epoch": (0, 2), "lr_manual_decrease": (0.8, 1.0)},
]


def _ever_better(node: Node) -> AnyOutcome:
    return dataclasses.replace(result_of(node), val_loss=0.5**node.epoch)


def _first_key_tree(axes: dict[str, Sequence[Any]], **changes: Any) -> Tree:
    spec = make_spec(axes, **changes)
    return Tree(spec, lambda c: digest([c.hidden_size, c.seed]), judge_by=None, propose_by=None)


@pytest.mark.parametrize("axes", GRIDS)
@pytest.mark.parametrize("seeds", [(1,), (1, 2)])
def test_a_plan_comes_true_where_every_loss_is_better_and_nothing_is_pruned(
    axes: dict[str, Sequence[Any]], seeds: tuple[int, ...]
) -> None:
    plan = make_plan(_first_key_tree(axes, seeds=seeds), {})
    tree = _first_key_tree(axes, seeds=seeds)
    for _ in run(tree, {}, _ever_better):
        pass
    counts = make_table(tree).epochs
    assert plan.planned == counts.planned
    assert plan.ahead.num_epochs == counts.trained
    assert plan.shared == counts.shared
    assert plan.known == plan.cut == 0


@pytest.mark.parametrize("axes", GRIDS)
def test_what_is_known_and_what_is_ahead_always_add_up(axes: dict[str, Sequence[Any]]) -> None:
    total = make_plan(_first_key_tree(axes), {}).ahead.num_epochs
    known: dict[str, AnyOutcome] = {}
    tree = _first_key_tree(axes)
    for _ in run(tree, known, _ever_better):
        plan = make_plan(_first_key_tree(axes), known)
        assert plan.known == len(known)
        assert plan.known + plan.ahead.num_epochs == total
        assert plan.planned == plan.known + plan.ahead.num_epochs + plan.shared + plan.cut
        assert look_ahead(tree) == plan.ahead
    assert look_ahead(tree).num_epochs == look_ahead(tree).longest == 0


def test_a_known_plateau_parts_trials() -> None:
    axes = {"patience": (0, 1)}
    assert make_plan(make_tree(make_spec(axes)), {}).ahead.num_epochs == 10
    known: dict[str, AnyOutcome] = {}
    for _ in run(make_tree(make_spec(axes)), known, result_of_a_plateau):
        if len(known) == 2:
            break
    plan = make_plan(make_tree(make_spec(axes)), known)
    assert plan.ahead.num_epochs == 2 * 8


def result_of_a_plateau(node: Node) -> AnyOutcome:
    return dataclasses.replace(result_of(node), val_loss=3.0)


def test_epochs_of_failed_trials_are_cut() -> None:
    known: dict[str, AnyOutcome] = {}
    tree = make_tree(make_spec())
    for _ in run(tree, known, lambda n: failure("x") if n.epoch == 6 else result_of(n)):
        pass
    plan = make_plan(make_tree(make_spec()), known)
    assert plan.cut == make_table(tree).epochs.failed == 9 * 5
    assert plan.ahead.num_epochs == 0


def test_an_epoch_takes_as_long_as_known_ones_did_on_average() -> None:
    tree = make_tree(make_spec())
    known: dict[str, AnyOutcome] = {}
    for _ in run(tree, known):
        if len(known) == 5:
            break
    plan = make_plan(make_tree(make_spec()), known)
    seconds = [outcome.seconds for outcome in known.values()]
    assert plan.seconds_per_epoch == pytest.approx(sum(seconds) / 5)
    assert make_plan(make_tree(make_spec()), {}).seconds_per_epoch is None


def test_no_number_of_workers_is_faster_than_the_longest_trial() -> None:
    ahead = make_plan(make_tree(make_spec()), {}).ahead
    assert ahead.seconds(2.0, 1) == 2.0 * ahead.num_epochs
    assert ahead.seconds(2.0, 1000) == 2.0 * 10
    assert ahead.seconds(2.0, 2, ahead.num_epochs) == 0.0


class _Asks:
    needs_results = True

    def propose(self, index: int, attempt: int, seen: Sequence[SeenCell]) -> Params:  # noqa: ARG002
        return {"lr": 1e-3 * (index + 1)}


def test_trials_that_nobody_knows_of_yet_count_in_full() -> None:
    spec = dataclasses.replace(
        make_spec({"lr": (1e-3,)}), search="tpe", trials=20, axes={"lr": Choices(values=(1e-3,))}
    )
    plan = make_plan(Tree(spec, lambda _: "", judge_by=None, propose_by=_Asks()), {})
    assert plan.num_trials == 20
    assert plan.ahead.num_epochs == plan.planned == 200
    assert plan.num_unborn == 20 - spec.parallel
    assert plan.stretches is None


def _flat(stretches: Sequence[Stretch]) -> list[Stretch]:
    return [each for one in stretches for each in (one, *_flat(one.branches))]


@pytest.mark.parametrize("axes", GRIDS)
def test_stretches_hold_every_epoch_of_every_trial_once(axes: dict[str, Sequence[Any]]) -> None:
    tree = _first_key_tree(axes)
    known: dict[str, AnyOutcome] = {}
    for _ in run(_first_key_tree(axes), known, _ever_better):
        if len(known) == 6:
            break
    plan = make_plan(tree, known)
    stretches = _flat(plan.stretches or ())
    lengths = [each.last_epoch - each.first_epoch + 1 for each in stretches]
    assert sum(lengths) == plan.known + plan.ahead.num_epochs
    assert sum(n for n, each in zip(lengths, stretches, strict=True) if each.is_known) == plan.known
    for path in tree.paths:
        gone = sorted(
            epoch
            for each in stretches
            if path.trial.number in each.trials
            for epoch in range(each.first_epoch, each.last_epoch + 1)
        )
        assert gone == list(range(1, path.trial.config.num_epochs + 1))


def test_trunks_are_told_apart_by_the_keys_that_differ() -> None:
    plan = make_plan(_first_key_tree({"hidden_size": (8, 16)}, seeds=(1, 2)), {})
    models = [dict(trunk.model) for trunk in plan.stretches or ()]
    assert len(models) == 4
    assert all(set(model) == {"hidden_size", "seed"} for model in models)


def test_a_tree_of_many_branches_is_not_drawn() -> None:
    axes = {"lr": [1e-3 * n for n in range(1, 42)]}
    assert make_plan(make_tree(make_spec(axes)), {}).stretches is None


def test_a_finished_sweep_has_nothing_ahead() -> None:
    tree = finished(make_spec())
    assert make_plan(tree, {}).ahead.num_epochs == 0

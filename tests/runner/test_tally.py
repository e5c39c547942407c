from __future__ import annotations

from collections import Counter

import pytest

from runner.results.table import make_table
from runner.results.tally import Tally
from runner.specs.rules import Rule
from runner.tree.path import Node
from runner.tree.trial import TrialState
from runner.tree.unfold import AnyOutcome
from tests.runner.sweeps_for_tests import (
    failure,
    make_spec,
    make_tree,
    prunes_early,
    result_of,
    run,
)


def _some_fail(node: Node) -> AnyOutcome:
    if node.settings.teacher_forcing == 0.9:
        return failure(f"loss is not finite at epoch {node.epoch}")
    return result_of(node)


@pytest.mark.parametrize("rule", [None, prunes_early()])
@pytest.mark.parametrize("seeds", [(1,), (1, 2)])
def test_a_tally_agrees_with_the_table_after_every_event(
    rule: Rule | None, seeds: tuple[int, ...]
) -> None:
    spec = make_spec(prune=rule, seeds=seeds, grace_epochs=1)
    elsewhere: dict[str, AnyOutcome] = {}
    for _ in run(make_tree(make_spec()), elsewhere, lambda node: result_of(node, "other")):
        if len(elsewhere) == 5:
            break
    tree = make_tree(spec)
    tally = Tally(tree)
    for event in run(tree, elsewhere, _some_fail):
        tally.note(getattr(event, "moved", ()))
        table = make_table(tree)
        assert tally.epochs == table.epochs
        assert tally.best is None or tally.best.trial.number == table.rows[0].number
        states = Counter(row.state for row in table.rows)
        assert {state: number for state, number in tally.states.items() if number} == states
    assert tally.epochs.waiting == 0
    assert tally.epochs.reused > 0
    assert tally.epochs.failed > 0
    assert (tally.epochs.pruned > 0) == (rule is not None)
    assert tally.percent_done == 100


def test_a_trial_ends_once() -> None:
    tree = make_tree(make_spec(prune=prunes_early()))
    tally = Tally(tree)
    ended = [
        path.trial.number
        for event in run(tree, {})
        for path in tally.note(getattr(event, "moved", ()))
    ]
    assert sorted(ended) == list(range(9))
    assert tally.states[TrialState.RUNNING] == 0


def test_all_is_not_done_while_one_epoch_is_left() -> None:
    tree = make_tree(make_spec({"lr": [1e-3]}, num_epochs=400))
    tally = Tally(tree)
    for event in run(tree, {}):
        tally.note(getattr(event, "moved", ()))
        if tally.epochs.waiting == 1:
            break
    assert tally.percent_done == 99

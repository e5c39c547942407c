"""What a user decides about one trial: it holds for that trial, and is a fact like any other."""

from __future__ import annotations

import random

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from lstm3.errors import ConfigError
from runner.storage.decisions import Decisions
from runner.tree.judges import make_proposer, make_pruner
from runner.tree.trial import UNDECIDED, Decision, TrialState
from runner.tree.unfold import Tree, unfold
from tests.runner.worlds import SPECS, World, run, story

ORDERS = st.integers(0, 2**32).map(random.Random)
ANY_SPEC = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
GRIDS = {name: spec for name, spec in SPECS.items() if spec.is_grid}
PRUNED = pytest.mark.parametrize(
    "spec",
    [spec for spec in GRIDS.values() if spec.prune],
    ids=[n for n in GRIDS if GRIDS[n].prune],
)


def some_decisions(tree: Tree, numbers: random.Random) -> dict[str, Decision]:
    return {
        path.trial.id: Decision(
            stopped_after=numbers.choice([None, 0, 1, 2, 3]),
            is_brought_back=numbers.random() < 0.5,
        )
        for path in tree.paths
        if numbers.random() < 0.3
    }


@ANY_SPEC
@settings(max_examples=5)
@given(numbers=ORDERS, num_workers=st.integers(1, 9))
def test_decided_trials_leave_a_sweep_a_function_of_its_spec(spec, numbers, num_workers):
    decisions = some_decisions(run(spec, World()), numbers)
    alone = run(spec, World(), decisions=decisions)
    many = run(spec, World(), numbers=numbers, num_workers=num_workers, decisions=decisions)
    assert story(many) == story(alone)
    assert all(path.state.is_final for path in many.paths)


@ANY_SPEC
@settings(max_examples=3)
@given(numbers=ORDERS)
def test_a_tree_that_is_begun_anew_tells_the_story_of_a_new_one(spec, numbers):
    world = World()
    tree = run(spec, world)
    decisions = some_decisions(tree, numbers)
    fresh = run(spec, world, decisions=decisions)
    outcomes = {node.key: World().train(node) for node in world.trained}
    tree.restart(make_pruner(spec.prune), make_proposer(spec), decisions)
    unfold(tree, outcomes)
    assert story(tree) == story(fresh)


@pytest.mark.parametrize("stopped_after", [0, 1, 3])
def test_a_stopped_trial_ends_after_its_epochs_and_without_pruning_no_other_trial_changes(
    stopped_after,
):
    spec = SPECS["grid, none"]
    before = run(spec, World())
    chosen = before.paths[4].trial.id
    tree = run(spec, World(), decisions={chosen: Decision(stopped_after=stopped_after)})
    for path, was in zip(tree.paths, before.paths, strict=True):
        if path.trial.id == chosen:
            assert path.state is TrialState.STOPPED
            assert path.num_epochs == stopped_after
            assert path.reason == f"stopped after epoch {stopped_after}"
        else:
            assert path.keys == was.keys


@PRUNED
def test_a_trial_that_is_brought_back_runs_to_its_end_and_changes_no_other_trial(spec):
    before = run(spec, World())
    pruned = [path.trial.id for path in before.paths if path.state is TrialState.PRUNED]
    assert pruned
    first = before.paths[0].trial.seed
    for chosen in pruned:
        tree = run(spec, World(), decisions={chosen: Decision(is_brought_back=True)})
        for path, was, line, old in zip(
            tree.paths, before.paths, story(tree)[2:], story(before)[2:], strict=True
        ):
            if path.trial.id != chosen:
                assert line == old
            else:
                assert path.state is TrialState.COMPLETE
                assert path.num_epochs == path.trial.config.num_epochs
                assert path.keys[: was.num_epochs] == was.keys
                assert path.trial.seed != first or path.pruned_at == was.pruned_at


def test_a_sampler_still_counts_a_trial_that_is_brought_back_as_pruned():
    spec = SPECS["tpe"]
    before = run(spec, World())
    pruned = [path for path in before.paths if path.state is TrialState.PRUNED]
    assert pruned
    back = {path.trial.id: Decision(is_brought_back=True) for path in pruned}
    tree = run(spec, World(), decisions=back)
    assert [path.trial.id for path in tree.paths] == [path.trial.id for path in before.paths]


def test_a_decision_is_read_as_it_was_written(tmp_path):
    decisions = Decisions(tmp_path / "decisions")
    assert decisions.all() == {}
    assert decisions.get("abc") == UNDECIDED
    decision = Decision(stopped_after=3, is_brought_back=True)
    decisions.put("abc", decision)
    assert Decisions(tmp_path / "decisions").all() == {"abc": decision}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"stopped_after": -1, "is_brought_back": true}', "\0", "1" * 5000],
)
def test_a_decision_that_is_not_one_is_refused_by_name(content, tmp_path):
    decisions = Decisions(tmp_path)
    decisions.put("abc", UNDECIDED)
    (tmp_path / "abc.json").write_text(content)
    with pytest.raises(ConfigError, match=r"abc\.json"):
        decisions.all()

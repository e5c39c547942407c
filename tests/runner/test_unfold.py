from __future__ import annotations

import dataclasses
import random
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from lstm3.config import Config
from runner.results.table import make_table
from runner.specs.rules import Rule
from runner.specs.spec import Axis, Choices, Spec
from runner.tree.outcome import EpochResult
from runner.tree.pruning import is_in_grace
from runner.tree.trial import TrialState
from tests.runner.worlds import (
    GRID,
    RULES,
    SPECS,
    World,
    first_key,
    grid,
    make_tree,
    run,
    sampled,
    story,
)

ORDERS = st.integers(0, 2**32).map(random.Random)
ANY_SPEC = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


@ANY_SPEC
@pytest.mark.parametrize("failures", [0.0, 0.06])
@settings(max_examples=6)
@given(numbers=ORDERS, num_workers=st.integers(1, 9))
def test_any_number_of_workers_in_any_order_tells_the_same_story(
    spec: Spec, failures: float, numbers: random.Random, num_workers: int
) -> None:
    alone = run(spec, World(failures=failures))
    many = run(spec, World(failures=failures), numbers=numbers, num_workers=num_workers)
    assert story(many) == story(alone)


@ANY_SPEC
def test_no_epoch_is_trained_twice_and_every_epoch_trained_is_in_some_trial(spec: Spec) -> None:
    world = World(failures=0.03)
    tree = run(spec, world, num_workers=4)
    trained = Counter(node.key for node in world.trained)
    assert set(trained.values()) == {1}
    outcomes = {node.key: World(failures=0.03).train(node) for node in world.trained}
    fine = {key for key, outcome in outcomes.items() if isinstance(outcome, EpochResult)}
    assert fine == {key for path in tree.paths for key in path.keys}


@ANY_SPEC
@settings(max_examples=3)
@given(numbers=ORDERS, share=st.floats(0, 1))
def test_a_sweep_that_is_taken_up_again_trains_only_what_is_missing(
    spec: Spec, numbers: random.Random, share: float
) -> None:
    world = World(failures=0.03)
    whole = run(spec, world)
    half_way = [node for node in world.trained if numbers.random() < share]
    known = {node.key: World(failures=0.03).train(node) for node in half_way}
    rest = World(failures=0.03)
    assert story(run(spec, rest, known=known)) == story(whole)
    assert not {node.key for node in rest.trained} & set(known)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("failures", [0.0, 0.06])
def test_a_longer_sweep_changes_no_earlier_decision_on_a_grid(
    rule: Rule | None, failures: float
) -> None:
    short = run(grid(prune=rule), World(failures=failures))
    longer = Config(num_epochs=8, tf_decrease=0.2)
    long = run(grid(prune=rule, base=longer), World(failures=failures))
    for before, after in zip(short.paths, long.paths, strict=True):
        assert before.trial.id == after.trial.id
        assert before.trial.number == after.trial.number
        assert after.keys[: before.num_epochs] == before.keys
        if before.state is not TrialState.COMPLETE:
            assert (after.state, after.reason) == (before.state, before.reason)


def test_trials_whose_settings_agree_share_every_epoch() -> None:
    axes: dict[str, Axis] = {
        "use_tf": Choices(values=(False,)),
        "tf_from_epoch": Choices(values=(1, 2, 3)),
    }
    world = World()
    tree = run(grid(axes=axes, prune=None), world)
    assert len({tuple(path.keys) for path in tree.paths}) == 1
    assert len(world.trained) == 5
    table = make_table(tree)
    assert sorted(row.same_as for row in table.rows if row.same_as is not None) == [0, 0]


def test_trials_share_epochs_exactly_as_long_as_their_settings_agree() -> None:
    tree = run(grid(prune=None), World())
    for one in tree.paths:
        for other in tree.paths:
            agree = first_key(one.trial.config) == first_key(other.trial.config)
            for epoch in range(5):
                agree = agree and one.settings[epoch] == other.settings[epoch]
                assert (one.keys[epoch] == other.keys[epoch]) is agree


def test_a_grids_numbers_do_not_depend_on_the_order_of_axes_and_values() -> None:
    backwards = {
        name: Choices(values=tuple(reversed(axis.values)))
        for name, axis in reversed(GRID.items())
        if isinstance(axis, Choices)
    }
    one, other = run(grid(), World()), run(grid(axes=backwards), World())
    assert story(one) == story(other)


def test_a_failed_epoch_fails_the_trials_on_it_and_no_others() -> None:
    whole = run(grid(prune=None), World())
    failing = run(grid(prune=None), World(failures=0.03))
    states = Counter(path.state for path in failing.paths)
    assert 0 < states[TrialState.FAILED] < len(failing.paths)
    for before, after in zip(whole.paths, failing.paths, strict=True):
        bad = [key for key in before.keys if random.Random(key).random() < 0.03]
        if bad:
            assert after.state is TrialState.FAILED
            assert after.keys == before.keys[: before.keys.index(bad[0])]
            assert after.reason == f"loss is not finite at epoch {after.num_epochs + 1}"
        else:
            assert after.state is TrialState.COMPLETE
            assert after.keys == before.keys


@ANY_SPEC
@settings(max_examples=3)
@given(numbers=ORDERS)
def test_counts_of_epochs_add_up_to_what_is_planned_at_any_time(
    spec: Spec, numbers: random.Random
) -> None:
    world = World(failures=0.05)
    tree = make_tree(spec)
    while nodes := list(tree.ready.values()):
        counts = dataclasses.asdict(make_table(tree).epochs)
        planned = counts.pop("planned")
        assert planned == sum(counts.values())
        node = numbers.choice(nodes)
        tree.add(node.key, world.train(node))
    counts = make_table(tree).epochs
    assert counts.waiting == 0
    assert counts.trained == len({key for path in tree.paths for key in path.keys})


@ANY_SPEC
def test_a_trial_is_never_pruned_in_its_warm_up_its_grace_or_after_its_last_epoch(
    spec: Spec,
) -> None:
    for path in run(spec, World()).paths:
        if path.state is TrialState.PRUNED and path.trial.seed == spec.seeds[0]:
            assert spec.prune is not None
            assert spec.prune.warmup_epochs < path.num_epochs < path.trial.config.num_epochs
            assert not is_in_grace(path.trial.config, path.num_epochs, spec.grace_epochs)


def test_only_the_first_seed_is_judged_and_it_decides_for_the_others() -> None:
    tree = run(grid(seeds=(7, 3)), World())
    first, second = tree.paths[:24], tree.paths[24:]
    assert {path.trial.seed for path in first} == {7}
    assert any(path.state is TrialState.PRUNED for path in first)
    for one, other in zip(first, second, strict=True):
        assert one.trial.params == other.trial.params
        assert one.state is other.state
        assert other.num_epochs == (0 if one.state is TrialState.PRUNED else 5)


def test_a_search_without_new_cells_ends_and_says_so() -> None:
    tree = run(SPECS["tpe that runs out of cells"], World())
    assert len(tree.paths) == 4
    assert tree.search_ended is not None
    assert "4 of 14 cells" in tree.search_ended
    assert make_table(tree).note == tree.search_ended


def test_a_sampler_waits_for_the_cells_that_it_must_know_and_for_no_others() -> None:
    tree = make_tree(sampled("tpe", prune=None))
    first = tree.paths[0]
    while nodes := [node for node in tree.ready.values() if first not in node.paths]:
        tree.add(nodes[0].key, World().train(nodes[0]))
    assert [path.state.is_final for path in tree.paths] == [False, True, True]
    while first.state is not TrialState.COMPLETE:
        node = next(node for node in tree.ready.values() if first in node.paths)
        tree.add(node.key, World().train(node))
    assert [path.state.is_final for path in tree.paths] == [True] * 3 + [False] * 3


def test_a_trial_that_changes_is_among_those_that_moved() -> None:
    tree = make_tree(grid(seeds=(1, 2)))
    while tree.ready:
        node = next(iter(tree.ready.values()))
        before = {path.trial.id: (path.state, path.num_epochs) for path in tree.paths}
        tree.take_moved()
        tree.add(node.key, World().train(node))
        moved = {path.trial.id for path in tree.take_moved()}
        for path in tree.paths:
            if before[path.trial.id] != (path.state, path.num_epochs):
                assert path.trial.id in moved


def test_a_tree_of_a_rule_prunes_some_trials_and_completes_some() -> None:
    for name, spec in SPECS.items():
        states = {path.state for path in run(spec, World()).paths}
        assert TrialState.COMPLETE in states, name
        assert (TrialState.PRUNED in states) is (spec.prune is not None), name

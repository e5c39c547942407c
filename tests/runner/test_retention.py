"""Which states a sweep wants: enough to go on, and at each level no less than at the next."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm3.config import KEYS, Acts, Config
from lstm3.fingerprint import next_key
from lstm3.schedule import Schedule
from runner.specs.spec import KEEPS
from runner.storage.retention import LEAST, HasState, Why, reasons
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree
from tests.runner.sweeps_for_tests import (
    failure,
    finished,
    make_spec,
    make_tree,
    prunes_early,
    result_of,
    run,
)


def wanted(tree: Tree, keep: str, has_state: HasState) -> dict[str, Why]:
    """Return the states that a sweep wants at a level."""
    return {key: why for key, why in reasons(tree, has_state).items() if why >= LEAST[keep]}


def is_there(_: str) -> bool:
    return True


def trees_of(tree: Tree):
    """Yield a tree each time an epoch was added to it."""
    yield tree
    for _ in run(tree, {}, lambda n: failure("x") if n.epoch == 9 else result_of(n)):
        yield tree


SPECS = {
    "grid": make_spec(),
    "pruned": make_spec(prune=prunes_early(), grace_epochs=1, seeds=(1, 2)),
    "plateaus": make_spec({"patience": (0, 1), "gamma": (0.1, 0.5), "num_epochs": (4, 8)}),
}


def test_every_level_of_a_spec_has_its_least_reason():
    assert tuple(LEAST) == KEEPS
    assert list(LEAST.values()) == sorted(LEAST.values())


@pytest.mark.parametrize("name", SPECS)
def test_each_level_holds_the_next_and_the_last_all_that_epochs_to_come_start_from(name):
    for tree in trees_of(make_tree(SPECS[name])):
        levels = [wanted(tree, keep, is_there) for keep in KEEPS]
        for more, less in itertools.pairwise(levels):
            assert less.items() <= more.items()
        needed = {node.parent for node in tree.ready.values() if node.epoch > 1}
        assert needed <= {key for key, why in levels[-1].items() if why is Why.NEEDED}
        gone = {key for path in tree.paths for key in path.keys}
        assert levels[0].keys() == gone | tree.ready.keys()


def test_the_last_state_of_a_trial_is_kept_for_what_may_become_of_it():
    tree = make_tree(make_spec(prune=prunes_early()))
    for _ in run(tree, {}):
        pass
    found = wanted(tree, "ends", is_there)
    states = {path.state: found[path.keys[-1]] for path in tree.paths}
    assert states == {TrialState.COMPLETE: Why.COMPLETE, TrialState.PRUNED: Why.PRUNED}
    assert set(found) == {path.keys[-1] for path in tree.paths}
    assert wanted(tree, "needed", is_there) == {}


def test_where_a_needed_state_is_gone_the_last_one_before_it_and_the_way_back_are_needed():
    tree = make_tree(make_spec({"lr": (1e-3,)}))
    events = run(tree, {})
    [path] = tree.paths
    while path.num_epochs < 6:
        next(events)
    there = set(path.keys[:3])
    found = wanted(tree, "needed", there.__contains__)
    assert set(found) == {*path.keys[2:], *tree.ready}
    assert set(wanted(tree, "needed", lambda _: False)) == {*path.keys, *tree.ready}


def test_a_second_seed_that_waits_for_the_first_finds_the_states_it_will_start_from():
    """Its trunk may be trained for other trials long before it may begin itself."""
    tree = make_tree(SPECS["pruned"])
    for _ in run(tree, {}):
        needed = wanted(tree, "needed", is_there)
        known = {
            key: result
            for path in tree.paths
            for key, result in zip(path.keys, path.results, strict=True)
        }
        for path in tree.paths:
            if path.state is TrialState.WAITING and path.trial.seed == 2:
                key, stands = path.first_key, path.schedule
                while (child := next_key(key, stands.settings(path.trial.config))) in known:
                    key = child
                    stands = stands.after(known[key].val_loss, path.trial.config)
                assert key == path.first_key or key in needed


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "lr": st.sampled_from([1e-3, 2e-3]),
    "weight_decay": st.sampled_from([0.0, 0.1]),
    "label_smoothing": st.sampled_from([0.0, 0.1]),
    "patience": st.integers(0, 4),
    "gamma": st.sampled_from([0.1, 0.5, 0.9]),
    "threshold": st.sampled_from([0.0, 0.05, 0.3]),
    "cooldown": st.integers(0, 3),
    "lr_manual_decrease": st.sampled_from([0.8, 1.0]),
    "lr_manual_epochs": st.integers(0, 6),
    "use_tf": st.booleans(),
    "tf_start": st.sampled_from([0.1, 0.9, 1.0]),
    "tf_from_epoch": st.integers(0, 9),
    "tf_decrease": st.sampled_from([0.0, 0.05, 0.3]),
}


def test_every_key_that_acts_by_settings_is_tried_below():
    assert set(VALUES) == {name for name, key in KEYS.items() if key.acts is Acts.BY_SETTINGS}


@given(data=st.data(), name=st.sampled_from(sorted(VALUES)))
def test_a_new_value_of_a_swept_key_parts_from_its_trial_at_a_state_that_is_kept(data, name):
    base = data.draw(st.fixed_dictionaries(VALUES))
    new = data.draw(VALUES[name])
    spec = dataclasses.replace(
        make_spec({name: (base[name],)}), base=Config(num_epochs=9, **base | {name: base[name]})
    )
    tree = finished(spec)
    [path] = tree.paths
    kept = wanted(tree, "branches", is_there)
    config = dataclasses.replace(path.trial.config, **{name: new})
    key, stands, shared = path.first_key, Schedule.start(config), 0
    while shared < path.num_epochs:
        key = next_key(key, stands.settings(config))
        if key != path.keys[shared]:
            break
        stands = stands.after(path.results[shared].val_loss, config)
        shared += 1
    assert shared == 0 or path.keys[shared - 1] in kept

from __future__ import annotations

import pytest

from runner.results.table import make_table
from runner.results.timing import Timing, make_timing
from runner.tree.unfold import Tree
from tests.runner.sweeps_for_tests import finished, make_spec, prunes_early, result_of


@pytest.fixture(scope="module")
def tree() -> Tree:
    spec = make_spec(prune=prunes_early(), grace_epochs=1)
    return finished(spec, lambda node: result_of(node, "tf" if node.epoch > 1 else "other"))


@pytest.fixture(scope="module")
def timing(tree: Tree) -> Timing:
    return make_timing(tree.paths, "tf")


def test_the_seconds_of_all_curves_are_trained_shared_or_reused(tree: Tree, timing: Timing) -> None:
    seconds = sum(result.seconds for path in tree.paths for result in path.results)
    spared = timing.shared_seconds + timing.reused_seconds
    assert timing.trained_seconds + spared == pytest.approx(seconds)
    assert sum(trial.seconds for trial in timing.trials) == pytest.approx(seconds)
    assert min(timing.shared_seconds, timing.reused_seconds) > 0


def test_each_distinct_epoch_of_this_sweep_is_one_trials_own(tree: Tree, timing: Timing) -> None:
    own = {
        key: result.seconds
        for path in tree.paths
        for key, result in zip(path.keys, path.results, strict=True)
        if result.sweep == "tf"
    }
    assert timing.trained_seconds == pytest.approx(sum(own.values()))
    trained = sum(trial.trained_seconds for trial in timing.trials)
    assert trained == pytest.approx(sum(own.values()))


def test_pruning_spares_what_pruned_trials_had_left_at_their_own_pace(
    tree: Tree, timing: Timing
) -> None:
    num_pruned = make_table(tree).epochs.pruned
    assert num_pruned > 0
    assert 40 * num_pruned <= timing.pruned_seconds <= 50 * num_pruned

from __future__ import annotations

from collections import Counter

from runner.results.history import history
from runner.results.table import make_table
from tests.runner.sweeps_for_tests import finished, make_spec, result_of


def test_origins_of_all_trials_add_up_to_the_tables_counts() -> None:
    tree = finished(make_spec(), lambda node: result_of(node, "other" if node.epoch == 2 else "tf"))
    origins = Counter(past.origin.split()[0] for path in tree.paths for past in history(tree, path))
    counts = make_table(tree).epochs
    assert origins == {
        "trained": counts.trained,
        "shared": counts.shared,
        "reused": counts.reused,
    }


def test_an_epoch_is_shared_with_the_lowest_trial_that_has_gone_it() -> None:
    tree = finished(make_spec())
    for path in tree.paths:
        for past in history(tree, path):
            key = path.keys[past.epoch - 1]
            lowest = min(other.trial.number for other in tree.paths if key in other.keys)
            is_first = lowest == path.trial.number
            assert past.shared_with == (None if is_first else lowest)

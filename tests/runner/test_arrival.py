from __future__ import annotations

from collections.abc import Sequence

import pytest

from runner.specs.rules import Halving, Hyperband, Percentile, Rule
from runner.storage.agent_trials import AgentTrials, agent_trial, beside
from runner.storage.sweep_folder import SweepFolder
from runner.tree.arrival import ArrivalPruner, Peer
from runner.tree.judges import make_pruner
from runner.tree.path import Path
from runner.tree.pruning import JudgedTrial
from runner.tree.trial import TrialState
from tests.runner.sweeps_for_tests import finished, make_spec

RULES = [
    Percentile(keep=50, startup_trials=2, warmup_epochs=0),
    Halving(reduction_factor=2),
    Hyperband(max_resource=9, reduction_factor=2),
]
VALUES = [[float(place + epoch) for epoch in range(4)] for place in (3, 1, 4, 2, 0)]


def judged(rule: Rule, peers: Sequence[Peer], number: int, passed: int = 0) -> int | None:
    """Return after which epoch a trial is pruned that sees these peers."""
    pruner = ArrivalPruner(rule, lambda: peers, number=number, passed=passed)
    for epoch in range(1, 5):
        trial = JudgedTrial(number=0, values=VALUES[number][:epoch])
        if pruner.judge(epoch, trial, may_prune=True):
            return epoch
    return None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_trials_that_arrive_one_after_the_other_are_judged_as_a_sweep_judges_them(
    rule: Rule,
) -> None:
    in_a_sweep = make_pruner(rule)
    assert in_a_sweep is not None
    peers: list[Peer] = []
    for number, values in enumerate(VALUES):
        expected = None
        for epoch in range(1, 5):
            trial = JudgedTrial(number=number, values=values[:epoch])
            if in_a_sweep.judge(epoch, trial, may_prune=True):
                expected = epoch
                break
        assert judged(rule, peers, number) == expected
        peers.append(Peer(number=number, values=values[:expected]))


def test_a_trial_is_not_judged_again_where_it_has_passed() -> None:
    peers = [Peer(number=number, values=VALUES[number]) for number in range(4)]
    assert judged(RULES[0], peers, 4) == 1
    assert judged(RULES[0], peers, 4, passed=2) == 3


def test_what_is_kept_of_a_trial_is_read_back_and_what_is_damaged_is_left_out(tmp_path) -> None:
    folder = SweepFolder(results=tmp_path, name="tf")
    trials = AgentTrials(folder)
    paths = finished(make_spec()).paths
    for arrived, path in enumerate(paths):
        trials.put(agent_trial(path.trial.id, float(-arrived), path))
    found = trials.all()
    assert [trial.name for trial in found] == [path.trial.id for path in reversed(paths)]
    for number, trial in enumerate(reversed(found)):
        again = trial.path(number)
        assert again.trial == paths[number].trial
        assert again.keys == paths[number].keys
        assert again.values == paths[number].values
        assert again.state is paths[number].state
    (folder.agents / "trials" / f"{paths[0].trial.id}.json").write_text('{"name": 1}')
    assert len(trials.all()) == len(paths) - 1


def test_a_trial_that_a_sweep_and_an_agent_have_is_shown_once() -> None:
    own, sent = finished(make_spec()).paths, finished(make_spec()).paths
    own[0].state, own[1].state = TrialState.COMPLETE, TrialState.RUNNING
    sent[0].state = sent[1].state = TrialState.PRUNED
    other = finished(make_spec({"lr": [0.5]})).paths[0]
    found = beside(own, [agent_trial("run", 0.0, path) for path in (*sent[:2], other)])
    assert [path.trial.number for path in found] == list(range(len(own) + 1))
    assert [found[0].state, found[1].state] == [TrialState.COMPLETE, TrialState.PRUNED]
    assert ids(found) == [*ids(own), other.trial.id]


def ids(paths: Sequence[Path]) -> list[str]:
    return [path.trial.id for path in paths]

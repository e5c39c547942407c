from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from runner.specs.rules import Halving, Hyperband, Percentile, Rule
from runner.specs.spec import Choices
from runner.storage.agent_trials import AgentTrials, agent_trial, beside, scored
from runner.storage.given_up import GivenUp
from runner.storage.outcomes import RecordedOutcomes
from runner.storage.store import EpochStore
from runner.storage.sweep_folder import SweepFolder
from runner.tree.arrival import ArrivalPruner, Standing, standing
from runner.tree.judges import make_pruner
from runner.tree.path import Path
from runner.tree.pruning import JudgedTrial
from runner.tree.trial import TrialState
from tests import fakes
from tests.runner.sweeping import make_outcomes, run
from tests.runner.sweeps_for_tests import finished, make_spec

RULES = [
    Percentile(keep=50, startup_trials=2, warmup_epochs=0),
    Halving(reduction_factor=2),
    Hyperband(max_resource=9, reduction_factor=2),
]
VALUES = [[float(place + epoch) for epoch in range(4)] for place in (3, 1, 4, 2, 0)]


def judged(rule: Rule, others: Sequence[JudgedTrial], number: int, passed: int = 0) -> int | None:
    """Return after which epoch a trial is pruned that sees these others."""
    stands = Standing(number=number, others=others)
    pruner = ArrivalPruner(rule, lambda: stands, passed=passed)
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
    others: list[JudgedTrial] = []
    for number, values in enumerate(VALUES):
        expected = None
        for epoch in range(1, 5):
            trial = JudgedTrial(number=number, values=values[:epoch])
            if in_a_sweep.judge(epoch, trial, may_prune=True):
                expected = epoch
                break
        assert judged(rule, others, number) == expected
        others.append(JudgedTrial(number=number, values=values[:expected]))


def test_a_trial_is_not_judged_again_where_it_has_passed() -> None:
    others = [JudgedTrial(number=number, values=VALUES[number]) for number in range(4)]
    assert judged(RULES[0], others, 4) == 1
    assert judged(RULES[0], others, 4, passed=2) == 3


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_trial_that_sorts_in_before_ours_is_not_taken_for_it(rule: Rule) -> None:
    """As where the clock of its machine is behind ours."""
    alone = Standing(number=0, others=[])
    behind = Standing(number=1, others=[JudgedTrial(number=0, values=VALUES[2])])
    stands = iter([alone, behind])
    pruner = ArrivalPruner(rule, lambda: next(stands), passed=0)
    anew = ArrivalPruner(rule, lambda: behind, passed=0)
    one, two = (JudgedTrial(number=0, values=VALUES[4][:epoch]) for epoch in (1, 2))
    assert not pruner.judge(1, one, may_prune=True)
    assert pruner.judge(2, two, may_prune=True) == anew.judge(2, two, may_prune=True)


def test_a_trial_stands_by_its_arrival_among_those_of_its_seed_and_never_beside_itself() -> None:
    paths = finished(make_spec({"lr": [0.1, 0.2]}, seeds=(1, 2))).paths
    ours, other, of_another_seed = paths[:3]
    sent = [
        agent_trial(name, 0.0, path)
        for name, path in (("a", of_another_seed), ("b", ours), ("c", other), ("d", ours))
    ]
    found = standing(ours.trial, beside([], sent))
    assert found == Standing(number=1, others=[JudgedTrial(number=2, values=other.values)])
    assert standing(other.trial, beside([], sent[:2])).number == 2  # its file is not there yet


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


def test_a_trial_that_was_sent_has_the_scores_that_a_sweep_gives_its_epochs(tmp_path) -> None:
    tree, _ = run(fakes.make_spec(axes={"lr": Choices(values=(0.1,))}), tmp_path)
    [path] = tree.paths
    sent = agent_trial("run", 0.0, path)
    elsewhere = dataclasses.replace(sent, keys=[f"other {key}" for key in sent.keys])
    of_sweep = make_outcomes(EpochStore(tmp_path))
    assert scored(sent, of_sweep) == sent
    assert scored(elsewhere, of_sweep) == elsewhere
    scores = {"bleu": 7.0, "sinergy": 7.0, "bp": 1.0, "signature": "tok:none"}
    of_another = RecordedOutcomes(
        EpochStore(tmp_path), "none", lambda *_: scores, GivenUp(tmp_path / "given_up")
    )
    again = scored(sent, of_another)
    assert again is not None
    assert again.values == [7.0] * path.num_epochs
    assert {result.signature for result in again.results} == {"tok:none"}
    assert again.path(0).trial.config.bleu_tokenize == "none"
    assert again.path(0).trial.id == path.trial.id
    assert scored(elsewhere, of_another) is None

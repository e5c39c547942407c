from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import hypothesis.strategies as st
import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from lstm3.config import Config
from lstm3.fingerprint import digest
from runner.specs.rules import (
    RULES,
    Halving,
    Hyperband,
    Median,
    Patient,
    Percentile,
    Rule,
    Threshold,
)
from runner.specs.spec import Axis, Choices, Range, Spec
from runner.tree.judges import make_proposer, make_pruner
from runner.tree.optuna_adapter import distribution
from runner.tree.peers import percentile
from runner.tree.proposing import SeenCell
from runner.tree.pruning import JudgedTrial
from runner.tree.trial import TrialState

NUM_EPOCHS = 10


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A trial's BLEU after each epoch, and the epochs at which it must not be pruned."""

    values: Sequence[float]
    graces: frozenset[int]

    def may_prune(self, epoch: int, rule: Rule) -> bool:
        return epoch > rule.warmup_epochs and epoch not in self.graces


def random_curves(seed: int) -> list[Curve]:
    """Return trials of any length, some of which fail at once; ties are frequent."""
    numbers = random.Random(seed)
    return [
        Curve(
            values=[
                float(numbers.randint(0, 8))
                for _ in range(numbers.choice((0, numbers.randint(1, NUM_EPOCHS), NUM_EPOCHS)))
            ],
            graces=frozenset(numbers.choices(range(1, NUM_EPOCHS + 1), k=numbers.randint(0, 3))),
        )
        for _ in range(numbers.randint(0, 30))
    ]


SEEDS = st.integers(0, 2**32)
CURVES = SEEDS.map(random_curves)
ORDERS = SEEDS.map(random.Random)
SEEING_OTHERS = [
    Percentile(keep=75.0, startup_trials=2, warmup_epochs=1),
    Percentile(keep=33.3, startup_trials=0, warmup_epochs=0),
    Median(startup_trials=4, warmup_epochs=2),
]
ALONE_OR_BY_RUNG = [
    Threshold(lower=3.0, warmup_epochs=2),
    Patient(patience=1, warmup_epochs=0),
    Patient(patience=2, min_delta=1.0, warmup_epochs=4),
    Halving(min_resource=1, reduction_factor=2),
    Halving(min_resource=2, reduction_factor=3, min_early_stopping_rate=1, warmup_epochs=3),
    Hyperband(max_resource=9, reduction_factor=3),
    Hyperband(max_resource=NUM_EPOCHS, min_resource=2, reduction_factor=2),
]


def optuna_pruner(rule: Rule) -> optuna.pruners.BasePruner:
    with warnings.catch_warnings(action="ignore", category=ExperimentalWarning):
        match rule:
            case Percentile():
                return optuna.pruners.PercentilePruner(rule.keep, rule.startup_trials)
            case Median():
                return optuna.pruners.MedianPruner(rule.startup_trials)
            case Threshold():
                return optuna.pruners.ThresholdPruner(lower=rule.lower)
            case Patient():
                return optuna.pruners.PatientPruner(None, rule.patience, rule.min_delta)
            case Halving():
                return optuna.pruners.SuccessiveHalvingPruner(
                    rule.min_resource, rule.reduction_factor, rule.min_early_stopping_rate
                )
            case Hyperband():
                return optuna.pruners.HyperbandPruner(
                    rule.min_resource, rule.max_resource, rule.reduction_factor
                )
    raise AssertionError(rule)


def trial_after_trial(rule: Rule, curves: Sequence[Curve]) -> list[int | None]:
    """Return when each is pruned in one Optuna study in which trials run one after the other."""
    study = optuna.create_study(
        study_name="sweep", direction="maximize", pruner=optuna_pruner(rule)
    )
    pruned_at: list[int | None] = []
    for curve in curves:
        trial = study.ask()
        pruned_at.append(None)
        for epoch, value in enumerate(curve.values, start=1):
            trial.report(value, epoch)
            if trial.should_prune() and curve.may_prune(epoch, rule):
                pruned_at[-1] = epoch
                break
        study.tell(trial, state=OptunaState.PRUNED if pruned_at[-1] else OptunaState.FAIL)
    return pruned_at


def view_after_view(rule: Rule, curves: Sequence[Curve]) -> list[int | None]:
    """Return when each is pruned if Optuna is shown, at every epoch, what came before it."""
    pruner = optuna_pruner(rule)
    pruned_at: list[int | None] = []
    for curve in curves:
        pruned_at.append(None)
        for epoch in range(1, len(curve.values) + 1):
            study = optuna.create_study(direction="maximize")
            for before, its_end in zip(curves, pruned_at[:-1], strict=False):
                last = min(epoch, its_end or epoch)
                if len(before.values) < last:
                    continue  # it failed, or was shorter
                was_pruned = its_end is not None and its_end <= epoch
                study.add_trial(
                    create_trial(
                        state=OptunaState.PRUNED if was_pruned else OptunaState.COMPLETE,
                        value=None if was_pruned else max(before.values[:last]),
                        intermediate_values=dict(enumerate(before.values[:last], start=1)),
                    )
                )
            judged = create_trial(
                state=OptunaState.RUNNING,
                intermediate_values=dict(enumerate(curve.values[:epoch], start=1)),
            )
            if curve.may_prune(epoch, rule) and pruner.prune(study, judged):
                pruned_at[-1] = epoch
                break
    return pruned_at


def judged(rule: Rule, curves: Sequence[Curve], numbers: random.Random) -> list[int | None]:
    """Return when each is pruned by our pruner, epochs and trials in any order that is allowed."""
    pruner = make_pruner(rule)
    pruned_at: list[int | None] = [None] * len(curves)
    passed = [0] * (NUM_EPOCHS + 1)  # trials, by epoch
    while True:
        open_epochs = [
            epoch
            for epoch in range(1, NUM_EPOCHS + 1)
            if passed[epoch] < (len(curves) if epoch == 1 else passed[epoch - 1])
        ]
        if not open_epochs:
            return pruned_at
        epoch = numbers.choice(open_epochs)
        number = passed[epoch]
        passed[epoch] += 1
        curve, its_end = curves[number], pruned_at[number]
        was_pruned = its_end is not None
        if len(curve.values) < epoch and not was_pruned:
            continue
        trial = JudgedTrial(
            number=number, values=curve.values[: its_end or epoch], was_pruned=was_pruned
        )
        may_prune = not was_pruned and curve.may_prune(epoch, rule)
        if pruner.judge(epoch, trial, may_prune=may_prune):
            pruned_at[number] = epoch


@settings(max_examples=60)
@given(rule=st.sampled_from(ALONE_OR_BY_RUNG), curves=CURVES, numbers=ORDERS)
def test_rules_that_need_one_study_judge_as_if_trials_ran_one_after_the_other(
    rule: Rule, curves: list[Curve], numbers: random.Random
) -> None:
    assert judged(rule, curves, numbers) == trial_after_trial(rule, curves)


@settings(max_examples=40)
@given(rule=st.sampled_from(SEEING_OTHERS), curves=CURVES, numbers=ORDERS)
def test_percentile_rules_judge_as_optuna_does_on_the_view_at_each_epoch(
    rule: Rule, curves: list[Curve], numbers: random.Random
) -> None:
    assert judged(rule, curves, numbers) == view_after_view(rule, curves)


@given(
    values=st.lists(st.floats(0, 100, allow_subnormal=False), min_size=1, max_size=50),
    percent=st.floats(0, 100),
)
def test_the_percentile_of_a_sorted_list_is_numpys_to_the_last_bit(
    values: list[float], percent: float
) -> None:
    assert percentile(sorted(values), percent) == np.nanpercentile(np.array(values), percent)


def test_every_rule_that_a_spec_can_name_has_a_pruner() -> None:
    tested = {type(rule) for rule in SEEING_OTHERS + ALONE_OR_BY_RUNG}
    assert tested == set(RULES.values())


def test_a_rule_without_a_pruner_is_a_bug() -> None:
    with pytest.raises(TypeError, match="no pruner"):
        make_pruner(Rule())


def test_each_rule_prunes_a_bad_trial_and_spares_a_good_one() -> None:
    good, bad = [10.0 + epoch for epoch in range(9)], [9.0 - epoch for epoch in range(9)]
    for rule in SEEING_OTHERS + ALONE_OR_BY_RUNG:
        none = frozenset[int]()
        curves = [Curve(values=good, graces=none)] * 30 + [Curve(values=bad, graces=none)]
        pruned_at = judged(rule, curves, random.Random(1))
        assert pruned_at[-1] is not None, rule
        assert pruned_at[0] is None, rule


AXES: dict[str, Axis] = {
    "lr": Range(low=1e-4, high=1e-2, log=True),
    "patience": Range(low=0, high=5, is_whole=True),
    "hidden_size": Range(low=8, high=512, log=True, is_whole=True),
    "amsgrad": Choices(values=(True, False)),
    "weights": Choices(values=(None, "model")),
    "gamma": Range(low=0.1, high=0.9),
    "clip_norm": Choices(values=(1.0,)),
}


def spec(search: str, axes: dict[str, Axis] | None = None) -> Spec:
    return Spec(
        name="any", corpus="demo", base=Config(), axes=axes or AXES, search=search, trials=40
    )


def score(params: object) -> float:
    return random.Random(repr(params)).uniform(0, 30)


def unfolded(search: str, num_cells: int, fresh_each: bool = False) -> list[dict[str, object]]:
    """Return cells as a sweep would ask for them, each third pruned, failed or complete."""
    proposer = make_proposer(spec(search))
    proposed: list[dict[str, object]] = []
    for index in range(num_cells):
        if fresh_each:
            proposer = make_proposer(spec(search))
        seen = [see(params, place, index - 3) for place, params in enumerate(proposed)]
        proposed.append(dict(proposer.propose(index, 0, seen if proposer.needs_results else [])))
    return proposed


def see(params: dict[str, object], place: int, num_known: int) -> SeenCell:
    if place >= num_known:
        return SeenCell(params=params)
    values = [score(params) - 1.0, score(params), score(params) - 2.0]
    if place % 3 == 0:
        return SeenCell(params=params, ending=TrialState.COMPLETE, values=values)
    if place % 3 == 1:
        ending = (TrialState.PRUNED, TrialState.STOPPED)[place % 2]
        return SeenCell(params=params, ending=ending, values=values[:2])
    return SeenCell(params=params, ending=TrialState.FAILED, values=values[: place % 2])


@pytest.mark.parametrize("search", ["random", "qmc", "tpe"])
def test_proposals_are_plain_values_of_their_axes(search: str) -> None:
    for params in unfolded(search, 30):
        assert params.keys() == AXES.keys()
        for name, value in params.items():
            axis = AXES[name]
            if isinstance(axis, Choices):
                assert any(value is choice for choice in axis.values)
            else:
                assert type(value) is (int if axis.is_whole else float)
                assert axis.low <= value <= axis.high


@pytest.mark.parametrize("search", ["random", "qmc", "tpe"])
def test_a_proposal_depends_on_its_arguments_alone(search: str) -> None:
    assert unfolded(search, 30) == unfolded(search, 30, fresh_each=True)


@pytest.mark.parametrize("search", ["random", "qmc", "tpe"])
def test_a_proposer_that_was_asked_anything_else_before_answers_the_same(search: str) -> None:
    cells = unfolded(search, 26)
    seen = [see(params, place, 22) for place, params in enumerate(cells[:25])]
    others = [see(params, place, 9) for place, params in enumerate(cells[10:])]
    confused = make_proposer(spec(search))
    for index, attempt, view in [(16, 0, others), (25, 1, seen), (3, 0, seen[:3]), (25, 2, seen)]:
        confused.propose(index, attempt, view)
    again = confused.propose(25, 0, seen)
    assert again == make_proposer(spec(search)).propose(25, 0, seen) == cells[25]


@pytest.mark.parametrize("search", ["random", "qmc", "tpe"])
def test_asking_again_gives_another_cell(search: str) -> None:
    proposer = make_proposer(spec(search))
    asked = [proposer.propose(0, attempt, []) for attempt in range(20)]
    assert len({repr(params) for params in asked}) == 20


def test_only_tpe_needs_results() -> None:
    needs = {search: make_proposer(spec(search)).needs_results for search in ("random", "tpe")}
    assert needs == {"random": False, "tpe": True}
    assert not make_proposer(spec("qmc")).needs_results


def test_tpe_proposes_what_optuna_asked_on_a_study_of_the_same_cells_does() -> None:
    cells = unfolded("tpe", 31)
    distributions = {name: distribution(axis) for name, axis in sorted(AXES.items())}
    states = {
        TrialState.COMPLETE: OptunaState.COMPLETE,
        TrialState.FAILED: OptunaState.FAIL,
        None: OptunaState.RUNNING,
    }
    for index in (5, 12, 25, 30):
        study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=int(digest(["sampler", index, 0])[:8], 16)),
        )
        for place, params in enumerate(cells[:index]):
            cell = see(params, place, index - 3)
            study.add_trial(
                create_trial(
                    state=states.get(cell.ending, OptunaState.PRUNED),
                    value=max(cell.values) if cell.ending is TrialState.COMPLETE else None,
                    params=params,
                    distributions=distributions,
                    intermediate_values=dict(enumerate(cell.values, start=1)),
                )
            )
        assert study.ask(distributions).params == cells[index]

"""Optuna's pruners and samplers behind the runner's own protocols."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    PatientPruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)
from optuna.samplers import RandomSampler, TPESampler
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from lstm3.fingerprint import digest
from runner.specs.rules import Halving, Hyperband, Patient, Rule, Threshold
from runner.specs.spec import Axis, Choices
from runner.tree.proposing import Params, SeenCell
from runner.tree.pruning import JudgedTrial, Pruner
from runner.tree.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.WARNING)  # its news of studies would go to the terminal

_STUDY = "sweep"  # Hyperband deals trials out to brackets by this name and their number


def make_optuna_pruner(rule: Rule) -> Pruner:
    """Return what judges trials by `rule`; the rule's warm-up is left to the caller."""
    match rule:
        case Threshold():
            return _InOneStudy(ThresholdPruner(lower=rule.lower))
        case Patient():
            with warnings.catch_warnings(action="ignore", category=ExperimentalWarning):
                return _InOneStudy(PatientPruner(None, rule.patience, rule.min_delta))
        case Halving():
            return _InOneStudy(
                SuccessiveHalvingPruner(
                    min_resource=rule.min_resource,
                    reduction_factor=rule.reduction_factor,
                    min_early_stopping_rate=rule.min_early_stopping_rate,
                )
            )
        case Hyperband():
            return _InOneStudy(
                HyperbandPruner(
                    min_resource=rule.min_resource,
                    max_resource=rule.max_resource,
                    reduction_factor=rule.reduction_factor,
                )
            )
    raise TypeError(f"no pruner for {rule}")


class _InOneStudy:
    """Asks an Optuna pruner on one study that holds all trials.

    One study serves all epochs, since these rules look at a trial alone or at its rung, and a
    rung (of a bracket) is reached at one epoch: by then, the trials judged before are in it and
    no others. A number that is never judged, say because it failed, stays without values.
    """

    def __init__(self, pruner: BasePruner) -> None:
        self._study = optuna.create_study(
            study_name=_STUDY, direction="maximize", pruner=pruner, sampler=RandomSampler()
        )
        self._trials: list[optuna.Trial] = []

    def judge(self, epoch: int, trial: JudgedTrial, *, may_prune: bool) -> bool:
        if trial.was_pruned:
            return False
        while len(self._trials) <= trial.number:
            self._trials.append(self._study.ask())
        asked = self._trials[trial.number]
        asked.report(trial.values[-1], epoch)
        return asked.should_prune() and may_prune  # asked in any case: it notes the rung


def distribution(axis: Axis) -> BaseDistribution:
    """Return an axis as Optuna has it."""
    if isinstance(axis, Choices):
        return CategoricalDistribution(axis.values)
    if axis.is_whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


_ENDINGS = {
    TrialState.COMPLETE: OptunaState.COMPLETE,
    TrialState.PRUNED: OptunaState.PRUNED,
    TrialState.FAILED: OptunaState.FAIL,
    TrialState.STOPPED: OptunaState.PRUNED,  # a user's judgement is a judgement
}


class TPEProposer:
    """Proposes by Optuna's TPE (Bergstra et al. 2011; multivariate, running cells repel).

    It keeps a study of the cells that it was shown, and starts anew if it is shown others.
    """

    needs_results = True

    def __init__(self, axes: Mapping[str, Axis]) -> None:
        self._distributions = {name: distribution(axis) for name, axis in axes.items()}
        self._forget()

    def propose(self, index: int, attempt: int, seen: Sequence[SeenCell]) -> Params:
        self._show(seen)
        self._study.sampler = TPESampler(seed=int(digest(["sampler", index, attempt])[:8], 16))
        asked = self._study.ask(self._distributions)
        self._study.tell(asked, state=OptunaState.FAIL)  # which TPE leaves out: not a cell as yet
        params = asked.params
        return {name: params[name] for name in self._distributions}

    def _forget(self) -> None:
        self._storage = InMemoryStorage()
        self._study = optuna.create_study(
            study_name=_STUDY, direction="maximize", storage=self._storage
        )
        self._shown: list[SeenCell] = []
        self._ids: list[int] = []  # of the study's trials, by cell

    def _show(self, seen: Sequence[SeenCell]) -> None:
        """Bring the study to what is seen now."""
        if not self._continues(seen):
            self._forget()
        for place, cell in enumerate(seen):
            if place == len(self._shown):
                self._enter(cell)
            if cell.ending is not None and self._shown[place].ending is None:
                self._end(place, cell, _ENDINGS[cell.ending])

    def _continues(self, seen: Sequence[SeenCell]) -> bool:
        return len(seen) >= len(self._shown) and all(
            now == before or (before.ending is None and now.params == before.params)
            for before, now in zip(self._shown, seen, strict=False)
        )

    def _enter(self, cell: SeenCell) -> None:
        trial = create_trial(
            state=OptunaState.RUNNING,
            params=dict(cell.params),
            distributions=self._distributions,
        )
        study_id = self._storage.get_study_id_from_name(_STUDY)
        self._ids.append(self._storage.create_new_trial(study_id, template_trial=trial))
        self._shown.append(SeenCell(params=cell.params))

    def _end(self, place: int, cell: SeenCell, state: OptunaState) -> None:
        for epoch, value in enumerate(cell.values, start=1):
            self._storage.set_trial_intermediate_value(self._ids[place], epoch, value)
        best = [max(cell.values)] if state is OptunaState.COMPLETE else None
        self._storage.set_trial_state_values(self._ids[place], state, best)
        self._shown[place] = cell

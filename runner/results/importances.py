"""How much each swept key matters, by Optuna."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial

from runner.results.table import Row
from runner.specs.spec import Axis
from runner.tree.optuna_adapter import distribution
from runner.tree.trial import TrialState

EVALUATOR = "PED-ANOVA (Watanabe et al. 2023): how much a key decides who is in the best quarter"
_BEST = 0.25  # of Optuna's tenth, the sweeps here would have too few trials
_FEWEST = 8  # complete trials


def importances(axes: Mapping[str, Axis], rows: Sequence[Row]) -> Mapping[str, float]:
    """Return each key's importance (they add up to 1) over complete trials, largest first.

    Empty where there are too few trials to tell.
    """
    complete = [row for row in rows if row.state is TrialState.COMPLETE]
    varied = {
        name: axis for name, axis in axes.items() if len({row.params[name] for row in complete}) > 1
    }
    if len(complete) < _FEWEST or not varied or len({row.bleu for row in complete}) == 1:
        return {}
    study = optuna.create_study(direction="maximize")
    kinds = {name: distribution(axis) for name, axis in varied.items()}
    for row in complete:
        trial = create_trial(
            params={name: row.params[name] for name in varied}, distributions=kinds, value=row.bleu
        )
        study.add_trial(trial)
    evaluator = PedAnovaImportanceEvaluator(target_quantile=_BEST)
    return get_param_importances(study, evaluator=evaluator)

"""How much each swept key matters, by Optuna."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial

from runner.results.cells import make_cells
from runner.results.table import Row
from runner.specs.spec import Axis, Choices
from runner.tree.optuna_adapter import distribution

EVALUATOR = "PED-ANOVA (Watanabe et al. 2023): how much a key decides who is in the best quarter"
FEWEST_CELLS = 20  # complete ones
_BEST = 0.25  # of Optuna's tenth, the sweeps here would have too few trials


def importances(axes: Mapping[str, Axis], rows: Sequence[Row]) -> Mapping[str, float]:
    """Return each key's importance (they add up to 1) over complete cells, largest first.

    Empty where there are too few cells to tell.
    """
    cells = [cell for cell in make_cells(rows) if cell.is_complete]
    varied = {
        name: axis for name, axis in axes.items() if len({cell.params[name] for cell in cells}) > 1
    }
    if len(cells) < FEWEST_CELLS or not varied or len({cell.mean for cell in cells}) == 1:
        return {}
    study = optuna.create_study(direction="maximize")
    kinds = {
        name: distribution(_widened(axis, [cell.params[name] for cell in cells]))
        for name, axis in varied.items()
    }
    for cell in cells:
        trial = create_trial(
            params={name: cell.params[name] for name in varied},
            distributions=kinds,
            value=cell.mean,
        )
        study.add_trial(trial)
    evaluator = PedAnovaImportanceEvaluator(target_quantile=_BEST)
    return get_param_importances(study, evaluator=evaluator)


def _widened(axis: Axis, values: Sequence[Any]) -> Axis:
    """Return an axis that holds these values too: agents may have had a wider one."""
    if isinstance(axis, Choices):
        return Choices(values=tuple(dict.fromkeys((*axis.values, *values))))
    return dataclasses.replace(axis, low=min(axis.low, *values), high=max(axis.high, *values))

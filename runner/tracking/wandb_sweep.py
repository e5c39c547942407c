"""A spec as a W&B sweep config: the same question, with W&B's server as the coordinator."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from lstm3.config import Config
from lstm3.errors import ConfigError
from runner.specs.rules import Hyperband
from runner.specs.spec import Axis, Choices, Spec

# W&B's own model-based search, which is not TPE, stands in for it.
_METHODS = {"grid": "grid", "random": "random", "tpe": "bayes"}


def sweep_config(spec: Spec, command: Sequence[str]) -> dict[str, Any]:
    """Return the W&B sweep config whose agents run `command` for each trial.

    Raises ConfigError with a line for everything in the spec that W&B cannot express.
    """
    problems = list(_problems(spec))
    if problems:
        raise ConfigError([f"{spec.name}: {problem}" for problem in problems])
    config: dict[str, Any] = {"name": spec.name}
    if spec.question:
        config["description"] = spec.question
    config |= {
        "method": _METHODS[spec.search],
        "metric": {"name": spec.objective, "goal": "maximize"},
        "parameters": {**_swept(spec), **_constants(spec)},
        "command": list(command),
    }
    if spec.trials is not None:
        config["run_cap"] = spec.trials
    if isinstance(spec.prune, Hyperband):
        config["early_terminate"] = {
            "type": "hyperband",
            "min_iter": spec.prune.min_resource,
            "eta": spec.prune.reduction_factor,
        }
    return config


def _problems(spec: Spec) -> Iterator[str]:
    if spec.search not in _METHODS:
        known = ", ".join(_METHODS)
        yield f"search: found '{spec.search}', which W&B does not have; expected one of {known}"
    if not spec.is_grid and len(spec.seeds) > 1:
        yield (
            f"seeds: found {list(spec.seeds)}; W&B draws each run's parameters by themselves, so "
            "the seeds of a cell would not meet; expected one seed, or 'search: grid'"
        )
    for name, value in dataclasses.asdict(spec.budget).items():
        if value is not None:
            yield (
                f"budget: found '{name}: {value:g}', which W&B does not have; leave it out, and "
                "give agents '--count N'"
            )


def notes(spec: Spec) -> Iterator[str]:
    """Return what of a spec is done otherwise under W&B, and what is left to this program."""
    if spec.search == "tpe":
        yield "W&B's own 'bayes' stands in for 'tpe', which W&B has not"
    if spec.baseline:
        yield "W&B has no run beside those of its search; 'runner sweep' trains the baseline"
    if spec.finals is not None:
        yield "W&B has no finals; 'runner finals' trains them"


def _swept(spec: Spec) -> dict[str, Any]:
    found = {name: _parameter(axis) for name, axis in spec.axes.items()}
    # W&B wants a list in every grid, and a grid without axes has its seeds.
    return found | {"seed": {"values": list(spec.seeds)}}


def _parameter(axis: Axis) -> dict[str, Any]:
    if isinstance(axis, Choices):
        return {"values": list(axis.values)}
    bounds = {"min": axis.low, "max": axis.high}
    if not axis.is_whole:
        kind = "log_uniform_values" if axis.log else "uniform"
        return {"distribution": kind, **bounds}
    if axis.log:
        return {"distribution": "q_log_uniform_values", "q": 1, **bounds}
    return {"distribution": "int_uniform", **bounds}


def _constants(spec: Spec) -> dict[str, Any]:
    """Return what the spec's base changes of the defaults, and no axis does."""
    base, default = dataclasses.asdict(spec.base), dataclasses.asdict(Config())
    return {
        name: {"value": value}
        for name, value in base.items()
        if value != default[name] and name not in (*spec.axes, "seed", "device")
    }

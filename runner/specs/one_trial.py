"""One trial of a spec by itself, with parameters that somebody else chose."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TypeGuard

from lstm3.config import ALIASES, collect, value_type
from lstm3.errors import ConfigError
from runner.specs.spec import Axis, Choices, Spec


def one_trial(spec: Spec, given: Mapping[str, object], where: Callable[[str], str]) -> Spec:
    """Return the spec of the trial that has these values of config keys.

    `where(key)` names the place that a value is from. Raises ConfigError with every problem,
    which includes keys that the spec sweeps and that have no value.
    """
    values, problems = collect(_whole(given), where)
    only = {name: axis.values[0] for name, axis in spec.axes.items() if _is_single(axis)}
    if len(spec.seeds) == 1:
        only["seed"] = spec.seeds[0]
    chosen = only | values
    named = {ALIASES.get(name, name) for name in given}
    problems += [
        f"{spec.name}: {name}: the spec sweeps it; expected --{name}=VALUE"
        for name in (*spec.axes, "seed")
        if name not in chosen and name not in named
    ]
    if problems:
        raise ConfigError(problems)
    others = {name: value for name, value in values.items() if name not in (*spec.axes, "seed")}
    return spec.narrowed(
        base=dataclasses.replace(spec.base, **others),
        axes={name: Choices(values=(chosen[name],)) for name in spec.axes},
        seeds=(chosen["seed"],),
        prune=spec.prune,  # by what other trials have reached
    )


def _is_single(axis: Axis) -> TypeGuard[Choices]:
    return isinstance(axis, Choices) and len(axis.values) == 1


def _whole(given: Mapping[str, object]) -> dict[str, object]:
    """Return the values with whole numbers as such; some W&B distributions make them 16.0."""
    return {
        name: int(value)
        if isinstance(value, float) and value.is_integer() and _is_whole(name)
        else value
        for name, value in given.items()
    }


def _is_whole(name: str) -> bool:
    try:
        return value_type(name) is int
    except KeyError:
        return False  # no key at all, which `collect` tells

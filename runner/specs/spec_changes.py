"""What differs between two starts of a sweep, and what that does to its trials."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

from lstm3.config import KEYS, Acts, describe
from runner.specs.resolved_spec import resolved
from runner.specs.spec import Spec


class Effect(enum.Enum):
    """What a changed key does to a sweep that was started before."""

    NOTHING = "it decides where, how long at a time or how loud"
    LENGTH = "trials are longer or shorter"
    TRIALS = "there are more or fewer trials"
    AXES = "the same, and those there are may come in another order"
    PRUNING = "trials may be pruned that were not, and the other way round"
    PROPOSALS = "a sampler that waits for results may propose others"
    SCORES = "the same epochs have another BLEU"
    MEANING = "what was trained answers another question"


EFFECTS: Mapping[str, Effect] = {
    "corpus": Effect.NOTHING,  # its text is compared, not its name
    "search": Effect.MEANING,
    "trials": Effect.TRIALS,
    "cells": Effect.AXES,
    "baseline": Effect.TRIALS,
    "seeds": Effect.TRIALS,
    "finals": Effect.NOTHING,
    "prune": Effect.PRUNING,
    "grace_epochs": Effect.PRUNING,
    "objective": Effect.MEANING,
    "parallel": Effect.PROPOSALS,
    "budget": Effect.NOTHING,
    "deadline": Effect.NOTHING,
    "slots_per_device": Effect.NOTHING,
    "store": Effect.NOTHING,
    "wandb": Effect.NOTHING,
    "max_trials": Effect.NOTHING,
}  # of the keys of a spec; those of configs follow from how they act
_OF_BASELINE = "baseline."  # before a swept key: its value in the base config
_OF_CONFIG = {"num_epochs": Effect.LENGTH, "bleu_tokenize": Effect.SCORES}

# What each sampler looks at besides the number of a cell.
_SEEN_BY_POINTS = (Effect.AXES,)
_SEEN_BY_TPE = (
    *(Effect.AXES, Effect.LENGTH, Effect.PRUNING),
    *(Effect.PROPOSALS, Effect.SCORES),
)
_SEEN_BY_PRUNERS = (Effect.AXES, Effect.PRUNING, Effect.SCORES)


def changes(old: Spec, new: Spec) -> tuple[list[str], list[str]]:
    """Return (changes that leave old trials their meaning; all others), a line each.

    Weights should be named by their content. A line says in brackets what it may lead to beside
    more, fewer, longer or shorter trials.
    """
    harmless: list[str] = []
    serious: list[str] = []
    for key, was, now in _differences(old, new):
        effect = _effect(key, was, now)
        line = f"{key}: {_said(was)} → {_said(now)}"
        if effect is Effect.MEANING:
            serious.append(line)
        else:
            is_first_seed = key == "seeds" and was[0] != now[0]
            seen_as = Effect.PRUNING if is_first_seed else effect
            harmless.append(line + _consequences(seen_as, old, new))
    return harmless, serious


def differences(old: Spec, new: Spec) -> list[str]:
    """Return all keys that differ, a line each."""
    return [f"{key}: {_said(was)} → {_said(now)}" for key, was, now in _differences(old, new)]


def _differences(old: Spec, new: Spec) -> Iterator[tuple[str, Any, Any]]:
    """Yield (key, what it was, what it is now) of all keys that differ."""
    before, after = _flat(old), _flat(new)
    if old.baseline and new.baseline:
        for key in old.axes.keys() | new.axes.keys():
            before[_OF_BASELINE + key] = getattr(old.base, key)
            after[_OF_BASELINE + key] = getattr(new.base, key)
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def _flat(spec: Spec) -> dict[str, Any]:
    """Return all keys under their own names; an axis hides what the baseline has of its key."""
    values = resolved(spec)
    base, axes = values.pop("base"), values.pop("sweep")
    return {**values, **base, **axes}


def _effect(key: str, was: Any, now: Any) -> Effect:
    if key in EFFECTS:
        return EFFECTS[key]
    if key.startswith(_OF_BASELINE):
        return EFFECTS["baseline"]
    if KEYS[key].acts is Acts.NEVER:
        return _OF_CONFIG.get(key, Effect.NOTHING)
    return Effect.AXES if _is_more_or_less(was, now) else Effect.MEANING


def _is_more_or_less(was: Any, now: Any) -> bool:
    """Return whether both are axes, or one is an axis that has the other among its values."""
    return (_is_axis(was) and _has(was, now)) or (_is_axis(now) and _has(now, was))


def _is_axis(value: Any) -> bool:
    return isinstance(value, list | dict)


def _has(axis: Any, value: Any) -> bool:
    if _is_axis(value):
        return True
    if isinstance(axis, list):
        return value in axis
    return bool(axis["min"] <= value <= axis["max"])


def _consequences(effect: Effect, old: Spec, new: Spec) -> str:
    seen = _SEEN_BY_TPE if new.search == "tpe" else () if new.is_grid else _SEEN_BY_POINTS
    if effect in seen:
        return f" ({new.search} may propose other cells)"
    if effect in _SEEN_BY_PRUNERS and (old.prune or new.prune):
        return " (pruning may decide otherwise)"
    return ""


def _said(value: object) -> str:
    if value is None:
        return "not given"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_said(inner)}" for key, inner in value.items()) + "}"
    return describe(value)

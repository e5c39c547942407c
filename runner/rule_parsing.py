"""Pruning rules as a spec writes them: a name, or a name with its parameters."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from lstm3.config import describe, unknown_key
from runner.pruning import RULES, SAFE, Rule

Problems = list[tuple[tuple[str, ...], str]]  # the path of a key below `prune`, what is wrong

_REAL = ("keep", "lower", "min_delta")  # parameters that need not be whole


def parse_rule(value: object) -> tuple[Rule | None, Problems]:
    """Return (the rule, None for none; what is wrong with it)."""
    if value == "safe":
        return SAFE, []
    if value == "none" or value is None:
        return None, []
    if isinstance(value, str) and value in RULES:
        return _make(value, {})
    if isinstance(value, dict) and len(value) == 1:
        [(name, params)] = value.items()
        if name in RULES and isinstance(params or {}, dict):
            return _make(name, params or {})
    names = ", ".join(["safe", "none", *RULES])
    expected = f"one of {names}, or one with its parameters such as {{percentile: {{keep: 75}}}}"
    return None, [((), f"found {describe(value)}; expected {expected}")]


def _make(name: str, params: Mapping[str, Any]) -> tuple[Rule | None, Problems]:
    fields = {field.name: field for field in dataclasses.fields(RULES[name])}
    problems: Problems = []
    for key, value in params.items():
        message = _wrong(key, value) if key in fields else unknown_key(key, fields)
        if message:
            problems.append(((name, key), message))
    for key, field in fields.items():
        if field.default is dataclasses.MISSING and key not in params:
            problems.append(((), f"'{name}' needs '{key}', as in {{{name}: {{{key}: 10}}}}"))
    return (None if problems else RULES[name](**params)), problems


def _wrong(key: str, value: Any) -> str | None:
    """Return what is wrong with the value of a parameter, if anything is."""
    is_real = key in _REAL
    least = 2 if key == "reduction_factor" else 1 if key.endswith("resource") else 0
    if not is_number(value, is_real=is_real) or value < least:
        kind = "a number" if is_real else "a whole number"
        return f"found {describe(value)}; expected {kind} ≥ {least}"
    if key == "keep" and value > 100:
        return f"found {describe(value)}; expected a percentage"
    return None


def is_number(value: object, *, is_real: bool) -> bool:
    """Return whether `value` is a finite number, whole unless `is_real`."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (is_real and isinstance(value, float) and math.isfinite(value))

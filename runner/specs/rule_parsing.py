"""Pruning rules as a spec writes them: a name, or a name with its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from lstm3.config import describe
from runner.specs.limits import Limits, Problems, Real, Whole, parse_section
from runner.specs.rules import RULES, SAFE, Hyperband, Rule

_LIMITS: Limits = {
    "keep": Real(most=100),  # percent
    "lower": Real(most=100),  # BLEU
    "min_delta": Real(most=100),  # BLEU
    "startup_trials": Whole(least=0),
    "warmup_epochs": Whole(least=0),
    "patience": Whole(least=0),
    "min_resource": Whole(),
    "max_resource": Whole(),
    "reduction_factor": Whole(least=2, most=1000),
    "min_early_stopping_rate": Whole(least=0, most=20),
}


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
    fields = dataclasses.fields(RULES[name])
    good, wrong = parse_section(params, {field.name: _LIMITS[field.name] for field in fields})
    problems: Problems = [((name, *inner), message) for inner, message in wrong]
    for field in fields:
        if field.default is dataclasses.MISSING and field.name not in params:
            example = f"{{{name}: {{{field.name}: 10}}}}"
            problems.append(((), f"'{name}' needs '{field.name}', as in {example}"))
    if problems:
        return None, problems
    rule = RULES[name](**good)
    if isinstance(rule, Hyperband) and rule.min_resource > rule.max_resource:
        message = f"found {rule.min_resource}; expected at most max_resource, {rule.max_resource}"
        return None, [((name, "min_resource"), message)]
    return rule, []

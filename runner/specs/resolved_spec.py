"""A spec with every key spelled out: kept with the sweep, and compared when it starts again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from lstm3.yaml_file import dump_yaml
from runner.specs.rules import Rule
from runner.specs.spec import Axis, Choices, Spec

_NOT_IN_BASE = ("seed", "device")


def resolved(spec: Spec) -> dict[str, Any]:
    """Return the spec with every key spelled out, as `parse_spec` reads it back."""
    values = dataclasses.asdict(spec)
    del values["name"], values["question"], values["axes"]
    corpus: Any = spec.corpus
    if not isinstance(corpus, str):
        corpus = {split: list(files) for split, files in corpus.items()}
    base = {
        key: value
        for key, value in values["base"].items()
        if key not in _NOT_IN_BASE and (spec.baseline or key not in spec.axes)
    }
    values |= {
        "corpus": corpus,
        "base": base,
        "sweep": {name: _axis(axis) for name, axis in spec.axes.items()},
        "cells": [dict(cell) for cell in spec.cells] or None,
        "seeds": list(spec.seeds),
        "finals": spec.finals and {"top": spec.finals.top, "seeds": list(spec.finals.seeds)},
        "prune": _rule(spec.prune),
        "budget": _given(values["budget"]),
        "store": _given(values["store"]),
    }
    first = ("corpus", "base", "sweep")
    rest = {k: v for k, v in values.items() if k not in first and v is not None}
    return {key: values[key] for key in first} | rest


def write_spec(spec: Spec) -> str:
    """Return the resolved spec as YAML."""
    question = "".join(f"# {line}\n" for line in spec.question.splitlines())
    return question + dump_yaml(resolved(spec))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _axis(axis: Axis) -> Any:
    if isinstance(axis, Choices):
        return list(axis.values)
    return {"min": axis.low, "max": axis.high, "log": axis.log}


def _rule(rule: Rule | None) -> Any:
    return "none" if rule is None else {rule.name: dataclasses.asdict(rule)}

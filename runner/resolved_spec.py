"""A spec with every key spelled out: kept with the sweep, and compared when it is started again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from lstm3.config import KEYS, Acts, describe
from lstm3.yaml_file import dump_yaml
from runner.pruning import Rule
from runner.spec import Axis, Choices, Spec

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
        if key not in _NOT_IN_BASE and key not in spec.axes
    }
    values |= {
        "corpus": corpus,
        "base": base,
        "sweep": {name: _axis(axis) for name, axis in spec.axes.items()},
        "seeds": list(spec.seeds),
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


def changes(old: Spec, new: Spec) -> tuple[list[str], list[str]]:
    """Return (changes that only make trials more, fewer, longer or shorter; all others).

    Other names for the same corpus or weights change nothing; their content is compared elsewhere.
    """
    before, after = resolved(old), resolved(new)
    harmless: list[str] = []
    serious: list[str] = []
    for key in sorted(before.keys() | after.keys()):
        if key in ("base", "sweep"):
            continue
        if before.get(key) != after.get(key):
            line = _change(key, before.get(key), after.get(key))
            (serious if key in ("search", "objective") else harmless).append(line)
    for key in sorted(before["base"].keys() | after["base"].keys()):
        was = before["base"].get(key, before["sweep"].get(key))
        now = after["base"].get(key, after["sweep"].get(key))
        if was != now:
            is_serious = (
                key != "weights"
                and KEYS[key].acts is not Acts.NEVER
                and not _is_more_or_less(was, now)
            )
            (serious if is_serious else harmless).append(_change(key, was, now))
    for key in sorted(before["sweep"].keys() & after["sweep"].keys()):
        if before["sweep"][key] != after["sweep"][key]:
            harmless.append(_change(key, before["sweep"][key], after["sweep"][key]))
    return harmless, serious


def _is_more_or_less(was: object, now: object) -> bool:
    """Return whether one is an axis that has the other among its values."""
    return (isinstance(now, list) and was in now) or (isinstance(was, list) and now in was)


def _change(key: str, was: object, now: object) -> str:
    return f"{key}: {_said(was)} → {_said(now)}"


def _said(value: object) -> str:
    return (
        "not given" if value is None else describe(value) if isinstance(value, str) else str(value)
    )

"""Axes of a sweep as a spec writes them: lists, and ranges for samplers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lstm3.config import coerce, describe, unknown_key, value_type
from runner.specs.limits import Problems
from runner.specs.spec import Axis, Choices, Range

_RANGE_KEYS = ("min", "max", "log", "values")


def parse_axis(name: str, value: object, folder: Path) -> tuple[Axis | None, Problems]:
    """Return (the axis of key `name`, what is wrong with it); relative paths are from `folder`."""
    problems: Problems = []
    if isinstance(value, list):
        return _listed(name, value, folder, problems), problems
    if not isinstance(value, dict):
        expected = "a list such as [1, 2], or a range such as {min: 1, max: 2}"
        problems.append(((), f"found {describe(value)}; expected {expected}"))
        return None, problems
    problems += [((key,), unknown_key(key, _RANGE_KEYS)) for key in value if key not in _RANGE_KEYS]
    if "values" not in value:
        return _range(name, value, problems), problems
    if len(value) > 1:
        problems.append(((), "'values' stands alone, without min, max or log"))
    if isinstance(value["values"], list):
        return _listed(name, value["values"], folder, problems), problems
    problems.append((("values",), f"found {describe(value['values'])}; expected a list"))
    return None, problems


def _listed(name: str, values: list[object], folder: Path, problems: Problems) -> Choices | None:
    if not values:
        problems.append(((), "found an empty list; expected at least one value"))
    good: dict[Any, None] = {}  # in order
    for value in values:
        try:
            coerced = coerce(name, value)
        except ValueError as error:
            problems.append(((), str(error)))
            continue
        if name == "weights" and coerced is not None:
            coerced = str(folder / coerced)
        if coerced in good:
            problems.append(((), f"{describe(value)} is listed twice"))
        good[coerced] = None
    return Choices(values=tuple(good)) if good else None


def _range(name: str, value: Mapping[str, Any], problems: Problems) -> Range | None:
    if value_type(name) not in (int, float):
        problems.append(((), "only a number has a range; list its values instead"))
        return None
    bounds = []
    for key in ("min", "max"):
        if key not in value:
            problems.append(((), f"a range needs '{key}'"))
            continue
        try:
            bounds.append(coerce(name, value[key]))
        except ValueError as error:
            problems.append(((key,), str(error)))
    is_log = value.get("log", False)
    if not isinstance(is_log, bool):
        problems.append((("log",), f"found {describe(is_log)}; expected true or false"))
    if len(bounds) < 2 or not isinstance(is_log, bool):
        return None
    low, high = bounds
    if low >= high:
        problems.append(((), f"found min {low:,}, max {high:,}; expected min < max"))
    elif is_log and low <= 0:
        problems.append((("min",), f"found {low}; a log range needs min > 0"))
    return Range(low=low, high=high, log=is_log, is_whole=value_type(name) is int)

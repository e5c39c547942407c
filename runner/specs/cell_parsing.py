"""What a spec lists trial by trial: seeds, cells, and those of the finals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lstm3.config import coerce, describe, unknown_key
from runner.specs.limits import Problems, Whole
from runner.specs.spec import Axis, Choices, Finals

_TOP = Whole(most=100)


def parse_seeds(value: Any) -> tuple[tuple[int, ...], Problems]:
    """Return (the seeds, what is wrong with them)."""
    if not isinstance(value, list) or not value:
        return (0,), [((), f"found {describe(value)}; expected a list such as [1, 2, 3]")]
    for seed in value:
        try:
            coerce("seed", seed)
        except ValueError as error:
            return (0,), [((), str(error))]
    return tuple(value), [((), "a seed is listed twice")] if len(set(value)) < len(value) else []


def parse_finals(values: Mapping[str, Any]) -> tuple[Finals, Problems]:
    """Return (the finals, what is wrong with them)."""
    problems: Problems = []
    good: dict[str, Any] = {}
    for key, value in values.items():
        if key == "top":
            message = _TOP.wrong(value)
            problems += [((key,), message)] if message else []
            good[key] = value
        elif key == "seeds":
            good[key], wrong = parse_seeds(value)
            problems += [((key, *inner), message) for inner, message in wrong]
            if not wrong and len(good[key]) < 2:
                problems.append(((key,), "found one seed; expected at least two to compare"))
        else:
            problems.append(((key,), unknown_key(key, ("top", "seeds"))))
    return Finals() if problems else Finals(**good), problems


def parse_cells(
    value: Any, axes: Mapping[str, Axis]
) -> tuple[tuple[Mapping[str, Any], ...], Problems]:
    """Return (the cells of the grid of these axes that are listed, what is wrong with them)."""
    if not isinstance(value, list) or not value:
        said = "expected a list of cells, such as [{lr: 1e-3}]"
        return (), [((), f"found {describe(value)}; {said}")]
    problems: Problems = []
    cells: list[Mapping[str, Any]] = []
    for number, given in enumerate(value, start=1):
        if not isinstance(given, dict) or given.keys() != axes.keys():
            expected = f"expected a value for each of {', '.join(axes)} and no other key"
            problems.append(((), f"cell {number}: found {describe(given)}; {expected}"))
            continue
        cell, wrong = _coerced(given, axes)
        problems += [((), f"cell {number}: {message}") for message in wrong]
        if cell in cells:
            problems.append(((), f"cell {number} is listed twice"))
        cells.append(cell)
    return tuple(cells), problems


def _coerced(
    given: Mapping[str, Any], axes: Mapping[str, Axis]
) -> tuple[Mapping[str, Any], list[str]]:
    cell: dict[str, Any] = {}
    problems = []
    for name, axis in axes.items():
        try:
            cell[name] = coerce(name, given[name])
        except ValueError as error:
            problems.append(f"{name}: {error}")
            continue
        if not isinstance(axis, Choices) or cell[name] not in axis.values:
            found = describe(given[name])
            problems.append(f"{name}: found {found}; expected a value that 'sweep' lists")
    return cell, problems

"""Numbers in a spec, config keys aside: what they may be; what is beyond is a typing error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lstm3.config import as_float, describe, unknown_key

Problems = list[tuple[tuple[str, ...], str]]  # the path of a key below the section, what is wrong


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number."""

    least: int = 1
    most: int = 100_000

    def wrong(self, value: Any) -> str | None:
        """Return what is wrong with a value, if anything is."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number and self.least <= value <= self.most:
            return None
        expected = f"a whole number ≥ {self.least} and ≤ {self.most:,}"
        return f"found {describe(value)}; expected {expected}"


@dataclass(frozen=True, kw_only=True)
class Real:
    """A finite number, above `least` or, if that `is_included`, at least as large."""

    least: float = 0
    most: float
    is_included: bool = True

    def wrong(self, value: Any) -> str | None:
        """Return what is wrong with a value, if anything is."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = as_float(value)
            is_above = number > self.least or (self.is_included and number == self.least)
            if math.isfinite(number) and is_above and number <= self.most:
                return None
        sign = "≥" if self.is_included else ">"
        return f"found {describe(value)}; expected a number {sign} {self.least} and ≤ {self.most:,}"


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """A word out of a few."""

    words: tuple[str, ...]

    def wrong(self, value: Any) -> str | None:
        """Return what is wrong with a value, if anything is."""
        if value in self.words:
            return None
        return f"found {describe(value)}; expected one of {', '.join(self.words)}"


Limits = Mapping[str, Whole | Real | OneOf]


def parse_section(values: Mapping[str, Any], limits: Limits) -> tuple[dict[str, Any], Problems]:
    """Return (the good values by key, what is wrong with the others)."""
    good: dict[str, Any] = {}
    problems: Problems = []
    for key, value in values.items():
        if key not in limits:
            problems.append(((key,), unknown_key(key, limits)))
        elif message := limits[key].wrong(value):
            problems.append(((key,), message))
        else:
            good[key] = float(value) if isinstance(limits[key], Real) else value
    return good, problems

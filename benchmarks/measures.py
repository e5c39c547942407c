"""What benchmarks measure, as rows of one table."""

from __future__ import annotations

import dataclasses
import json
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.table import Table

_TITLES = ("what", "ours", "reference", "ratio", "goal", "")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure of ours, beside that of a reference and a goal, where there are such."""

    what: str
    unit: str
    ours: float
    reference: float | None = None
    ratio: float | None = None  # how many times better ours is
    goal: str = ""  # such as "≤ 5" or "ratio ≥ 2"

    @property
    def is_met(self) -> bool | None:
        """Return whether the goal is reached; None if there is none."""
        if not self.goal:
            return None
        words = self.goal.removeprefix("ratio ").split()
        found = self.ratio if self.goal.startswith("ratio") else self.ours
        assert found is not None, "a goal of a ratio needs one"
        return found <= float(words[1]) if words[0] == "≤" else found >= float(words[1])


def versus(what: str, unit: str, ours: float, reference: float, goal: str = "") -> Measure:
    """Return the measure of something that is better the smaller it is."""
    return Measure(
        what=what, unit=unit, ours=ours, reference=reference, ratio=reference / ours, goal=goal
    )


def rate(what: str, unit: str, ours: float, reference: float, goal: str = "") -> Measure:
    """Return the measure of something that is better the larger it is."""
    return Measure(
        what=what, unit=unit, ours=ours, reference=reference, ratio=ours / reference, goal=goal
    )


def show(measures: Iterable[Measure]) -> list[Measure]:
    """Print measures as they come, then all of them as one table, and return them."""
    console = Console(width=110)
    table = Table(box=None, pad_edge=False)
    table.add_column(_TITLES[0])
    for title in _TITLES[1:-1]:
        table.add_column(title, justify="right")
    table.add_column(_TITLES[-1])
    found = []
    for measure in measures:
        found.append(measure)
        table.add_row(*_cells(measure))
        console.print(f"  {measure.what}: {_said(measure.ours)} {measure.unit}", style="dim")
    console.print(machine())
    console.print(table)
    return found


def to_markdown(measures: Iterable[Measure]) -> str:
    """Return measures as a table for results/README.md, under the date and the machine."""
    rows = [_TITLES, ["---"] * len(_TITLES), *map(_cells, measures)]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([f"{date.today()}, {machine()}", "", *lines]) + "\n"


def to_json(measures: Iterable[Measure]) -> str:
    """Return measures with the date and the machine, for programs."""
    rows = [{**dataclasses.asdict(measure), "is_met": measure.is_met} for measure in measures]
    found = {"date": str(date.today()), "machine": machine(), "measures": rows}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _cells(measure: Measure) -> Iterator[str]:
    yield f"{measure.what}, {measure.unit}".removesuffix(", ")
    yield _said(measure.ours)
    yield _said(measure.reference)
    yield _said(measure.ratio)
    yield measure.goal
    yield {None: "", True: "met", False: "MISSED"}[measure.is_met]


def _said(number: float | None) -> str:
    return "" if number is None else f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def machine() -> str:
    """Return what computes here: the processor, Python and the packages that matter."""
    cpus = Path("/proc/cpuinfo")
    names = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    models = [line.partition(":")[2].strip() for line in names if line.startswith("model name")]
    cpu = f"{len(models)} × {models[0]}" if models else platform.processor()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "optuna"))
    return f"{cpu}; Python {platform.python_version()}, {versions}"

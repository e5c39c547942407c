"""What is kept under a results folder, and why, as rich shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from runner import words
from runner.storage.retention import Why
from runner.storage.store_survey import Prunable, Survey, SweepHoldings

_BECAUSE = {
    Why.NEEDED: "states that epochs to come start from",
    Why.COMPLETE: "last states of complete trials",
    Why.PRUNED: "last states of pruned and stopped trials",
    Why.FAILED: "last states of failed trials",
    Why.BRANCH: "states where new values may branch off",
    Why.HISTORY: "states in between (keep: all)",
}
_Row = tuple[str, str, Collection[int]]  # of whom, what, its bytes one by one


def store_view(survey: Survey) -> RenderableType:
    """Return what each sweep keeps, and all of them together: each file once."""
    grid = Grid(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    grid.add_column("sweep")
    grid.add_column("keeps")
    grid.add_column("number", justify="right")
    grid.add_column("MB", justify="right")
    for sweep in survey.sweeps:
        _add(grid, _rows(survey, sweep))
    _add(grid, _totals(survey))
    return Group(grid, Text(_note(survey)))


def pruned_view(pruned: Prunable, *, is_done: bool) -> RenderableType:
    """Return what was dropped, or would be."""
    verb = "dropped" if is_done else "would drop"
    lines = [
        f"{verb} {words.count(len(sizes), noun)}{rest}: {words.size(sum(sizes.values()))}"
        for sizes, noun, rest in (
            (pruned.states, "state", " that no sweep wants"),
            (pruned.damaged, "damaged file", ""),
            (pruned.corpora, "corpus encoding", " that no sweep was started with"),
        )
        if sizes
    ]
    return Text("\n".join(lines) or "nothing to drop")


def to_json(survey: Survey) -> dict[str, Any]:
    """Return the same as one object, in bytes."""
    return {
        "sweeps": [
            {
                "sweep": sweep.name,
                "is_running": sweep.is_running,
                "states": None
                if sweep.wants is None
                else {
                    why.name.lower(): _amount(sizes)
                    for why, sizes in survey.wanted_by(sweep).items()
                },
                "checkpoints": _amount(sweep.checkpoints.values()),
            }
            for sweep in survey.sweeps
        ],
        "states": _amount(survey.states.values()),
        "unclaimed": _amount(survey.unclaimed.values()),
        "records": _amount(survey.records.values()),
        "checkpoints": _amount(survey.checkpoints.values()),
        "corpora": _amount(survey.corpora.values()),
        "damaged": _amount(survey.damaged.values()),
    }


def _amount(sizes: Collection[int]) -> dict[str, int]:
    return {"number": len(sizes), "bytes": sum(sizes)}


def _rows(survey: Survey, sweep: SweepHoldings) -> Iterator[_Row]:
    name = f"{sweep.name} (running)" if sweep.is_running else sweep.name
    if sweep.wants is None:
        yield name, "all states that it trained, until it says more", ()
    for why, sizes in survey.wanted_by(sweep).items():
        yield name, _BECAUSE[why], sizes
    yield name, "checkpoints of trials", sweep.checkpoints.values()


def _totals(survey: Survey) -> Iterator[_Row]:
    yield "in all", "states", survey.states.values()
    yield "in all", "of which no sweep wants", survey.unclaimed.values()
    yield "in all", "records", survey.records.values()
    yield "in all", "checkpoints of trials", survey.checkpoints.values()
    yield "in all", "encoded corpora", survey.corpora.values()
    yield "in all", "damaged files, set aside", survey.damaged.values()


def _add(grid: Grid, rows: Iterator[_Row]) -> None:
    """Add a section whose name is said once."""
    said = None
    for name, what, sizes in rows:
        number = f"{len(sizes):,}" if sizes else ""
        megabytes = words.megabytes(sum(sizes)) if sizes else ""
        grid.add_row("" if name == said else name, what, number, megabytes)
        said = name
    grid.add_section()


def _note(survey: Survey) -> str:
    total = sum(
        sum(sizes.values())
        for sizes in (
            *(survey.states, survey.records, survey.checkpoints),
            *(survey.corpora, survey.damaged),
        )
    )
    return (
        f"{words.size(total)} in all. What sweeps share is on the disk once; a checkpoint counts "
        "as that even where the store has it too."
    )

"""How a trial came out again, as rich shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from runner import words
from runner.results.rerun import FACTS, EpochPair, Rerun

_TITLES = ("train loss", "val loss", "no-tf loss", "BLEU")


def rerun_view(name: str, rerun: Rerun, changed: Mapping[str, tuple[Any, Any]]) -> RenderableType:
    """Return each epoch with what differs, and one sentence; `changed` is what it ran on."""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("epoch", *_TITLES):
        grid.add_column(title, justify="right")
    grid.add_column("weights")
    for pair in rerun.epochs:
        grid.add_row(str(pair.epoch), *_cells(pair), style="" if pair.is_same else "yellow")
    return Group(grid, Text(), *_sentences(name, rerun, changed))


def _cells(pair: EpochPair) -> Iterator[str]:
    if pair.before is None or pair.again is None:
        yield from ["-"] * len(FACTS)
        yield "not there again" if pair.before else "not there before"
        return
    for fact in FACTS:
        difference = pair.differences.get(fact)
        digits = 2 if fact == "bleu" else 4
        value = f"{getattr(pair.again, fact):.{digits}f}"
        yield value if difference is None else f"{value} ({difference:+.1e})"
    yield {True: "same", False: "others", None: "not known"}[pair.has_same_weights]


def _sentences(
    name: str, rerun: Rerun, changed: Mapping[str, tuple[Any, Any]]
) -> Iterator[RenderableType]:
    if rerun.failure != rerun.failure_again:
        yield Text(f"before: {rerun.failure or 'it did not fail'}", "yellow")
        yield Text(f"again:  {rerun.failure_again or 'it did not fail'}", "yellow")
    if rerun.is_same:
        yield Text(f"{name} came out the same{_how_surely(rerun)}", "bold green")
        return
    yield Text(f"{name} came out differently{_by_how_much(rerun)}", "bold red")
    for what, (before, again) in changed.items():
        yield Text(f"{what}: {before} then, {again} now")
    if not changed:
        yield Text("nothing that it depends on is known to have changed")


def _how_surely(rerun: Rerun) -> str:
    count = words.count(len(rerun.epochs), "epoch")
    if not rerun.num_unknown:
        return f", bit for bit: {count}"
    unknown = words.count(rerun.num_unknown, "epoch")
    return f" in its losses and BLEU: {count}; the weights of {unknown} are not known"


def _by_how_much(rerun: Rerun) -> str:
    if rerun.first_different is None:
        return ""
    largest = {
        title: max(abs(pair.differences.get(fact, 0.0)) for pair in rerun.epochs)
        for title, fact in zip(_TITLES, FACTS, strict=True)
    }
    said = ", ".join(f"{title} by up to {value:.2g}" for title, value in largest.items() if value)
    return f" from epoch {rerun.first_different} on" + (f": {said}" if said else "")

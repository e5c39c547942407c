"""How rows, counts, times and comparisons of results are said wherever a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runner import words
from runner.results.cells import Cell
from runner.results.table import EpochCounts, Row
from runner.results.timing import Timing
from runner.tree.trial import TrialState

if TYPE_CHECKING:
    from runner.results.confidence import Confidence
    from runner.results.seeds import SeedComparison
    from runner.results.significance import Comparison, Interval


_MOST_REASONS = 8  # why trials failed


def same_as(row: Row) -> str:
    return "" if row.same_as is None else f"same as #{row.same_as}"


def failures(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return which trials failed and why; of many reasons, the last are only counted."""
    numbers: dict[str, list[int]] = {}
    for row in rows:
        if row.state is TrialState.FAILED:
            numbers.setdefault(row.reason or "unknown reason", []).append(row.number)
    reasons = list(numbers.items())
    said = [(words.trials(found), reason) for reason, found in reasons[:_MOST_REASONS]]
    num_others = sum(len(found) for _, found in reasons[_MOST_REASONS:])
    return said + ([(words.count(num_others, "more trial"), "other reasons")] if num_others else [])


_NOT_TRAINED = {
    "shared": "shared",
    "reused": "reused from other sweeps",
    "pruned": "pruned",
    "stopped": "stopped",
    "failed": "lost to failures",
    "waiting": "waiting",
}


def epochs(counts: EpochCounts) -> str:
    """Return such as "97 epochs trained of 135 planned: 24 shared, 14 pruned"."""
    head = f"{words.count(counts.trained, 'epoch')} trained of {counts.planned:,} planned"
    rest = [
        f"{number:,} {phrase}"
        for name, phrase in _NOT_TRAINED.items()
        if (number := getattr(counts, name))
    ]
    return head + (": " + ", ".join(rest) if rest else "")


def savings(timing: Timing) -> str:
    """Return such as "spared: 3 h 12 min by sharing, about 1 h 30 min by pruning"."""
    spared = {
        "{} by sharing": timing.shared_seconds,
        "{} by reuse from other sweeps": timing.reused_seconds,
        "about {} by pruning": timing.pruned_seconds,
    }
    said = [how.format(words.duration(seconds)) for how, seconds in spared.items() if seconds]
    return f"spared: {', '.join(said) or 'nothing'}"


def interval(found: Interval) -> str:
    return f"{words.bleu(found.low)} to {words.bleu(found.high)}"


def give_or_take(found: Comparison | SeedComparison) -> str:
    """Return a difference with half its interval, such as "+1.24 ±0.82"."""
    half = (found.interval.high - found.interval.low) / 2
    return f"{words.difference(found.difference)} ±{half:.2f}"


def to_reference(confidence: Confidence | None, *, is_by_cell: bool = False) -> str:
    """Return the title of the differences to the baseline, or to what takes its place."""
    if confidence is None or confidence.picked is None:
        return "to baseline"
    return f"to #{confidence.picked_cell if is_by_cell else confidence.picked}"


def against_baseline(rows: Sequence[Row], confidence: Confidence | None) -> list[str]:
    """Return each row's difference to the baseline, such as "+1.24 ±0.82"; "" where unknown."""
    known = confidence.against_baseline if confidence else {}
    return [give_or_take(known[row.number]) if row.number in known else "" for row in rows]


def cells_against_baseline(cells: Sequence[Cell], confidence: Confidence | None) -> list[str]:
    """Return each cell's difference to the baseline's cell; "" where unknown."""
    known = confidence.cells_against_baseline if confidence else {}
    return [
        give_or_take(known[cell.first].comparison) if cell.first in known else "" for cell in cells
    ]

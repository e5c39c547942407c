"""How sure a table's order is, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner.results.table import Table
from runner.views import words

if TYPE_CHECKING:
    from runner.results.confidence import Confidence

LEVEL_MARK = "≈"  # of what is not significantly worse than the best


def caveats(table: Table, confidence: Confidence, *, is_by_cell: bool) -> Iterator[str]:
    """Return what the marks mean, and what they do not."""
    if is_by_cell:
        yield from _of_cells(confidence)
    else:
        yield from _of_trials(table, confidence)


def _of_trials(table: Table, confidence: Confidence) -> Iterator[str]:
    low, high = confidence.interval.low, confidence.interval.high
    yield (
        f"#{confidence.best}: 95 % interval {words.bleu(low)} to {words.bleu(high)} BLEU, over "
        f"{words.count(confidence.num_sentences, 'sentence')}"
    )
    if confidence.against_best:
        level = words.value(confidence.level)
        test = f"paired bootstrap, {confidence.num_resamples:,} resamples, Holm, level {level}"
        num_level = sum(map(confidence.is_level, confidence.against_best))
        if num_level:
            yield f"{LEVEL_MARK} not significantly worse than #{confidence.best} ({test})"
        else:
            yield f"all others are significantly worse than #{confidence.best} ({test})"
        num_far = sum(row.bleu is not None for row in table.rows) - 1 - len(confidence.against_best)
        if num_far > 0:
            yield f"{words.count(num_far, 'trial')} further down not compared"
        yield "this is about these very models: another seed makes others"
    if confidence.against_baseline:
        yield "to baseline: difference in BLEU with half its 95 % interval, same bootstrap"


def _of_cells(confidence: Confidence) -> Iterator[str]:
    found = confidence.cells_against_best
    if not found:
        yield "no two cells have two seeds each: nothing can be said of their difference"
        return
    level = words.value(confidence.level)
    test = f"t test over seeds and sentences, Holm, level {level}"
    if any(not cell.is_different for cell in found.values()):
        yield f"{LEVEL_MARK} mean not significantly below the best ({test})"
    else:
        yield f"all other cells are significantly worse than the best ({test})"
    if confidence.cells_against_baseline:
        yield "to baseline: difference of means in BLEU with half its 95 % interval, same test"

"""How sure a table's order is, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner import words
from runner.results import phrases

if TYPE_CHECKING:
    from runner.results.confidence import Confidence

LEVEL_MARK = "≈"  # of what is not significantly worse than the best


def caveats(confidence: Confidence, *, is_by_cell: bool) -> Iterator[str]:
    """Return what the marks mean, and what they do not."""
    yield from _of_cells(confidence) if is_by_cell else _of_trials(confidence)
    if confidence.is_rough:
        yield words.few_sentences(confidence.num_sentences)


def _of_trials(confidence: Confidence) -> Iterator[str]:
    if confidence.interval is None:
        yield _not_compared_with(confidence.best)
    else:
        yield (
            f"#{confidence.best}: 95 % interval {phrases.interval(confidence.interval)} BLEU, over "
            f"{words.count(confidence.num_sentences, 'sentence')}; chosen as the highest on these "
            "very sentences, so new text scores somewhat lower"
        )
    found = confidence.against_best
    if found:
        level = words.value(confidence.level)
        resamples = f"{confidence.num_resamples:,} resamples"
        is_whole = not (confidence.num_far or confidence.num_unknown)
        test = f"paired bootstrap, {resamples}, {_corrected(is_whole)}, level {level}"
        if any(map(confidence.is_level, found)):
            yield f"{LEVEL_MARK} not significantly worse than #{confidence.best} ({test})"
        else:
            others = words.all_others(len(found))
            yield f"{others} significantly worse than #{confidence.best} ({test})"
        if confidence.num_far:
            count = words.count(confidence.num_far, "trial")
            yield f"{count} further down not compared, so without a mark either way"
        yield "this is about these very models: another seed makes others"
    if confidence.num_unknown:
        count = words.count(confidence.num_unknown, "trial")
        yield f"{count} not compared: what the records hold of their sentences is damaged or gone"
    if confidence.against_baseline:
        yield (
            f"{phrases.to_reference(confidence)}: difference in BLEU with half its 95 % interval "
            "(of each pair alone), same bootstrap"
        )


def _of_cells(confidence: Confidence) -> Iterator[str]:
    best, found = confidence.best_cell, confidence.cells_against_best
    if best is not None and best.interval is not None:
        yield (
            f"#{best.first}: 95 % interval of its mean {phrases.interval(best.interval)} BLEU, "
            "over seeds and sentences; chosen as the highest on these very ones, so others score "
            "somewhat lower"
        )
    if found:
        level = words.value(confidence.level)
        is_whole = not (confidence.num_single or confidence.num_far_cells)
        test = f"t test over seeds and sentences, {_corrected(is_whole)}, level {level}"
        if any(map(confidence.is_level_cell, found)):
            yield f"{LEVEL_MARK} mean not significantly below the best ({test})"
        else:
            yield f"{words.all_others(len(found))} significantly worse than the best ({test})"
    elif best is not None and best.interval is None:
        yield _not_compared_with(best.first)
    else:
        yield "no two cells with two seeds each can be compared: nothing is said of differences"
    if confidence.num_single:
        yield f"{words.too_few_seeds(confidence.num_single)}, so without a mark either way"
    if confidence.num_lacking:
        yield words.lacking_seeds(confidence.num_lacking)
    if confidence.num_far_cells:
        count = words.count(confidence.num_far_cells, "cell")
        yield f"{count} not compared: further down, or with records that are damaged or gone"
    if confidence.cells_against_baseline:
        yield (
            f"{phrases.to_reference(confidence, is_by_cell=True)}: difference of means in BLEU "
            "with half its 95 % interval (of each pair alone), same test"
        )


def _corrected(is_whole: bool) -> str:
    """Return what p is corrected for; not `is_whole` where some were not compared."""
    return "Holm over all pairs" if is_whole else "Holm over all pairs of those compared"


def _not_compared_with(best: int) -> str:
    return (
        f"what the records hold of the sentences of #{best}, the best, is damaged or gone: nothing "
        "is compared with it"
    )

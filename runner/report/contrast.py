"""Validation sentences as two trials translate them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SentenceScore = Callable[[str, str], float]  # of an output and its reference, 0 to 100
_MOST_READ = 2000  # sentences, so that a large validation set takes no minutes
_NUM_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Translation:
    """A trial's output of a sentence."""

    words: Sequence[tuple[str, bool]]  # and whether the reference has it too
    bleu: float  # of this sentence alone, 0 to 100


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A sentence, and what two trials make of it."""

    source: str
    reference: str
    best: Translation
    worst: Translation


@dataclass(frozen=True, kw_only=True)
class Contrasts:
    """Some sentences that two trials translate differently, out of those that were read."""

    shown: Sequence[Contrast] = ()
    num_read: int = 0
    num_unread: int = 0


def contrasts(
    sources: Sequence[str],
    references: Sequence[str],
    best: Sequence[str],
    worst: Sequence[str],
    score: SentenceScore,
) -> Contrasts:
    """Return sentences spread evenly from the best trial's largest gain to its largest loss."""
    lines = list(zip(sources, references, best, worst, strict=True))[:_MOST_READ]
    told_apart = [
        Contrast(
            source=source,
            reference=reference,
            best=_translation(of_best, reference, score),
            worst=_translation(of_worst, reference, score),
        )
        for source, reference, of_best, of_worst in lines
        if of_best != of_worst
    ]
    told_apart.sort(key=lambda found: found.worst.bleu - found.best.bleu)
    last = len(told_apart) - 1
    places = {round(last * share / (_NUM_SHOWN - 1)) for share in range(_NUM_SHOWN)}
    return Contrasts(
        shown=[told_apart[place] for place in sorted(places) if told_apart],
        num_read=len(lines),
        num_unread=len(sources) - len(lines),
    )


def _translation(output: str, reference: str, score: SentenceScore) -> Translation:
    left = Counter(reference.split())
    found = []
    for word in output.split():
        found.append((word, left[word] > 0))
        left[word] -= 1
    return Translation(words=found, bleu=score(output, reference))

"""BLEU by sacreBLEU, with the signature that says how it was made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU


@dataclass(frozen=True, kw_only=True)
class Scores:
    """BLEU of a set of translations, and its two factors: bleu = sinergy * bp."""

    bleu: float  # 0 to 100
    sinergy: float  # 0 to 100, the geometric mean of the smoothed n-gram precisions
    bp: float  # brevity penalty, 0 to 1
    signature: str


def score(hypotheses: Sequence[str], references: Sequence[str], tokenize: str) -> Scores:
    """Return the corpus BLEU of one hypothesis and one reference a sentence (raw text).

    `tokenize` is a name that sacreBLEU knows, such as 13a.
    """
    metric = BLEU(tokenize=tokenize, force=True)  # text that comes tokenised is no surprise
    result = metric.corpus_score(list(hypotheses), [list(references)])
    return Scores(
        bleu=min(result.score, 100.0),
        sinergy=_geometric_mean(result.precisions),
        bp=result.bp,
        signature=str(metric.get_signature()),
    )


def sentence_bleu(hypothesis: str, reference: str, tokenize: str) -> float:
    """Return the BLEU of one sentence, 0 to 100, over the orders that it has n-grams of."""
    metric = BLEU(tokenize=tokenize, force=True, effective_order=True)
    return min(float(metric.sentence_score(hypothesis, [reference]).score), 100.0)


class SentenceCounter:
    """Counts, sentence by sentence, what BLEU is made of, always against the same references."""

    def __init__(self, references: Sequence[str], tokenize: str) -> None:
        self._num_sentences = len(references)
        self._metric = BLEU(tokenize=tokenize, force=True, references=[list(references)])

    def counts(self, hypotheses: Sequence[str]) -> list[list[int]]:
        """Return a row a sentence: both lengths, then matches and totals of 1- to 4-grams."""
        if len(hypotheses) != self._num_sentences:
            raise ValueError(f"{len(hypotheses)} translations of {self._num_sentences} sentences")
        rows: list[list[int]] = self._metric._extract_corpus_statistics(hypotheses, None)
        return rows


def _geometric_mean(precisions: Sequence[float]) -> float:
    """Return 0 where any precision is 0, as where the translations have no n-gram of some order."""
    if min(precisions) <= 0:
        return 0.0
    mean = math.exp(math.fsum(math.log(precision) for precision in precisions) / len(precisions))
    return min(mean, 100.0)

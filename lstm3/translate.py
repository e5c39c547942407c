"""Text through a trained model: translations of lines, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lstm3.bleu import Scores, score
from lstm3.dataset import TranslationDataset
from lstm3.encoding import encode_split
from lstm3.model_folder import TrainedModel
from lstm3.search import text_of, translate
from lstm3.tokenizer import tokenize
from lstm3.validation import validate

BATCH_SIZE = 64  # lines at a time


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How well a model translates a text. Losses are nats per target token, never smoothed."""

    scores: Scores
    loss: float  # every decoder input is the reference
    loss_no_tf: float  # every decoder input is the model's own token
    num_sentences: int


def translate_lines(trained: TrainedModel, lines: Sequence[str]) -> list[str]:
    """Return the translation of each line; an empty line stays empty."""
    full = [line for line in lines if line.strip()]
    ids = [trained.src_vocab.encode(tokenize(line)) for line in full]
    hypotheses = translate(trained.model, ids, BATCH_SIZE)
    texts = iter(
        text_of(hypothesis, line, trained.trg_vocab)
        for hypothesis, line in zip(hypotheses, full, strict=True)
    )
    return [next(texts) if line.strip() else "" for line in lines]


def evaluate(trained: TrainedModel, src: Sequence[str], trg: Sequence[str]) -> Evaluation:
    """Return the BLEU and losses of a model on sentences and their references."""
    dataset = TranslationDataset(encode_split(src, trg, trained.src_vocab, trained.trg_vocab))
    validation = validate(trained.model, dataset, BATCH_SIZE)
    hypotheses = [
        text_of(hypothesis, line, trained.trg_vocab)
        for hypothesis, line in zip(validation.hypotheses, src, strict=True)
    ]
    return Evaluation(
        scores=score(hypotheses, trg, trained.config.bleu_tokenize),
        loss=validation.loss_per_token,
        loss_no_tf=validation.loss_no_tf_per_token,
        num_sentences=len(src),
    )

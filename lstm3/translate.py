"""Text through a trained model: translations of lines, and how good they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lstm3.bleu import Scores, score
from lstm3.dataset import TranslationDataset
from lstm3.encoding import encode_split
from lstm3.errors import CorpusError
from lstm3.model_folder import TrainedModel
from lstm3.search import text_of, translate
from lstm3.tokenizer import tokenize
from lstm3.validation import validate

BATCH_SIZE = 64  # sentences computed at a time
_CHUNK = 1 << 16  # bytes of a stream read at a time, at most


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


def arriving_lines(descriptor: int, name: str) -> Iterator[Sequence[str]]:
    """Yield the lines that are there, as soon as there is one, until the end of the stream.

    Raises CorpusError, with `name` and the line, where they are not UTF-8.
    """
    number = 0
    for lines in _arriving(descriptor):
        decoded = []
        for line in lines:
            number += 1
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                decoded.append(text.rstrip("\r"))
            except UnicodeDecodeError:
                raise CorpusError(f"{name}:{number}: not UTF-8") from None
        yield decoded


def _arriving(descriptor: int) -> Iterator[list[bytes]]:
    begun = b""
    while data := os.read(descriptor, _CHUNK):
        *lines, begun = (begun + data).split(b"\n")
        if lines:
            yield lines
    if begun:
        yield [begun]

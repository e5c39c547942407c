"""How well a model translates text that it does not learn from: two losses and hypotheses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from lstm3.arithmetic import arithmetic, autocast
from lstm3.dataset import Array, Batch, TranslationDataset
from lstm3.loss import token_losses, total
from lstm3.model import LSTM_3
from lstm3.search import Hypothesis, greedy_search

BATCH_SIZE = 256  # sentence pairs validated at a time: without gradients, larger than in training
_CHUNK = 512  # target tokens whose logits are held at a time


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What a model makes of sentence pairs: a batch of them, or a whole dataset.

    Losses are cross-entropies in nats summed over target tokens, <EOS> counted, never smoothed.
    """

    loss: float  # every decoder input is the reference
    loss_no_tf: float  # every decoder input is the model's own greedy token
    num_tokens: int
    hypotheses: tuple[Hypothesis, ...]  # greedy

    @property
    def loss_per_token(self) -> float:
        return self.loss / self.num_tokens

    @property
    def loss_no_tf_per_token(self) -> float:
        return self.loss_no_tf / self.num_tokens


def validate(model: LSTM_3, dataset: TranslationDataset, batch_size: int) -> Validation:
    """Return the validation on a whole dataset, hypotheses in its order."""
    batches = dataset.sorted_batches(batch_size)
    parts = [validate_batch(model, dataset.batch(indices)) for indices in batches]
    return put_together(parts, batches)


@torch.no_grad()
def validate_batch(model: LSTM_3, batch: Batch) -> Validation:
    """Return the validation on one batch; both losses and the search share one encoder pass."""
    batch = batch.to(model.device)
    with arithmetic(model.config), autocast(model.config, model.device):
        memory, state = model.encode(batch.src, batch.src_lengths)
        features, _, _ = model.decode(batch.inputs, state, memory)
        rows = torch.split(batch.select_targets(features), _CHUNK)
        targets = torch.split(batch.targets, _CHUNK)
        loss = total(
            [token_losses(model.classify(x), y) for x, y in zip(rows, targets, strict=True)]
        )
        hypotheses, loss_no_tf = greedy_search(
            model, batch.src, batch.src_lengths, memory, state, batch.trg[:, 1:]
        )
    return Validation(
        loss=loss,
        loss_no_tf=loss_no_tf,
        num_tokens=batch.num_tokens,
        hypotheses=tuple(hypotheses),
    )


def put_together(parts: Sequence[Validation], batches: Sequence[Array]) -> Validation:
    """Return the validation on a dataset from those on its batches, given as pairs' indices."""
    hypotheses = {
        int(index): hypothesis
        for part, indices in zip(parts, batches, strict=True)
        for index, hypothesis in zip(indices, part.hypotheses, strict=True)
    }
    return Validation(
        loss=math.fsum(part.loss for part in parts),
        loss_no_tf=math.fsum(part.loss_no_tf for part in parts),
        num_tokens=sum(part.num_tokens for part in parts),
        hypotheses=tuple(hypotheses[index] for index in range(len(hypotheses))),
    )

"""Greedy search. Shapes: B sentences, S source positions, V target vocabulary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lstm3.arithmetic import arithmetic, autocast
from lstm3.dataset import Ragged, cut
from lstm3.loss import plain_loss
from lstm3.model import LSTM_3, LSTMState, Memory
from lstm3.tokenizer import detokenize, tokenize
from lstm3.vocab import BOS, EOS, PAD, PLACEHOLDERS, UNK, Vocab

_NEVER_PRODUCED = (UNK, PAD, BOS)


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A translation as target ids, without <BOS> and <EOS>."""

    tokens: tuple[int, ...]
    # Of each token: if it stands for a number or rare token, the source position that it most
    # likely stands for; -1 for any other, and where the source has none of its kind.
    sources: tuple[int, ...]


@torch.no_grad()
def translate(model: LSTM_3, sources: Sequence[Sequence[int]], batch_size: int) -> list[Hypothesis]:
    """Return the greedy translation of each source sentence, given as ids."""
    sentences = Ragged.of(sources)
    found: dict[int, Hypothesis] = {}
    with arithmetic(model.config), autocast(model.config, model.device):
        for indices in cut(np.argsort(sentences.lengths, kind="stable"), batch_size):
            src = torch.from_numpy(sentences.rows(indices)).to(model.device)
            lengths = torch.from_numpy(sentences.lengths[indices]).to(model.device)
            memory, state = model.encode(src, lengths)
            hypotheses, _ = greedy_search(model, src, lengths, memory, state)
            found.update(zip(indices.tolist(), hypotheses, strict=True))
    return [found[index] for index in range(len(sources))]


def text_of(hypothesis: Hypothesis, source: str, vocab: Vocab) -> str:
    """Return a hypothesis as text, with numbers and rare tokens from its source line."""
    tokens = vocab.decode(hypothesis.tokens, tokenize(source), hypothesis.sources)
    return detokenize(tokens)


def greedy_search(
    model: LSTM_3,
    src: Tensor,
    src_lengths: Tensor,
    memory: Memory,
    state: LSTMState,
    targets: Tensor | None = None,
) -> tuple[list[Hypothesis], float]:
    """Return a hypothesis for each source sentence (B, S), and the loss of `targets` on the way.

    Each step is fed the token that may be produced and is likeliest; a hypothesis ends at <EOS>
    or after twice as many tokens as its source has, and ten. The loss is the cross-entropy (nats,
    summed) of `targets` (B, T), filled up with PAD, under the very same steps; they go on beyond
    the <EOS> of a hypothesis that is shorter than its reference.
    """
    limits = 2 * src_lengths + 10  # (B,)
    num_targets = 0 if targets is None else targets.shape[1]
    token = torch.full_like(src[:, 0], BOS)  # (B,)
    is_open = torch.ones_like(token, dtype=torch.bool)
    tokens: list[Tensor] = []
    sources: list[Tensor] = []
    losses: list[float] = []
    while len(tokens) < num_targets or is_open.any():
        features, weights, state = model.decode(token.unsqueeze(1), state, memory)
        logits = model.classify(features[:, 0])  # (B, V)
        if targets is not None and len(tokens) < num_targets:
            losses.append(plain_loss(logits, targets[:, len(tokens)]))
        logits[:, _NEVER_PRODUCED] = -torch.inf
        token = logits.argmax(dim=-1)
        tokens.append(token)
        sources.append(_sources(token, weights[:, 0], src))
        is_open &= (token != EOS) & (len(tokens) < limits)
    made, origins = torch.stack(tokens, dim=1).tolist(), torch.stack(sources, dim=1).tolist()
    hypotheses = [
        _hypothesis(row[:limit], places)
        for row, places, limit in zip(made, origins, limits.tolist(), strict=True)
    ]
    return hypotheses, math.fsum(losses)


def _hypothesis(tokens: list[int], sources: list[int]) -> Hypothesis:
    end = tokens.index(EOS) if EOS in tokens else len(tokens)
    return Hypothesis(tokens=tuple(tokens[:end]), sources=tuple(sources[:end]))


def _sources(tokens: Tensor, weights: Tensor, src: Tensor) -> Tensor:
    """Return for each <NUM> or <SUB> the likeliest source position with the same, or -1."""
    is_placeholder = torch.isin(tokens, torch.tensor(PLACEHOLDERS, device=tokens.device))
    is_same = (src == tokens.unsqueeze(1)) & is_placeholder.unsqueeze(1)  # (B, S)
    best = weights.masked_fill(~is_same, -1.0).argmax(dim=1)
    return best.where(is_same.any(dim=1), -1)

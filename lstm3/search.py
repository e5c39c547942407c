"""Greedy search. Shapes: B sentences, S source positions, N sentences not done, V vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lstm3.arithmetic import arithmetic, autocast
from lstm3.dataset import Ragged, cut_to_fit
from lstm3.loss import token_losses, total
from lstm3.model import LSTM_3, LSTMState, Memory
from lstm3.tokenizer import detokenize, tokenize
from lstm3.vocab import BOS, EOS, PAD, PLACEHOLDERS, UNK, Vocab

_NEVER_PRODUCED = (UNK, PAD, BOS)
_STILL_NEEDED = 0.5  # share of sentences; where it falls so far, those that are done are dropped


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
        lengths = sentences.lengths
        order = np.argsort(lengths, kind="stable")
        for indices in cut_to_fit(order, batch_size, lengths, lengths):
            src = torch.from_numpy(sentences.rows(indices)).to(model.device)
            src_lengths = torch.from_numpy(lengths[indices]).to(model.device)
            memory, state = model.encode(src, src_lengths)
            hypotheses, _ = greedy_search(model, src, src_lengths, memory, state)
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
    the <EOS> of a hypothesis that is shorter than its reference. Sentences that need no more steps
    leave the batch, half of it at a time: each size has kernels of its own.
    """
    limits = 2 * src_lengths + 10  # (B,)
    num_targets = torch.zeros_like(limits) if targets is None else (targets != PAD).sum(dim=1)
    num_steps = int(torch.maximum(limits, num_targets).max())
    tokens = src.new_full((len(src), num_steps), EOS)
    sources = torch.full_like(tokens, -1)
    losses: list[Tensor] = []
    rows = torch.arange(len(src), device=src.device)  # of the sentences that are still decoded
    token = torch.full_like(rows, BOS)  # (N,)
    is_open = torch.ones_like(rows, dtype=torch.bool)  # (N,)
    for step in range(num_steps):
        features, weights, state = model.decode(token.unsqueeze(1), state, memory)
        logits = model.classify(features[:, 0])  # (N, V)
        if targets is not None and step < targets.shape[1]:
            losses.append(token_losses(logits, targets[rows, step]))
        logits[:, _NEVER_PRODUCED] = -torch.inf
        token = logits.argmax(dim=-1)
        tokens[rows, step] = token
        sources[rows, step] = _sources(token, weights[:, 0], src[rows])
        is_open &= (token != EOS) & (step + 1 < limits[rows])
        is_needed = is_open | (step + 1 < num_targets[rows])
        num_needed = int(is_needed.sum())
        if num_needed == 0:
            break
        if num_needed <= _STILL_NEEDED * len(rows):
            kept = is_needed.nonzero().squeeze(1)
            rows, token, is_open = rows[kept], token[kept], is_open[kept]
            memory = memory.rows(kept)
            state = tuple((h[:, kept], c[:, kept]) for h, c in state)
    hypotheses = [
        _hypothesis(made[:limit], origins)
        for made, origins, limit in zip(
            tokens.tolist(), sources.tolist(), limits.tolist(), strict=True
        )
    ]
    return hypotheses, total(losses)


def _hypothesis(tokens: list[int], sources: list[int]) -> Hypothesis:
    end = tokens.index(EOS) if EOS in tokens else len(tokens)
    return Hypothesis(tokens=tuple(tokens[:end]), sources=tuple(sources[:end]))


def _sources(tokens: Tensor, weights: Tensor, src: Tensor) -> Tensor:
    """Return for each <NUM> or <SUB> the likeliest source position with the same, or -1."""
    is_placeholder = torch.isin(tokens, torch.tensor(PLACEHOLDERS, device=tokens.device))
    is_same = (src == tokens.unsqueeze(1)) & is_placeholder.unsqueeze(1)  # (B, S)
    best = weights.masked_fill(~is_same, -1.0).argmax(dim=1)
    return best.where(is_same.any(dim=1), -1)

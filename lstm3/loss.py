"""Cross-entropy of the classifier, with and without label smoothing, from one pass over logits.

Shapes: N target tokens, V target vocabulary, H hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import cross_entropy, linear

from lstm3.vocab import PAD

_CHUNK = 512  # rows whose logits are held at a time: small enough to stay in a CPU's cache


def training_loss(
    classifier: nn.Linear, features: Tensor, targets: Tensor, label_smoothing: float
) -> tuple[Tensor, Tensor]:
    """Return the mean smoothed loss, to be minimised, and the plain loss summed over tokens.

    `features` (N, 2H) and `targets` (N,) hold no padding; nats. The smoothed loss is that of
    nn.CrossEntropyLoss(label_smoothing=...). The sum is for reporting and has no gradient.
    """
    loss, nll = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        features, classifier.weight, classifier.bias, targets, label_smoothing
    )
    return loss, nll


def token_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the plain cross-entropy of each row of logits (N, V), in nats, 0 on padding, (N,)."""
    return cross_entropy(logits, targets, ignore_index=PAD, reduction="none")


def total(losses: Sequence[Tensor]) -> float:
    """Return the sum of all losses, taken in fp64; on a GPU this waits for them."""
    return float(torch.cat([*losses]).cpu().double().sum()) if losses else 0.0


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Linear classifier and loss in one: gradients are made with the loss, chunk by chunk.

    So logits (N, V), by far the largest tensor of a step, are never kept. The gradient of the
    loss by a row's logits is softmax - (1 - smoothing) * one-hot - smoothing / V.
    """

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float
    ) -> tuple[Tensor, Tensor]:
        num_tokens, num_classes = len(targets), len(weight)
        d_features = torch.empty_like(features)
        d_weight = torch.zeros_like(weight)
        d_bias = torch.zeros_like(bias)
        loss = features.new_zeros((), dtype=torch.float32)
        nll = torch.zeros_like(loss)
        for start in range(0, num_tokens, _CHUNK):
            rows = features[start : start + _CHUNK]
            target = targets[start : start + _CHUNK].unsqueeze(1)
            logits = linear(rows, weight, bias)
            log_probs = logits.float().log_softmax(dim=1)
            chunk_nll = -log_probs.gather(1, target).sum()
            nll += chunk_nll
            loss += (1 - smoothing) * chunk_nll - smoothing / num_classes * log_probs.sum()
            d_logits = log_probs.exp_().sub_(smoothing / num_classes)
            d_logits.scatter_add_(
                1, target, torch.full_like(target, smoothing - 1, dtype=torch.float32)
            )
            d_logits /= num_tokens
            d_bias += d_logits.sum(dim=0)
            d_logits = d_logits.to(logits.dtype)
            d_features[start : start + _CHUNK] = d_logits @ weight
            d_weight += d_logits.T @ rows
        ctx.save_for_backward(d_features, d_weight, d_bias)
        ctx.mark_non_differentiable(nll)
        return loss / num_tokens, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_loss: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        d_features, d_weight, d_bias = ctx.saved_tensors
        return d_loss * d_features, d_loss * d_weight, d_loss * d_bias, None, None

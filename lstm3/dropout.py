"""Dropout from masks that are drawn apart from where they are used.

So every pass over a batch can drop the same, and what is dropped follows from a generator alone.
Shapes: B sentences, S source and T target positions, E embedding size, H hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Masks:
    """What a decoder drops: values are 0 or 1 / (1 - p); None drops nothing."""

    embedding: Tensor | None  # (B, T, E)
    outputs: tuple[Tensor | None, ...]  # of each layer, (B, T, H)
    attention: Tensor | None  # (B, T, S)

    def at(self, step: int) -> Masks:
        """Return the masks of one target position."""
        return Masks(
            embedding=_at(self.embedding, step),
            outputs=tuple(_at(mask, step) for mask in self.outputs),
            attention=_at(self.attention, step),
        )


def draw_mask(shape: Sequence[int], p: float, generator: torch.Generator) -> Tensor | None:
    """Return a mask that drops with probability `p`, on the generator's device."""
    if p == 0:
        return None
    draws = torch.rand(shape, generator=generator, device=generator.device)
    return (draws >= p).float() / (1 - p)


def apply_mask(mask: Tensor | None, x: Tensor) -> Tensor:
    return x if mask is None else x * mask.to(x.dtype)


def drop(x: Tensor, p: float, generator: torch.Generator | None) -> Tensor:
    """Return `x` with a mask that is drawn here; without a generator, as it is."""
    return x if generator is None else apply_mask(draw_mask(x.shape, p, generator), x)


def _at(mask: Tensor | None, step: int) -> Tensor | None:
    return None if mask is None else mask[:, step : step + 1]

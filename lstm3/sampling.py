"""Scheduled sampling (Bengio et al. 2015): decoder inputs when teacher forcing is below 1.

Shapes: B sentences, T target positions, N rows, H hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lstm3.device import move
from lstm3.dropout import Masks
from lstm3.model import LSTM_3, LSTMState, Memory
from lstm3.vocab import PAD

_ROWS = 32  # are classified at a time, or a multiple: oneDNN compiles a kernel for each number


def draw_own(reference: Tensor, teacher_forcing: float, generator: torch.Generator) -> Tensor:
    """Return which decoder inputs (B, T) are to be the model's own tokens.

    Each is with probability 1 - `teacher_forcing`, the first and padding aside. They are drawn on
    the CPU, where asking which rows are meant does not wait for a device.
    """
    is_own = torch.rand(reference.shape, generator=generator) >= teacher_forcing
    is_own &= reference != PAD
    is_own[:, 0] = False
    return is_own


@torch.no_grad()
def find_inputs(
    model: LSTM_3,
    reference: Tensor,
    is_own: Tensor,
    state: LSTMState,
    memory: Memory,
    masks: Masks | None,
) -> Tensor:
    """Return the decoder inputs (B, T): `reference`, or where `is_own` the model's argmax.

    The argmax at a position follows from the inputs before it, so it is found step by step, but
    only up to the last one drawn, and classified are only the rows whose next input is drawn. No
    gradient flows through an argmax, so one pass over the inputs found is then all that is left of
    training; with the same `masks` it makes the very choices that it is given.
    """
    inputs = reference.clone()
    for step, rows in enumerate(_rows_by_step(is_own[:, 1:], inputs.device)):
        masks_now = None if masks is None else masks.at(step)
        features, _, state = model.decode(inputs[:, step : step + 1], state, memory, masks_now)
        if len(rows) > 0:
            inputs[rows, step + 1] = _likeliest(model, features[:, 0], rows)
    return inputs


def _rows_by_step(is_drawn: Tensor, device: torch.device) -> Sequence[Tensor]:
    """Return for each step the rows (N,) that are drawn, up to the last step with any.

    They go to the device in one piece, since each copy may wait for it.
    """
    counts = is_drawn.sum(dim=0).tolist()
    rows = is_drawn.T.nonzero()[:, 1]  # step by step
    while counts and counts[-1] == 0:
        counts.pop()
    return move(rows, device).split_with_sizes(counts)


def _likeliest(model: LSTM_3, features: Tensor, rows: Tensor) -> Tensor:
    """Return the likeliest tokens (N,) by these rows of features (B, 2H)."""
    num_rows = -(-len(rows) // _ROWS) * _ROWS
    chosen = features.new_zeros(num_rows, features.shape[1])
    chosen[: len(rows)] = features[rows]
    return model.classify(chosen)[: len(rows)].argmax(dim=-1)

"""Scheduled sampling (Bengio et al. 2015): decoder inputs when teacher forcing is below 1.

Shapes: B sentences, S source and T target positions, N rows.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lstm3.dropout import Masks
from lstm3.model import LSTM_3, LSTMState, Memory


def draw_own(shape: torch.Size, teacher_forcing: float, generator: torch.Generator) -> Tensor:
    """Return which decoder inputs (B, T) are to be the model's own tokens; never the first.

    Each is with probability 1 - `teacher_forcing`. They are drawn on the CPU, where asking which
    rows are meant does not wait for a device.
    """
    is_own = torch.rand(shape, generator=generator) >= teacher_forcing
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
    only the recurrence is: attention and classifier run for the rows whose next input is drawn.
    No gradient flows through an argmax, so one pass over the inputs found is then all that is
    left of training; with the same `masks` it makes the very choices that it is given.
    """
    inputs = reference.clone()
    num_steps = int(is_own.any(dim=0).nonzero().max()) if is_own.any() else 0
    for step in range(num_steps):
        masks_now = None if masks is None else masks.at(step)
        outputs, state = model.decoder.recur(inputs[:, step : step + 1], state, masks_now)
        rows = is_own[:, step + 1].nonzero().squeeze(1).to(inputs.device)  # (N,)
        if len(rows) == 0:
            continue
        mask = None if masks_now is None else masks_now.attention
        features, _ = model.decoder.attend(
            outputs[rows], memory.rows(rows), None if mask is None else mask[rows]
        )
        inputs[rows, step + 1] = model.classify(features[:, 0]).argmax(dim=-1)
    return inputs

"""Masks: their share, their mean, and that they follow from a generator alone."""

from __future__ import annotations

import pytest
import torch

from lstm3.dropout import Masks, apply_mask, draw_mask, drop


def seeded():
    return torch.Generator().manual_seed(1)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_a_mask_drops_its_share_and_keeps_the_mean(p):
    mask = draw_mask((300, 400), p, seeded())
    assert mask.unique().tolist() == pytest.approx([0, 1 / (1 - p)])
    assert float((mask == 0).float().mean()) == pytest.approx(p, abs=0.01)
    assert float(mask.mean()) == pytest.approx(1, abs=0.02)


def test_nothing_is_dropped_at_rate_zero_or_without_a_generator():
    x = torch.randn(3, 4)
    assert draw_mask((3, 4), 0.0, seeded()) is None
    assert drop(x, 0.5, None) is x
    assert drop(x, 0.0, seeded()) is x
    assert apply_mask(None, x) is x


def test_a_mask_follows_from_its_generator_whatever_else_is_drawn():
    torch.manual_seed(1)
    first = draw_mask((5, 5), 0.5, seeded())
    torch.manual_seed(2)
    assert torch.equal(draw_mask((5, 5), 0.5, seeded()), first)


def test_masks_at_a_step_are_its_column():
    masks = Masks(
        embedding=torch.rand(2, 3, 4), outputs=(torch.rand(2, 3, 5), None), attention=None
    )
    step = masks.at(2)
    assert torch.equal(step.embedding[:, 0], masks.embedding[:, 2])
    assert torch.equal(step.outputs[0][:, 0], masks.outputs[0][:, 2])
    assert step.outputs[1] is step.attention is None

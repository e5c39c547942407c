"""Scheduled sampling in two passes against one loop that does everything step by step."""

from __future__ import annotations

import pytest
import torch

from lstm3.loss import training_loss
from lstm3.sampling import draw_own, find_inputs
from lstm3.vocab import PAD
from tests.lstm3.tiny import SIZE, make_batch, make_model, make_pairs

DROPOUTS = {
    "dropout_emb": 0.3,
    "dropout_enc": 0.3,
    "dropout_dec": 0.3,
    "dropout_attention": 0.3,
}


def encoded(model, batch):
    generator = torch.Generator().manual_seed(5)
    memory, state = model.encode(batch.src, batch.src_lengths, generator)
    return memory, state, model.draw_masks(batch.inputs, memory, generator)


def in_one_loop(model, batch, is_own):
    """Return inputs and loss of the textbook's way: choose, step and learn, token by token."""
    memory, state, masks = encoded(model, batch)
    inputs, logits = [batch.inputs[:, 0]], []
    for step in range(batch.inputs.shape[1]):
        features, _, state = model.decode(inputs[-1].unsqueeze(1), state, memory, masks.at(step))
        logits.append(model.classify(features[:, 0]))
        if step + 1 < batch.inputs.shape[1]:
            own = logits[-1].argmax(dim=-1)
            inputs.append(torch.where(is_own[:, step + 1], own, batch.inputs[:, step + 1]))
    rows = batch.select_targets(torch.stack(logits, dim=1))
    loss = torch.nn.functional.cross_entropy(rows, batch.targets, label_smoothing=0.1)
    return torch.stack(inputs, dim=1), loss


def in_two_passes(model, batch, is_own):
    memory, state, masks = encoded(model, batch)
    inputs = find_inputs(model, batch.inputs, is_own, state, memory, masks)
    features, _, _ = model.decode(inputs, state, memory, masks)
    loss, _ = training_loss(model.classifier, batch.select_targets(features), batch.targets, 0.1)
    return inputs, loss


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("teacher_forcing", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("dropouts", [dict.fromkeys(DROPOUTS, 0.0), DROPOUTS])
def test_two_passes_equal_one_loop_in_inputs_loss_and_gradients(teacher_forcing, dropouts):
    model, batch = make_model(**dropouts), make_batch(make_pairs(12))
    with torch.no_grad():
        model.classifier.weight *= 20  # so that what is likeliest depends on the state
    is_own = draw_own(batch.inputs, teacher_forcing, torch.Generator().manual_seed(2))

    inputs, loss = in_two_passes(model, batch, is_own)
    expected_inputs, expected_loss = in_one_loop(model, batch, is_own)

    assert torch.equal(inputs, expected_inputs)
    assert not torch.equal(inputs, batch.inputs)
    torch.testing.assert_close(loss, expected_loss)
    torch.testing.assert_close(
        gradients(model, loss), gradients(model, expected_loss), rtol=1e-4, atol=1e-6
    )


def test_inputs_stay_the_reference_where_none_is_to_be_the_models_own():
    model, batch = make_model(), make_batch(make_pairs(4))
    memory, state, masks = encoded(model, batch)
    none = torch.zeros_like(batch.inputs, dtype=torch.bool)
    assert torch.equal(find_inputs(model, batch.inputs, none, state, memory, masks), batch.inputs)


def test_a_share_of_inputs_is_the_models_own_but_never_the_first_nor_padding():
    reference = torch.randint(2, SIZE, (1000, 30)).index_fill(1, torch.tensor([3, 29]), PAD)
    is_own = draw_own(reference, 0.7, torch.Generator().manual_seed(1))
    assert not is_own[:, 0].any()
    assert not is_own[reference == PAD].any()
    share = is_own[:, 1:].sum() / (reference[:, 1:] != PAD).sum()
    assert float(share) == pytest.approx(0.3, abs=0.01)


def test_finding_inputs_in_bfloat16_leaves_every_parameter_its_gradient():
    """Weights that autocast has cast while no gradient was wanted must not be used again."""
    model, batch = make_model(precision="bf16"), make_batch(make_pairs(6))
    is_own = draw_own(batch.inputs, 0.5, torch.Generator().manual_seed(2))
    with torch.autocast("cpu", torch.bfloat16):
        _, loss = in_two_passes(model, batch, is_own)
    loss.backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []

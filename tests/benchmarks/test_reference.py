"""The real core against the reference core: the same mathematics, number for number."""

from __future__ import annotations

import pytest
import torch

from benchmarks.reference import Reference
from lstm3.epoch import batch_loss
from lstm3.sampling import draw_own
from lstm3.validation import validate_batch
from tests.lstm3.tiny import SIZE, make_batch, make_config, make_model, make_pairs

NO_DROPOUT = dict.fromkeys(("dropout_emb", "dropout_enc", "dropout_dec"), 0.0)


@pytest.fixture(params=[1, 2, 3])
def cores(request):
    """Return a model that is sure of different things at different places, and its reference."""
    model = make_model(num_layers=request.param, **NO_DROPOUT)
    with torch.no_grad():
        model.classifier.weight *= 20
    reference = Reference(make_config(num_layers=request.param, **NO_DROPOUT), SIZE, SIZE)
    reference.copy_from(model)
    return model, reference


@pytest.mark.parametrize("teacher_forcing", [1.0, 0.9, 0.5, 0.0])
def test_loss_and_gradients_are_those_of_the_reference(cores, teacher_forcing):
    model, reference = cores
    batch = make_batch(make_pairs(12))
    is_own = None
    if teacher_forcing < 1:
        generator = torch.Generator().manual_seed(2)
        is_own = draw_own(batch.inputs, teacher_forcing, generator)
    loss, _ = batch_loss(model, batch, 0.1, is_own, torch.Generator())
    expected = reference.loss(batch, 0.1, is_own)
    torch.testing.assert_close(loss, expected)
    loss.backward()
    expected.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.grad)
    found = Reference(reference.config, SIZE, SIZE)
    found.copy_from(model)  # its gradients, by the reference's names
    torch.testing.assert_close(
        {name: weight.detach() for name, weight in found.named_parameters()},
        {name: weight.grad for name, weight in reference.named_parameters()},
        rtol=1e-4,
        atol=1e-6,
    )


def test_validation_is_that_of_the_reference(cores):
    model, reference = cores
    batch = make_batch(make_pairs(12))
    validation = validate_batch(model, batch)
    loss, loss_no_tf, hypotheses = reference.validate(batch)
    assert validation.loss == pytest.approx(loss, rel=1e-5)
    assert validation.loss_no_tf == pytest.approx(loss_no_tf, rel=1e-5)
    assert [list(hypothesis.tokens) for hypothesis in validation.hypotheses] == hypotheses
    assert len(set(map(len, hypotheses))) > 3

"""The chunked loss against torch's own, in one piece."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lstm3.loss import token_losses, total, training_loss
from lstm3.vocab import PAD


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("num_tokens", [1, 512, 1300])
def test_the_chunked_loss_and_its_gradients_equal_cross_entropy_loss(num_tokens, label_smoothing):
    torch.manual_seed(1)
    classifier = nn.Linear(5, 11)
    features = torch.randn(num_tokens, 5, requires_grad=True)
    targets = torch.randint(11, (num_tokens,))
    leaves = [features, *classifier.parameters()]

    loss, nll = training_loss(classifier, features, targets, label_smoothing)
    expected = nn.CrossEntropyLoss(label_smoothing=label_smoothing)(classifier(features), targets)
    plain = nn.CrossEntropyLoss(reduction="sum")(classifier(features), targets)

    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(nll, plain)
    gradients = torch.autograd.grad(3 * loss, leaves)
    torch.testing.assert_close(gradients, torch.autograd.grad(3 * expected, leaves))


def test_plain_losses_are_those_of_targets_but_padding():
    logits = torch.randn(4, 9)
    targets = torch.tensor([6, PAD, 3, PAD])
    log_probs = logits.double().log_softmax(dim=-1)
    expected = -(log_probs[0, 6] + log_probs[2, 3])
    assert total([token_losses(logits, targets)]) == pytest.approx(float(expected), rel=1e-6)


def test_the_loss_of_bfloat16_features_is_taken_in_fp32():
    torch.manual_seed(1)
    classifier, targets = nn.Linear(16, 300), torch.randint(300, (600,))
    features = torch.randn(600, 16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        loss, nll = training_loss(classifier, features, targets, 0.1)
    exact, _ = training_loss(classifier, features, targets, 0.1)
    assert loss.dtype == nll.dtype == torch.float32
    torch.testing.assert_close(loss, exact, rtol=1e-3, atol=0)

"""Validation in batches against one sentence at a time, in the plainest way."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from lstm3.dataset import TranslationDataset
from lstm3.validation import validate
from lstm3.vocab import BOS, EOS, PAD, UNK
from tests.lstm3.tiny import make_batch, make_model, make_pairs, make_split

PAIRS = make_pairs(13)


@pytest.fixture
def model():
    """A model that is sure of different things at different places, and sometimes of <EOS>."""
    model = make_model()
    with torch.no_grad():
        model.classifier.weight *= 20
    return model


def one_by_one(model, pairs):
    """Return (loss, loss without teacher forcing, hypotheses) of one sentence after another."""
    loss = loss_no_tf = 0.0
    hypotheses = []
    for src, trg in pairs:
        batch = make_batch([(src, trg)])
        memory, start = model.encode(batch.src, batch.src_lengths)
        features, _, _ = model.decode(batch.inputs, start, memory)
        targets = torch.tensor([*trg, EOS])
        loss += float(cross_entropy(model.classify(features[0]), targets, reduction="sum"))
        token, state, made = BOS, start, []
        for step in range(max(len(targets), 2 * len(src) + 10)):
            features, _, state = model.decode(torch.tensor([[token]]), state, memory)
            logits = model.classify(features[0, 0])
            if step < len(targets):
                loss_no_tf += float(cross_entropy(logits, targets[step]))
            logits[[UNK, PAD, BOS]] = -torch.inf
            token = int(logits.argmax())
            made.append(token)
        made = made[: 2 * len(src) + 10]
        hypotheses.append(tuple(made[: made.index(EOS)] if EOS in made else made))
    return loss, loss_no_tf, hypotheses


@torch.no_grad()
@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_losses_and_hypotheses_are_those_of_sentences_one_by_one(model, batch_size):
    validation = validate(model, TranslationDataset(make_split(PAIRS)), batch_size)
    loss, loss_no_tf, hypotheses = one_by_one(model, PAIRS)
    num_tokens = sum(len(trg) + 1 for _, trg in PAIRS)
    assert validation.num_tokens == num_tokens
    assert validation.loss_per_token == pytest.approx(loss / num_tokens, rel=1e-5)
    assert validation.loss_no_tf_per_token == pytest.approx(loss_no_tf / num_tokens, rel=1e-5)
    assert [hypothesis.tokens for hypothesis in validation.hypotheses] == hypotheses
    lengths = {len(hypothesis) for hypothesis in hypotheses}
    assert len(lengths) > 3  # some end by <EOS>, early or late


def test_validation_leaves_no_gradient_behind(model):
    validate(model, TranslationDataset(make_split(PAIRS)), 4)
    assert all(parameter.grad is None for parameter in model.parameters())

"""Greedy search: what it may produce, when it stops, and where numbers come from."""

from __future__ import annotations

import pytest
import torch

from lstm3.search import translate
from lstm3.vocab import BOS, EOS, NUM, PAD, SUB, UNK
from tests.lstm3.tiny import make_batch, make_model, make_pairs

SOURCES = [src for src, _ in make_pairs(7)]


def make_model_that_says(*tokens: int):
    """Return a model that finds these tokens likely, the first the most, whatever it reads."""
    model = make_model()
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.zero_()
        for likelihood, token in enumerate(reversed(tokens), start=1):
            model.classifier.bias[token] = likelihood
    return model


def test_a_word_that_is_said_again_and_again_stays_up_to_the_limit():
    hypotheses = translate(make_model_that_says(7), SOURCES, 3)
    expected = [(7,) * (2 * len(source) + 10) for source in SOURCES]
    assert [hypothesis.tokens for hypothesis in hypotheses] == expected


def test_a_hypothesis_ends_before_the_end_of_sentence():
    hypotheses = translate(make_model_that_says(EOS, 7), SOURCES, 3)
    assert [hypothesis.tokens for hypothesis in hypotheses] == [()] * len(SOURCES)


@pytest.mark.parametrize("special", [UNK, PAD, BOS])
def test_what_is_no_word_is_never_said(special):
    hypotheses = translate(make_model_that_says(special, 7), SOURCES, 3)
    assert {token for hypothesis in hypotheses for token in hypothesis.tokens} == {7}


@pytest.mark.parametrize("batch_size", [1, 2, 50])
def test_translations_come_in_the_order_of_their_sources(batch_size):
    model = make_model()
    with torch.no_grad():
        model.classifier.weight *= 20
    alone = [translate(model, [source], 1)[0] for source in SOURCES]
    assert translate(model, SOURCES, batch_size) == alone
    assert len(set(alone)) > 1
    assert translate(model, [], batch_size) == []


@pytest.mark.parametrize("placeholder", [NUM, SUB])
def test_a_placeholder_comes_from_the_source_position_of_its_kind_with_most_attention(placeholder):
    model = make_model_that_says(placeholder)
    other = SUB if placeholder == NUM else NUM
    src = [other, placeholder, 8, placeholder, 9, other]
    (hypothesis,) = translate(model, [src], 1)
    batch = make_batch([(src, [placeholder] * (len(hypothesis.tokens) - 1))])
    memory, state = model.encode(batch.src, batch.src_lengths)
    _, weights, _ = model.decode(batch.inputs, state, memory)
    expected = [1 if row[1] > row[3] else 3 for row in weights[0]]
    assert list(hypothesis.sources) == expected


def test_a_placeholder_without_its_like_in_the_source_comes_from_nowhere():
    (hypothesis,) = translate(make_model_that_says(NUM), [[7, SUB, 8]], 1)
    assert set(hypothesis.sources) == {-1}


def test_an_ordinary_word_comes_from_nowhere():
    (hypothesis,) = translate(make_model_that_says(7), [[7, 7]], 1)
    assert set(hypothesis.sources) == {-1}


def test_a_source_without_a_token_can_be_translated():
    (hypothesis,) = translate(make_model_that_says(7), [[]], 1)
    assert hypothesis.tokens == (7,) * 10

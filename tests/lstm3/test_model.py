"""The model: one sentence is one sentence, whatever surrounds it and however it is decoded."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm3.config import Config
from lstm3.model import LSTM_3, PaddingProofLSTM
from lstm3.vocab import PAD
from tests.lstm3.tiny import SIZE, make_batch, make_model, make_pairs

DROPOUTS = {
    "dropout_emb": 0.4,
    "dropout_enc": 0.4,
    "dropout_dec": 0.4,
    "dropout_attention": 0.4,
}


def decoded(model, batch, masks=None):
    memory, state = model.encode(batch.src, batch.src_lengths)
    return model.decode(batch.inputs, state, memory, masks)


def test_the_default_model_on_multi30k_has_its_known_size():
    with torch.device("meta"):
        model = LSTM_3(Config(), 7838, 5901)
    assert model.num_parameters == 8_733_069


@pytest.mark.parametrize("dropouts", [{}, DROPOUTS])
def test_decoding_step_by_step_equals_the_parallel_pass(dropouts):
    model, batch = make_model(num_layers=3, **dropouts), make_batch(make_pairs(4))
    memory, state = model.encode(batch.src, batch.src_lengths)
    masks = model.draw_masks(batch.inputs, memory, torch.Generator().manual_seed(1))
    features, weights, after = model.decode(batch.inputs, state, memory, masks)
    for step in range(batch.inputs.shape[1]):
        token = batch.inputs[:, step : step + 1]
        step_features, step_weights, state = model.decode(token, state, memory, masks.at(step))
        torch.testing.assert_close(step_features[:, 0], features[:, step])
        torch.testing.assert_close(step_weights[:, 0], weights[:, step])
    torch.testing.assert_close(state, after)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_a_sentence_is_encoded_and_decoded_as_if_it_were_alone(num_layers):
    model, pairs = make_model(num_layers=num_layers), make_pairs(6)
    features, weights, _ = decoded(model, make_batch(pairs))
    for row, (src, trg) in enumerate(pairs):
        alone = make_batch([(src, trg)])
        alone_features, alone_weights, _ = decoded(model, alone)
        torch.testing.assert_close(features[row, : len(trg) + 1], alone_features[0])
        torch.testing.assert_close(weights[row, : len(trg) + 1, : len(src)], alone_weights[0])


def test_the_gradient_of_a_batch_is_the_sum_of_its_sentences_gradients():
    model, pairs = make_model(), make_pairs(6)
    batch = make_batch(pairs)
    batch.select_targets(decoded(model, batch)[0]).square().sum().backward()
    together = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    for pair in pairs:
        decoded(model, make_batch([pair]))[0].square().sum().backward()
    alone = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_a_layer_equals_packed_sequences():
    torch.manual_seed(1)
    layer, packed = PaddingProofLSTM(5, 7), nn.LSTM(5, 7, batch_first=True, bidirectional=True)
    x, lengths = torch.randn(4, 9, 5), torch.tensor([9, 1, 4, 8])
    is_padding = torch.arange(9) >= lengths.unsqueeze(1)
    outputs, h, c = layer(x, lengths, is_padding)
    weights = layer.lstm.state_dict()
    packed.load_state_dict(
        {name: w[:, :-1] if "weight_ih" in name else w for name, w in weights.items()}
    )
    expected, (expected_h, expected_c) = packed(
        pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    )
    expected, _ = pad_packed_sequence(expected, batch_first=True)
    torch.testing.assert_close(outputs[~is_padding], expected[~is_padding])
    torch.testing.assert_close(h, torch.cat(list(expected_h), dim=-1))
    torch.testing.assert_close(c, torch.cat(list(expected_c), dim=-1))


def test_padding_leaves_no_trace_in_a_gradient():
    model, batch = make_model(), make_batch(make_pairs(6))
    batch.select_targets(decoded(model, batch)[0]).square().sum().backward()
    for layer in model.encoder.layers:
        for name, weight in layer.lstm.named_parameters():
            if "weight_ih" in name:
                assert torch.equal(weight.grad[:, -1], torch.zeros_like(weight.grad[:, -1]))
    assert not model.encoder.embedding.weight.grad[PAD].any()


def test_attention_sees_no_padding():
    batch = make_batch([([6, 7, 8], [9]), ([6], [9, 10])])
    weights = decoded(make_model(), batch)[1].detach()
    assert torch.equal(weights[1, :, 1:], torch.zeros(3, 2))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 3))


def test_what_stands_where_padding_is_does_not_matter():
    model, batch = make_model(), make_batch(make_pairs(6))
    features = batch.select_targets(decoded(model, batch)[0])
    with torch.no_grad():
        model.encoder.embedding.weight[PAD] = torch.randn(6)
        model.decoder.embedding.weight[PAD] = torch.randn(6)
    assert torch.equal(batch.select_targets(decoded(model, batch)[0]), features)


def test_a_source_without_a_token_has_finite_features_that_its_batch_does_not_change():
    model = make_model()
    alone, _, _ = decoded(model, make_batch([([], [7])]))
    beside, _, _ = decoded(model, make_batch([([], [7]), ([6, 7, 8], [9])]))
    assert alone.isfinite().all()
    torch.testing.assert_close(alone[0], beside[0])


def test_nothing_is_dropped_unless_masks_or_a_generator_are_given():
    batch = make_batch(make_pairs(3))
    with_rates, without = make_model(**DROPOUTS), make_model(**dict.fromkeys(DROPOUTS, 0.0))
    assert torch.equal(decoded(with_rates, batch)[0], decoded(without, batch)[0])
    generator = torch.Generator().manual_seed(1)
    dropped, _ = with_rates.encode(batch.src, batch.src_lengths, generator)
    kept, _ = with_rates.encode(batch.src, batch.src_lengths)
    assert not torch.equal(dropped.values, kept.values)


def test_logits_cover_the_target_vocabulary():
    model, batch = make_model(), make_batch(make_pairs(2))
    assert model.classify(decoded(model, batch)[0]).shape[-1] == SIZE

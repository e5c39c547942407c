"""The operations of training, counted from weights, against those of its formulas."""

from __future__ import annotations

import pytest

from benchmarks.ceiling import operations
from tests.lstm3.tiny import make_config, make_corpus


def test_operations_are_three_products_of_every_matrix_with_every_position(tmp_path):
    corpus, config = make_corpus(tmp_path), make_config(num_layers=1)
    pairs = list(zip(*(_lengths(corpus, side) for side in ("src", "trg")), strict=True))
    embedding, hidden, vocab = config.embedding_dim, config.hidden_size, len(corpus.trg_vocab)
    done = 0
    for src, trg in pairs:
        encoder = 2 * 4 * hidden * (embedding + hidden)  # both directions, four gates
        decoder = 4 * hidden * (embedding + hidden)
        done += src * (encoder + 2 * hidden * hidden)  # and the memory's projection
        done += 2 * 2 * hidden * hidden  # h and c
        done += (trg + 1) * (decoder + 2 * hidden * vocab + 2 * src * hidden)
    found = operations(config, corpus)
    num_targets = sum(trg + 1 for _, trg in pairs)
    assert sum(found.values()) == pytest.approx(2 * 3 * done / num_targets)


def _lengths(corpus, side):
    offsets = getattr(corpus.train, f"{side}_offsets")
    return (offsets[1:] - offsets[:-1]).tolist()

"""Streams: a function of seed, epoch and purpose, and independent of each other."""

from __future__ import annotations

import itertools

import torch

from lstm3.randomness import Stream, generator, seed_of


def test_every_seed_epoch_and_stream_is_seeded_differently():
    places = itertools.product(range(20), range(20), Stream)
    assert len({seed_of(*place) for place in places}) == 20 * 20 * len(Stream)


def test_a_stream_is_the_same_whenever_it_is_asked_for():
    first, again = (torch.rand(5, generator=generator(1, 2, Stream.DROPOUT)) for _ in range(2))
    assert torch.equal(first, again)


def test_seeds_fit_what_torch_takes():
    largest = max(seed_of(2**63 - 1, epoch, Stream.INIT) for epoch in range(100))
    assert 2**62 < largest < 2**63

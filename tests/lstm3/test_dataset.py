"""Batches: every pair once, whole, and beside pairs of its length."""

from __future__ import annotations

import numpy as np
import torch

from lstm3.dataset import Ragged
from lstm3.vocab import BOS, EOS, PAD
from tests.lstm3.tiny import make_batch, make_dataset, make_pairs


def shuffled(dataset, *, seed=1, batch_size=4, max_len=60):
    return dataset.training_batches(batch_size, max_len, torch.Generator().manual_seed(seed))


def test_an_item_is_the_pair_that_was_encoded():
    pairs = make_pairs(5)
    dataset = make_dataset(pairs)
    assert len(dataset) == 5
    assert [
        (src.tolist(), trg.tolist()) for src, trg in map(dataset.__getitem__, range(5))
    ] == pairs


def test_a_batch_is_its_pairs_filled_up_with_padding():
    batch = make_batch([([7, 8, 9], [10]), ([6], [11, 12])])
    assert batch.src.tolist() == [[7, 8, 9], [6, PAD, PAD]]
    assert batch.src_lengths.tolist() == [3, 1]
    assert batch.trg.tolist() == [[BOS, 10, EOS, PAD], [BOS, 11, 12, EOS]]
    assert batch.inputs.tolist() == [[BOS, 10, EOS], [BOS, 11, 12]]
    assert batch.targets.tolist() == [10, EOS, 11, 12, EOS]
    assert batch.num_tokens == 5


def test_a_batch_takes_its_pairs_from_anywhere_in_the_corpus():
    pairs = make_pairs(20)
    chosen = np.array([13, 2, 19])
    batch = make_dataset(pairs).batch(chosen)
    alone = make_batch([pairs[index] for index in chosen])
    assert torch.equal(batch.src, alone.src)
    assert torch.equal(batch.trg, alone.trg)
    assert torch.equal(batch.target_positions, alone.target_positions)


def test_empty_sides_are_batched_like_any_other():
    batch = make_batch([([], []), ([], [6])])
    assert batch.src.tolist() == [[PAD], [PAD]]
    assert batch.trg.tolist() == [[BOS, EOS, PAD], [BOS, 6, EOS]]
    assert batch.targets.tolist() == [EOS, 6, EOS]


def test_an_epoch_has_every_usable_pair_once():
    pairs = [*make_pairs(2000, shortest=0, longest=8), ([6] * 9, [6]), ([6], [6] * 9)]
    batches = shuffled(make_dataset(pairs), max_len=7)
    usable = [i for i, pair in enumerate(pairs) if all(1 <= len(side) <= 7 for side in pair)]
    assert sorted(np.concatenate(batches).tolist()) == usable
    assert 0 < len(usable) < 2000


def test_all_pairs_are_validated_whatever_their_length():
    dataset = make_dataset([*make_pairs(50, shortest=0), ([6] * 500, [6] * 500)])
    batches = dataset.sorted_batches(8)
    assert sorted(np.concatenate(batches).tolist()) == list(range(51))


def test_long_pairs_are_validated_few_at_a_time_and_short_ones_as_they_were():
    pairs = make_pairs(50, shortest=0)
    giant = ([6] * 3000, [6] * 3000)
    dataset = make_dataset([giant, *pairs, giant])
    batches = dataset.sorted_batches(16)
    assert sorted(np.concatenate(batches).tolist()) == list(range(52))
    for indices in batches:
        batch = dataset.batch(indices)
        attention_weights = batch.src.numel() * batch.inputs.shape[1]
        assert attention_weights < 2**24 + 2**18, "or it is a pair by itself"
    ordinary = [batch.tolist() for batch in make_dataset(pairs).sorted_batches(16)]
    assert [(batch - 1).tolist() for batch in batches[:3]] == ordinary[:3]


def test_another_seed_is_another_order_and_other_batches():
    dataset = make_dataset(make_pairs(1000))
    first, again, other = (shuffled(dataset, seed=seed) for seed in (1, 1, 2))
    assert all(map(np.array_equal, first, again))
    assert {frozenset(batch.tolist()) for batch in first} != {
        frozenset(batch.tolist()) for batch in other
    }


def test_lengths_come_in_random_order_and_meet_in_batches():
    dataset = make_dataset(make_pairs(1600, longest=40))
    batches = [dataset.batch(indices) for indices in shuffled(dataset, batch_size=16)]
    widths = [batch.src.shape[1] for batch in batches]
    assert abs(np.corrcoef(widths, range(len(widths)))[0, 1]) < 0.3
    filled = sum(int((batch.src != PAD).sum()) for batch in batches)
    assert filled > 0.95 * sum(batch.src.numel() for batch in batches)
    num_targets = sum(batch.num_tokens for batch in batches)
    assert num_targets > 0.7 * sum(batch.inputs.numel() for batch in batches)


def test_ragged_rows_can_be_made_of_lists():
    rows = [[6, 7], [], [8]]
    ragged = Ragged.of(rows)
    assert [ragged.row(index).tolist() for index in range(3)] == rows
    assert ragged.rows(np.array([2, 0])).tolist() == [[8, PAD], [6, 7]]

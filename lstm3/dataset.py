"""Encoded sentence pairs, and the batches that an epoch is made of. Shapes: B, S, T, N tokens."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from lstm3.device import move
from lstm3.encoding import EncodedSplit
from lstm3.vocab import BOS, EOS, PAD

Array = NDArray[np.int64]

_POOL = 100  # batches whose pairs are sorted by length together
_LARGEST = 1 << 24  # pairs × source × target positions of a batch: numbers of its attention weights


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Sentence pairs side by side, filled up with PAD."""

    src: Tensor  # (B, S)
    src_lengths: Tensor  # (B,)
    trg: Tensor  # (B, T + 1), <BOS> first and <EOS> last
    target_positions: Tensor  # (N,) of the targets that are no padding, in a flattened (B, T)

    @property
    def inputs(self) -> Tensor:
        """The decoder inputs under teacher forcing, (B, T)."""
        return self.trg[:, :-1]

    @property
    def targets(self) -> Tensor:
        """The targets that count, (N,)."""
        return self.select_targets(self.trg[:, 1:])

    def select_targets(self, features: Tensor) -> Tensor:
        """Return the rows of (B, T, ...) whose targets count, (N, ...)."""
        return features.flatten(0, 1).index_select(0, self.target_positions)

    @property
    def num_tokens(self) -> int:
        return len(self.target_positions)

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(**{name: move(tensor, device) for name, tensor in vars(self).items()})


class TranslationDataset(Dataset[tuple[Tensor, Tensor]]):
    """Sentence pairs as ids, without <BOS> and <EOS>, read from memory-mapped arrays."""

    def __init__(self, split: EncodedSplit) -> None:
        self._src = Ragged(split.src, split.src_offsets)
        self._trg = Ragged(split.trg, split.trg_offsets)

    def __len__(self) -> int:
        return len(self._src.lengths)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return one pair: source ids (S,) and target ids (T,)."""
        return torch.from_numpy(self._src.row(index)), torch.from_numpy(self._trg.row(index))

    def batch(self, indices: Array) -> Batch:
        """Return these pairs as one batch."""
        trg_lengths = self._trg.lengths[indices]
        is_target = np.arange(trg_lengths.max() + 1) <= trg_lengths[:, None]  # <EOS> is one too
        return Batch(
            src=torch.from_numpy(self._src.rows(indices)),
            src_lengths=torch.from_numpy(self._src.lengths[indices]),
            trg=torch.from_numpy(self._trg.rows(indices, before=BOS, after=EOS)),
            target_positions=torch.from_numpy(np.flatnonzero(is_target)),
        )

    def training_batches(
        self, batch_size: int, max_len: int, generator: torch.Generator
    ) -> list[Array]:
        """Return the pairs of every batch of an epoch, in random order.

        Pairs meet pairs of about their length: the shuffled corpus is cut into pools, each pool is
        sorted and cut into batches, and these are shuffled. Pairs with a side that is empty or
        longer than `max_len` are left out.
        """
        lengths = np.stack([self._src.lengths, self._trg.lengths])
        usable = np.flatnonzero(np.all((lengths >= 1) & (lengths <= max_len), axis=0))
        shuffled = usable[torch.randperm(len(usable), generator=generator).numpy()]
        batches = [
            batch
            for pool in cut(shuffled, _POOL * batch_size)
            for batch in cut(self._by_length(pool), batch_size)
        ]
        return [batches[place] for place in torch.randperm(len(batches), generator=generator)]

    def sorted_batches(self, batch_size: int) -> list[Array]:
        """Return the pairs of batches that hold every pair, the shortest first."""
        order = self._by_length(np.arange(len(self)))
        return list(cut_to_fit(order, batch_size, self._src.lengths, self._trg.lengths))

    def _by_length(self, indices: Array) -> Array:
        """Return `indices` sorted by source length; then targets up and down in turn.

        So the targets of a batch that spans two source lengths are of about one length too.
        """
        src_lengths = self._src.lengths[indices]
        trg_lengths = self._trg.lengths[indices]
        up_or_down = np.where(src_lengths % 2 == 0, trg_lengths, -trg_lengths)
        order: Array = np.lexsort((up_or_down, src_lengths))
        return indices[order]


class Ragged:
    """Rows of different lengths in one flat array."""

    def __init__(self, flat: NDArray[np.int32], offsets: Array) -> None:
        self._flat = flat
        self._starts: Array = np.asarray(offsets[:-1])
        self.lengths: Array = np.asarray(offsets[1:]) - self._starts

    @staticmethod
    def of(rows: Sequence[Sequence[int]]) -> Ragged:
        offsets = np.cumsum([0, *map(len, rows)])
        return Ragged(np.fromiter(itertools.chain(*rows), np.int32), offsets)

    def row(self, index: int) -> Array:
        start = self._starts[index]
        return np.asarray(self._flat[start : start + self.lengths[index]], dtype=np.int64)

    def rows(self, indices: Array, *, before: int | None = None, after: int | None = None) -> Array:
        """Return the rows as one array filled up with PAD, at least one column wide.

        `before` and `after` are put around every row.
        """
        lengths = self.lengths[indices]
        extra = (before is not None) + (after is not None)
        filled = np.full((len(indices), max(1, lengths.max() + extra)), PAD, dtype=np.int64)
        columns = np.arange(lengths.max())
        is_inside = columns < lengths[:, None]
        values = self._flat[(self._starts[indices][:, None] + columns)[is_inside]]
        first = 0 if before is None else 1
        filled[:, first : first + len(columns)][is_inside] = values
        if before is not None:
            filled[:, 0] = before
        if after is not None:
            filled[np.arange(len(indices)), first + lengths] = after
        return filled


def cut(indices: Array, size: int) -> Iterator[Array]:
    """Yield `indices` in pieces of `size`, the last one maybe smaller."""
    for start in range(0, len(indices), size):
        yield indices[start : start + size]


def cut_to_fit(
    indices: Array, size: int, src_lengths: Array, trg_lengths: Array
) -> Iterator[Array]:
    """Yield `indices` in pieces of `size` at most: halved where their sentences are so long that
    a batch of them would not fit into memory."""
    for piece in cut(indices, size):
        longest = int(src_lengths[piece].max()) * int(trg_lengths[piece].max())
        if len(piece) > 1 and len(piece) * longest > _LARGEST:
            yield from cut_to_fit(piece, -(-len(piece) // 2), src_lengths, trg_lengths)
        else:
            yield piece

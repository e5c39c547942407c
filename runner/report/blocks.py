"""The epoch tree as blocks: each is as long as its epochs and as high as the trials it serves."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.tree.outcome import EpochResult
from runner.tree.path import Path


@dataclass(frozen=True, kw_only=True)
class Block:
    """Epochs in a row that the same trials went through and one sweep trained."""

    first_epoch: int
    last_epoch: int
    top: int  # rows of the picture above it; it is as many high as it has trials
    paths: Sequence[Path]  # of its trials
    sweep: str  # that trained it
    seconds: float  # of training it once

    @property
    def num_epochs(self) -> int:
        return self.last_epoch - self.first_epoch + 1

    @property
    def trials(self) -> Sequence[int]:
        return [path.trial.number for path in self.paths]

    @property
    def ends(self) -> Mapping[int, Path]:
        """Return the trials that go no further, by their rows: the lowest ones of the block."""
        ended = [path for path in self.paths if path.num_epochs == self.last_epoch]
        first = self.top + len(self.paths) - len(ended)
        return dict(enumerate(ended, start=first))


def blocks(paths: Sequence[Path]) -> Sequence[Block]:
    """Return the blocks of all epochs that these trials have gone, every distinct epoch once.

    Trials that part lie below each other, those of the larger branch first.
    """
    return list(_branches([path for path in paths if path.keys], 0, 0))


def _branches(paths: Sequence[Path], epoch: int, top: int) -> Iterator[Block]:
    """Return the blocks after `epoch`, which these trials went through together."""
    by_key = defaultdict[str, list[Path]](list)
    for path in paths:
        if path.num_epochs > epoch:
            by_key[path.keys[epoch]].append(path)
    for branch in sorted(by_key.values(), key=_order):
        block = _block(branch, epoch, top)
        yield block
        yield from _branches(branch, block.last_epoch, top)
        top += len(branch)


def _order(branch: Sequence[Path]) -> tuple[int, float]:
    return -len(branch), -max(max(path.values) for path in branch)


def _block(branch: Sequence[Path], epoch: int, top: int) -> Block:
    """Return the longest block of these trials that starts after `epoch`."""
    path = branch[0]
    alike = list(
        itertools.takewhile(
            lambda place: _belongs(branch, epoch, place), range(epoch, path.num_epochs)
        )
    )
    results: Sequence[EpochResult] = path.results[epoch : epoch + len(alike)]
    return Block(
        first_epoch=epoch + 1,
        last_epoch=epoch + len(alike),
        top=top,
        paths=branch,
        sweep=results[0].sweep,
        seconds=sum(result.seconds for result in results),
    )


def _belongs(branch: Sequence[Path], first: int, place: int) -> bool:
    """Return whether all trials go through the epoch at `place`, trained by whom `first` was."""
    path = branch[0]
    return path.results[place].sweep == path.results[first].sweep and all(
        other.num_epochs > place and other.keys[place] == path.keys[place] for other in branch
    )

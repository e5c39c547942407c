"""Where an epoch's randomness comes from: streams that know the seed and the epoch, no history."""

from __future__ import annotations

import enum
import hashlib

import torch


class Stream(enum.Enum):
    """What is drawn independently of everything else."""

    INIT = "init"
    SHUFFLE = "shuffle"
    DROPOUT = "dropout"
    TEACHER_FORCING = "teacher_forcing"


def seed_of(seed: int, epoch: int, stream: Stream) -> int:
    """Return the seed of one stream in one epoch (0: before the first), 63 bits."""
    text = f"{seed} {epoch} {stream.value}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def generator(
    seed: int, epoch: int, stream: Stream, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return the generator of one stream in one epoch, on `device`."""
    return torch.Generator(device).manual_seed(seed_of(seed, epoch, stream))

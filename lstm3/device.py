"""Devices: what a name means, and how tensors get there."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from lstm3.errors import ConfigError


def find_device(name: str) -> torch.device:
    """Return the device named cpu, cuda, cuda:N or mps; auto is CUDA where there is one, else CPU.

    Raises ConfigError for any other name, and for a device that is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not re.fullmatch(r"cpu|mps|cuda(:(0|[1-9][0-9]{0,3}))?", name):
        raise ConfigError(f"device: found '{name}'; expected auto, cpu, cuda, cuda:N or mps")
    kind, _, index = name.partition(":")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device: found '{name}'; there are {torch.cuda.device_count()} of CUDA")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ConfigError(f"device: found '{name}'; there is none on this machine")
    return torch.device(name)


def move(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the CPU on a device; a copy to CUDA does not wait for it."""
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)

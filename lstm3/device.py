"""The device that a name means."""

from __future__ import annotations

import torch

from lstm3.errors import ConfigError


def find_device(name: str) -> torch.device:
    """Return the device named cpu, cuda, cuda:N or mps; auto is CUDA where there is one, else CPU.

    Raises ConfigError for any other name, and for a device that is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, colon, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (colon and not (kind == "cuda" and index.isdigit())):
        raise ConfigError(f"device: found '{name}'; expected auto, cpu, cuda, cuda:N or mps")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device: found '{name}'; there are {torch.cuda.device_count()} of CUDA")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ConfigError(f"device: found '{name}'; there is none on this machine")
    return torch.device(name)

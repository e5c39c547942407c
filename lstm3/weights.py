"""Where the weights are that a config's `weights` names."""

from __future__ import annotations

from pathlib import Path

WEIGHTS_NAME = "weights.safetensors"  # in a model folder


def weights_file(path: Path) -> Path:
    """Return the safetensors file itself, given that or a model folder."""
    return path / WEIGHTS_NAME if path.is_dir() else path

"""Names of weights files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lstm3.config import Config

PREFIX, SUFFIX = "lstm3", ".safetensors"
WEIGHTS_NAME = f"weights{SUFFIX}"  # in a model folder

# What tells two weights files apart at a glance, and the letters that stand for it.
_LETTERS: Mapping[str, str] = {
    "embedding_dim": "e",
    "hidden_size": "h",
    "num_layers": "l",
    "lr": "lr",
    "weight_decay": "wd",
    "label_smoothing": "ls",
    "patience": "p",
    "gamma": "g",
    "tf_from_epoch": "tf",
    "tf_decrease": "td",
    "seed": "s",
}


def checkpoint_name(config: Config, num_parameters: int, epoch: int) -> str:
    """Return the file name of a config's weights after an epoch, such as
    "lstm3-e64-h128-l1-lr0.003-wd0.0001-ls0.1-p2-g0.5-tf3-td0.05-s1-0.63M-epoch06.safetensors"."""
    said = [f"{letters}{_short(getattr(config, key))}" for key, letters in _LETTERS.items()]
    size = f"{num_parameters / 1e6:.2f}M"
    return "-".join([PREFIX, *said, size, f"epoch{epoch:02}"]) + SUFFIX


def _short(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def weights_file(path: Path) -> Path:
    """Return the file that `weights: path` names: itself, or the one in a model folder."""
    return path / WEIGHTS_NAME if path.is_dir() else path

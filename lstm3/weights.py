"""Named tensors in safetensors files, a format that cannot run code, and models made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from lstm3.durable import write_durably
from lstm3.errors import StateError
from lstm3.model import LSTM_3

_METADATA = "metadata"  # one entry: the format writes several in another order each time


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors, from whatever device, so that the file is there whole or not at all.

    Equal tensors and metadata make equal files.
    """
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_durably(path, save(on_cpu, {_METADATA: json.dumps(metadata)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """Return the tensors and the metadata of a file; raises StateError."""
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
            metadata = json.loads((file.metadata() or {}).get(_METADATA, "{}"))
        if not isinstance(metadata, dict):
            raise ValueError(f"its metadata is {metadata!r}")
    except (OSError, SafetensorError, ValueError) as error:
        raise StateError(f"{path}: {error}; expected a safetensors file") from None
    return tensors, metadata


def fill(model: LSTM_3, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Copy tensors into a model; raises StateError with every name or shape that differs."""
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    problems = [
        f"{path}: {name}: found {found.get(name, 'nothing')}; "
        f"expected {expected.get(name, 'nothing')}"
        for name in [*expected, *(name for name in found if name not in expected)]
        if found.get(name) != expected.get(name)
    ]
    if problems:
        raise StateError(problems)
    model.load_state_dict(dict(tensors))

"""Training states: made, written to two files and read back bit by bit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lstm3.checkpoint import weights_file
from lstm3.config import Config, core
from lstm3.encoding import EncodedCorpus
from lstm3.errors import StateError
from lstm3.model import LSTM_3
from lstm3.randomness import Stream, seed_of
from lstm3.schedule import EpochSettings
from lstm3.weights import fill, read_tensors, write_tensors


@dataclass(kw_only=True)
class TrainingState:
    """All that an epoch leaves to the next one; `run_epoch` consumes it and returns the next."""

    model: LSTM_3
    optimizer: torch.optim.AdamW
    epoch: int  # the last one finished; 0 before the first
    config: Config  # its core, without the path of the weights that it once started from
    vocab_digest: str

    def set(self, settings: EpochSettings) -> None:
        """Have the optimizer take its next steps under these settings."""
        for group in self.optimizer.param_groups:
            group["lr"], group["weight_decay"] = settings.lr, settings.weight_decay


def create_state(config: Config, corpus: EncodedCorpus, device: torch.device) -> TrainingState:
    """Return the state before the first epoch: random, or with the weights that `config` names.

    Raises StateError if those are unreadable or fit another model.
    """
    state = _blank_state(config, corpus, device)
    if config.weights is not None:
        path = weights_file(Path(config.weights))
        tensors, metadata = read_tensors(path)
        _check_vocab(path, metadata.get("vocab"), corpus)
        fill(state.model, tensors, path)
    return state


def save_state(state: TrainingState, weights_path: Path, moments_path: Path) -> None:
    """Write the model's weights and the optimizer's moments, each there whole or not at all."""
    metadata = {
        "epoch": str(state.epoch),
        "config": json.dumps(dataclasses.asdict(state.config)),
        "vocab": state.vocab_digest,
    }
    moments = {
        f"{moment}.{name}": tensor
        for name, parameter in state.model.named_parameters()
        for moment, tensor in state.optimizer.state.get(parameter, {}).items()
    }
    write_tensors(weights_path, state.model.state_dict(), metadata)
    write_tensors(moments_path, moments, metadata)


def load_state(
    weights_path: Path,
    moments_path: Path,
    config: Config,
    corpus: EncodedCorpus,
    device: torch.device,
) -> TrainingState:
    """Return the state that was saved, exactly.

    Raises StateError if a file is unreadable, or belongs to another config, vocabulary or epoch.
    """
    weights, metadata = read_tensors(weights_path)
    moments, moments_metadata = read_tensors(moments_path)
    state = _blank_state(config, corpus, device)
    _check_vocab(weights_path, metadata.get("vocab"), corpus)
    _check_config(weights_path, metadata.get("config", "{}"), state.config)
    if moments_metadata != metadata:
        raise StateError(f"{moments_path}: does not belong to {weights_path}")
    fill(state.model, weights, weights_path)
    _fill_moments(state, moments, moments_path)
    state.epoch = int(metadata["epoch"])
    return state


def _blank_state(config: Config, corpus: EncodedCorpus, device: torch.device) -> TrainingState:
    """Return a state with random weights; they are drawn on the CPU, so equal on every device."""
    config = dataclasses.replace(core(config), weights=None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(config.seed, 0, Stream.INIT))
        model = LSTM_3(config, len(corpus.src_vocab), len(corpus.trg_vocab)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), amsgrad=config.amsgrad, fused=True)
    return TrainingState(
        model=model,
        optimizer=optimizer,
        epoch=0,
        config=config,
        vocab_digest=corpus.vocab_digest,
    )


def _fill_moments(state: TrainingState, moments: Mapping[str, Tensor], path: Path) -> None:
    """Give the optimizer its state, in memory of its own.

    A tensor that is read lies where its file has it; kernels take another way through memory that
    starts at odd addresses, and that changes the last bits.
    """
    parameters = dict(state.model.named_parameters())
    for key, tensor in moments.items():
        moment, _, name = key.partition(".")
        if name not in parameters:
            raise StateError(f"{path}: {key}: no such parameter in this model")
        parameter = parameters[name]
        state.optimizer.state[parameter][moment] = tensor.to(parameter.device, copy=True)


def _check_vocab(path: Path, found: str | None, corpus: EncodedCorpus) -> None:
    if found != corpus.vocab_digest:
        raise StateError(
            f"{path}: found weights for vocabulary {found}; the corpus has {corpus.vocab_digest}"
        )


def _check_config(path: Path, text: str, config: Config) -> None:
    found = json.loads(text)
    problems = [
        f"{path}: {name}: found {found.get(name)}; expected {value}"
        for name, value in dataclasses.asdict(config).items()
        if found.get(name) != value
    ]
    if problems:
        raise StateError(problems)

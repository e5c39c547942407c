"""A model folder: weights, vocabularies, config and tokenizer; raw text goes in and comes out."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lstm3 import tokenizer
from lstm3.checkpoint import WEIGHTS_NAME
from lstm3.config import Config, core, make_config
from lstm3.durable import write_durably
from lstm3.encoding import SRC_VOCAB, TRG_VOCAB, EncodedCorpus
from lstm3.errors import StateError
from lstm3.model import LSTM_3
from lstm3.vocab import Vocab
from lstm3.weights import fill, read_tensors, write_tensors
from lstm3.yaml_file import dump_yaml, read_yaml

CONFIG, TOKENIZER = "config.yaml", "tokenizer.txt"


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A model with all that it needs to read and write text."""

    model: LSTM_3
    config: Config
    src_vocab: Vocab
    trg_vocab: Vocab


def save_model(
    folder: Path, weights: Mapping[str, Tensor], config: Config, corpus: EncodedCorpus
) -> None:
    """Write a model folder; the weights come last, so a folder with weights is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SRC_VOCAB, TRG_VOCAB):
        write_durably(folder / name, (corpus.folder / name).read_bytes())
    write_durably(folder / TOKENIZER, tokenizer.NAME + "\n")
    write_durably(folder / CONFIG, dump_yaml(dataclasses.asdict(config)))
    write_tensors(folder / WEIGHTS_NAME, weights, {"vocab": corpus.vocab_digest})


def load_model(folder: Path, device: torch.device, threads: int | None) -> TrainedModel:
    """Return the model in a folder, computing with `threads` or as many as it was trained with.

    Raises StateError or ConfigError for what is missing, damaged, or does not fit together.
    """
    if not folder.is_dir():
        raise StateError(f"{folder}: there is no such model folder")
    document = read_yaml(folder / CONFIG)
    config = make_config(document.values, document.where)
    if threads is not None:
        config = dataclasses.replace(config, threads=threads)
    _check_tokenizer(folder / TOKENIZER)
    src_vocab, trg_vocab = Vocab.load(folder / SRC_VOCAB), Vocab.load(folder / TRG_VOCAB)
    model = LSTM_3(core(config), len(src_vocab), len(trg_vocab)).to(device)
    tensors, _ = read_tensors(folder / WEIGHTS_NAME)
    fill(model, tensors, folder / WEIGHTS_NAME)
    return TrainedModel(model=model, config=config, src_vocab=src_vocab, trg_vocab=trg_vocab)


def make_empty(folder: Path, *, overwrite: bool) -> None:
    """Make a folder for a new model; raises StateError if something is there already."""
    if folder.exists() and not folder.is_dir():
        raise StateError(f"{folder}: there is a file of this name; expected a folder, or none")
    if folder.exists() and any(folder.iterdir()):
        if not overwrite:
            raise StateError(f"{folder}: is not empty; give another --out, or --overwrite")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _check_tokenizer(path: Path) -> None:
    try:
        name = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{path}: {error}; expected the name of a tokenizer") from None
    if name != tokenizer.NAME:
        raise StateError(f"{path}: found '{name}'; this version knows {tokenizer.NAME}")

"""A model folder: weights, vocabularies, config and tokenizer; raw text goes in and comes out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lstm3 import tokenizer
from lstm3.checkpoint import PREFIX, SUFFIX, WEIGHTS_NAME
from lstm3.config import Config, core, make_config
from lstm3.cores import num_cores
from lstm3.durable import write_durably
from lstm3.encoding import SRC_VOCAB, TRG_VOCAB, EncodedCorpus
from lstm3.errors import StateError
from lstm3.model import LSTM_3
from lstm3.vocab import Vocab, digest_of_pair
from lstm3.weights import fill, read_tensors, write_tensors
from lstm3.yaml_file import dump_yaml, read_yaml

CONFIG, TOKENIZER, CHECKPOINTS = "config.yaml", "tokenizer.txt", "checkpoints"
_FILES = (WEIGHTS_NAME, CONFIG, SRC_VOCAB, TRG_VOCAB, TOKENIZER)


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
    """Return the model in a folder, computing with `threads`.

    None are as many as it was trained with, or as there are cores if they are fewer.
    Raises StateError or ConfigError for what is missing, damaged, or does not fit together.
    """
    if not folder.is_dir():
        raise StateError(f"{folder}: there is no such model folder")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise StateError(f"{folder / name}: there is no such file" for name in missing)
    document = read_yaml(folder / CONFIG)
    config = make_config(document.values, document.point)
    threads = threads or min(config.threads, num_cores())
    config = dataclasses.replace(config, threads=threads)
    _check_tokenizer(folder / TOKENIZER)
    src_vocab, trg_vocab = Vocab.load(folder / SRC_VOCAB), Vocab.load(folder / TRG_VOCAB)
    path = folder / WEIGHTS_NAME
    tensors, metadata = read_tensors(path)
    if metadata.get("vocab") != digest_of_pair(src_vocab, trg_vocab):
        raise StateError(f"{path}: belongs to other vocabularies than {SRC_VOCAB} and {TRG_VOCAB}")
    model = LSTM_3(core(config), len(src_vocab), len(trg_vocab)).to(device)
    fill(model, tensors, path)
    return TrainedModel(model=model, config=config, src_vocab=src_vocab, trg_vocab=trg_vocab)


def claim(folder: Path, *, overwrite: bool) -> None:
    """Make sure that there is a folder for a new model, and touch nothing in it.

    Raises StateError if it is not empty; with `overwrite`, if it holds more than an older model.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"{folder}: {error.strerror}; expected a new folder") from None
    leftovers = _leftovers(folder)
    others = sorted(path.name for path in folder.iterdir() if path not in leftovers)
    if others and not overwrite:
        raise StateError(f"{folder}: is not empty; give another --out, or --overwrite")
    foreign = [name for name in others if name not in (*_FILES, CHECKPOINTS)]
    if foreign:
        raise StateError(f"{folder}: holds '{foreign[0]}', no part of a model; give another --out")


def clear(folder: Path) -> None:
    """Remove an older model from a folder, its weights first: without them it is none."""
    old = [folder / name for name in _FILES]
    old += (folder / CHECKPOINTS).glob(f"{PREFIX}*{SUFFIX}")
    for path in (*old, *_leftovers(folder)):
        path.unlink(missing_ok=True)


def _leftovers(folder: Path) -> set[Path]:
    """Return what killed processes have left of durable writes."""
    names = [*_FILES, f"{CHECKPOINTS}/{PREFIX}*{SUFFIX}"]
    places = (folder / name for name in names)
    return {path for place in places for path in place.parent.glob(f".{place.name}.*.tmp")}


def _check_tokenizer(path: Path) -> None:
    try:
        name = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{path}: {error}; expected the name of a tokenizer") from None
    if name != tokenizer.NAME:
        raise StateError(f"{path}: found '{name}'; this version knows {tokenizer.NAME}")

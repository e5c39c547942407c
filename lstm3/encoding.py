"""A corpus as ids: made once for a text and its settings, memory-mapped by whoever trains."""

from __future__ import annotations

import functools
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm3 import tokenizer
from lstm3.corpus import CorpusText, ParallelText, read_lines
from lstm3.durable import sync, temporary_name
from lstm3.errors import StateError
from lstm3.fingerprint import code_of, digest, file_digest
from lstm3.vocab import Vocab, digest_of_pair

SRC_VOCAB, TRG_VOCAB = "src.vocab.json", "trg.vocab.json"

_DIGESTS = "digests.json"  # of all other files
_SIDES = ("src", "trg")
_SPLITS = ("train", "valid")


@dataclass(frozen=True, kw_only=True)
class EncodedSplit:
    """Sentence pairs as ids, without <BOS> and <EOS>: those of pair i are src[offsets[i]:...]."""

    src: NDArray[np.int32]
    src_offsets: NDArray[np.int64]  # of every pair, and the end: one more than there are pairs
    trg: NDArray[np.int32]
    trg_offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.src_offsets) - 1


@dataclass(frozen=True, kw_only=True)
class EncodedCorpus:
    """What training and validation read."""

    folder: Path
    src_vocab: Vocab
    trg_vocab: Vocab
    train: EncodedSplit
    valid: EncodedSplit

    @functools.cached_property
    def vocab_digest(self) -> str:
        """Return the hash of what both sides' ids mean."""
        return digest_of_pair(self.src_vocab, self.trg_vocab)

    @functools.cached_property
    def valid_src(self) -> tuple[str, ...]:
        """Return the validation sentences as they were given."""
        return read_lines(self.folder / "valid.src.txt")

    @functools.cached_property
    def valid_trg(self) -> tuple[str, ...]:
        """Return the references as they were given, whole."""
        return read_lines(self.folder / "valid.trg.txt")


def prepare(corpus: CorpusText, *, min_freq_src: int, min_freq_trg: int, cache: Path) -> Path:
    """Return the folder of the encoded corpus under `cache`, and make it if it is not there.

    Its name is a hash of all that its content follows from. Several processes may prepare the same
    corpus at a time: each makes it under a temporary name, and the first to finish keeps it. One
    that is not what was written is made again.
    """
    settings = [min_freq_src, min_freq_trg]
    name = digest([corpus.digest, settings, code_of("tokenizer", "vocab", "encoding")])
    folder = cache / name
    if os.path.lexists(folder):
        if is_whole(folder):
            return folder
        _discard(folder)
    temporary = _temporary(folder)
    temporary.mkdir(parents=True)
    try:
        _encode(corpus, min_freq_src, min_freq_trg, temporary)
        (temporary / _DIGESTS).write_text(json.dumps(_digests(temporary)), encoding="utf-8")
        for file in temporary.iterdir():
            sync(file)
        sync(temporary)
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.exists():  # nobody else was quicker
                raise
        sync(cache)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def is_whole(folder: Path) -> bool:
    """Return whether an encoded corpus is what was written."""
    try:
        expected = json.loads((folder / _DIGESTS).read_bytes())
        return bool(expected == _digests(folder))
    except (OSError, ValueError):
        return False


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.iterdir() if path.name != _DIGESTS)
    return {path.name: file_digest(path) for path in files}


def _temporary(folder: Path) -> Path:
    return temporary_name(folder.with_name(f"{folder.name}-{secrets.token_hex(8)}"))


def _discard(folder: Path) -> None:
    """Remove a folder at once for whoever looks for it, and then from the disk."""
    temporary = _temporary(folder)
    folder.rename(temporary)
    if temporary.is_dir() and not temporary.is_symlink():
        shutil.rmtree(temporary)
    else:
        temporary.unlink()


def load_encoded(folder: Path) -> EncodedCorpus:
    """Return an encoded corpus; ids stay on disk until they are read. Raises StateError."""
    return EncodedCorpus(
        folder=folder,
        src_vocab=Vocab.load(folder / SRC_VOCAB),
        trg_vocab=Vocab.load(folder / TRG_VOCAB),
        train=_load_split(folder, "train"),
        valid=_load_split(folder, "valid"),
    )


def _encode(corpus: CorpusText, min_freq_src: int, min_freq_trg: int, folder: Path) -> None:
    texts: dict[str, ParallelText] = {"train": corpus.train, "valid": corpus.valid}
    for side, min_freq in zip(_SIDES, (min_freq_src, min_freq_trg), strict=True):
        tokens = {
            split: [tokenizer.tokenize(line) for line in getattr(texts[split], side)]
            for split in _SPLITS
        }
        vocab = Vocab.build(tokens["train"], min_freq)
        vocab.save(folder / f"{side}.vocab.json")
        for split in _SPLITS:
            ids, offsets = _flatten([vocab.encode(line) for line in tokens[split]])
            np.save(folder / f"{split}.{side}.npy", ids)
            np.save(folder / f"{split}.{side}.offsets.npy", offsets)
        lines = getattr(corpus.valid, side)
        content = "".join(f"{line}\n" for line in lines)
        (folder / f"valid.{side}.txt").write_bytes(content.encode())


def encode_split(
    src: Sequence[str], trg: Sequence[str], src_vocab: Vocab, trg_vocab: Vocab
) -> EncodedSplit:
    """Return sentences and their translations as ids, in memory."""
    src_ids, src_offsets = _flatten([src_vocab.encode(tokenizer.tokenize(line)) for line in src])
    trg_ids, trg_offsets = _flatten([trg_vocab.encode(tokenizer.tokenize(line)) for line in trg])
    return EncodedSplit(src=src_ids, src_offsets=src_offsets, trg=trg_ids, trg_offsets=trg_offsets)


def _flatten(sentences: Sequence[Sequence[int]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return all ids in one array, and where each sentence's begin in it."""
    offsets = np.cumsum([0, *map(len, sentences)], dtype=np.int64)
    ids = np.fromiter((index for line in sentences for index in line), np.int32, offsets[-1])
    return ids, offsets


def _load_split(folder: Path, split: str) -> EncodedSplit:
    return EncodedSplit(
        src=_load(folder / f"{split}.src.npy"),
        src_offsets=_load(folder / f"{split}.src.offsets.npy"),
        trg=_load(folder / f"{split}.trg.npy"),
        trg_offsets=_load(folder / f"{split}.trg.offsets.npy"),
    )


def _load(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise StateError(f"{path}: {error}; expected an encoded corpus") from None
    return array

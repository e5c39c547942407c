"""A corpus is encoded once, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from lstm3.corpus import CorpusText, ParallelText
from lstm3.encoding import encode_split, load_encoded, prepare
from lstm3.errors import StateError
from lstm3.fingerprint import code_of
from lstm3.tokenizer import tokenize
from tests.lstm3.tiny import make_text


def _prepare(folder: Path, text: CorpusText | None = None, *, min_freq: int = 1) -> Path:
    return prepare(text or make_text(), min_freq_src=min_freq, min_freq_trg=min_freq, cache=folder)


def _content(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_every_sentence_is_what_its_vocabulary_makes_of_its_tokens(tmp_path: Path) -> None:
    text = make_text()
    corpus = load_encoded(_prepare(tmp_path, text))
    for split, given in ((corpus.train, text.train), (corpus.valid, text.valid)):
        assert len(split) == len(given.src)
        for ids, offsets, vocab, lines in (
            (split.src, split.src_offsets, corpus.src_vocab, given.src),
            (split.trg, split.trg_offsets, corpus.trg_vocab, given.trg),
        ):
            rows = [row.tolist() for row in np.split(ids, offsets[1:-1])]
            assert rows == [vocab.encode(tokenize(line)) for line in lines]


def test_ids_stay_on_disk_until_they_are_read(tmp_path: Path) -> None:
    corpus = load_encoded(_prepare(tmp_path))
    assert isinstance(corpus.train.src, np.memmap)
    assert not corpus.train.src.flags.writeable
    assert (corpus.train.src.dtype, corpus.train.src_offsets.dtype) == (np.int32, np.int64)


def test_validation_text_comes_back_as_it_was_given(tmp_path: Path) -> None:
    odd = ParallelText(src=("  Ein\u2028Hund\t 3 ", "b\x85 c"), trg=("a  dog", "￭ <PAD>"))
    corpus = load_encoded(_prepare(tmp_path, CorpusText(train=odd, valid=odd, test=None)))
    assert corpus.valid_src == odd.src
    assert corpus.valid_trg == odd.trg


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    folder = _prepare(tmp_path)
    before = _content(folder)
    assert _prepare(tmp_path) == folder
    assert _content(folder) == before


def test_equal_text_and_settings_have_one_folder_and_others_another(tmp_path: Path) -> None:
    text = make_text()
    swapped = CorpusText(
        train=ParallelText(src=text.train.trg, trg=text.train.src), valid=text.valid, test=None
    )
    assert _prepare(tmp_path) == _prepare(tmp_path)
    folders = {_prepare(tmp_path), _prepare(tmp_path, min_freq=2), _prepare(tmp_path, swapped)}
    assert len(folders) == 3


def test_an_encoding_has_the_same_bytes_wherever_it_is_made(tmp_path: Path) -> None:
    one, two = _prepare(tmp_path / "one"), _prepare(tmp_path / "two")
    assert one.name == two.name
    assert {name: data for name, (data, _) in _content(one).items()} == {
        name: data for name, (data, _) in _content(two).items()
    }


def test_those_who_prepare_at_the_same_time_use_one_whole_folder(tmp_path: Path) -> None:
    code_of("tokenizer", "vocab", "encoding")  # CPython 3.11 cannot parse in two threads at a time
    all_are_here = Barrier(4)

    def prepare_with_others(_: int) -> Path:
        all_are_here.wait()
        return _prepare(tmp_path)

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(prepare_with_others, range(4)))
    assert [path.name for path in tmp_path.iterdir()] == [folders[0].name]
    assert set(folders) == {folders[0]}
    assert len(load_encoded(folders[0]).train) == 8


def test_nothing_is_left_of_a_preparation_that_failed(tmp_path: Path) -> None:
    unpaired = "\ud800"  # cannot be written as UTF-8
    text = ParallelText(src=("a",), trg=(unpaired,))
    with pytest.raises(UnicodeEncodeError):
        _prepare(tmp_path, CorpusText(train=text, valid=text, test=None))
    assert list(tmp_path.iterdir()) == []


def test_the_digest_of_vocabularies_follows_from_them_alone(tmp_path: Path) -> None:
    text = make_text()
    longer = ParallelText(src=text.valid.src * 2, trg=text.valid.trg * 2)
    same = load_encoded(_prepare(tmp_path, CorpusText(train=text.train, valid=longer, test=None)))
    plain = load_encoded(_prepare(tmp_path, text))
    assert same.folder != plain.folder
    assert same.vocab_digest == plain.vocab_digest
    assert load_encoded(_prepare(tmp_path, min_freq=9)).vocab_digest != plain.vocab_digest


def test_pairs_encoded_in_memory_equal_those_on_disk(tmp_path: Path) -> None:
    corpus = load_encoded(_prepare(tmp_path))
    split = encode_split(corpus.valid_src, corpus.valid_trg, corpus.src_vocab, corpus.trg_vocab)
    for name in ("src", "src_offsets", "trg", "trg_offsets"):
        assert np.array_equal(getattr(split, name), getattr(corpus.valid, name))


@pytest.mark.parametrize("name", ["train.src.npy", "valid.trg.offsets.npy", "src.vocab.json"])
@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_damaged_encoding_is_refused_by_the_name_of_its_file(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = _prepare(tmp_path) / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StateError) as caught:
        load_encoded(path.parent)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")

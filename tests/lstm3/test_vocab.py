"""Tokens to ids and back."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm3.errors import StateError
from lstm3.tokenizer import detokenize, tokenize
from lstm3.vocab import NUM, SPECIALS, SUB, UNK, Vocab

_words = st.text(alphabet=string.ascii_letters, min_size=1, max_size=4)
_sentences = st.lists(st.lists(_words, max_size=6), max_size=12)


def _no_sources(count: int) -> list[int]:
    return [-1] * count


@given(_sentences, st.integers(1, 3), st.randoms())
def test_a_vocabulary_does_not_depend_on_the_order_of_sentences(
    sentences: list[list[str]], min_freq: int, random: object
) -> None:
    shuffled = list(sentences)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Vocab.build(shuffled, min_freq).tokens == Vocab.build(sentences, min_freq).tokens


@given(_sentences, st.integers(1, 3))
def test_just_the_tokens_that_occur_often_enough_come_back(
    sentences: list[list[str]], min_freq: int
) -> None:
    vocab = Vocab.build(sentences, min_freq)
    flat = [token for sentence in sentences for token in sentence]
    expected = [token if flat.count(token) >= min_freq else "<UNK>" for token in flat]
    assert vocab.decode(vocab.encode(flat), [], _no_sources(len(flat))) == expected
    assert len(vocab) == len(SPECIALS) + len({*expected} - {"<UNK>"})


def test_frequent_tokens_come_first_and_equals_by_their_text() -> None:
    assert Vocab.build([["b", "a", "c", "c"]], 1).tokens == ("c", "a", "b")


def test_numbers_travel_as_num_and_unknown_tokens_with_digits_as_sub() -> None:
    vocab = Vocab.build([tokenize("3 Hunde, 3 B2-Bomber und 3")], 1)
    assert "3" not in vocab.tokens
    ids = vocab.encode(["3", "1.000,5", "10:30", "B2-Bomber", "A1", "m²", "Katze"])
    assert ids == [NUM, NUM, NUM, vocab.encode(["B2-Bomber"])[0], SUB, SUB, UNK]
    assert ids[3] >= len(SPECIALS)


def test_numbers_and_rare_tokens_come_back_from_the_source() -> None:
    vocab = Vocab.build([["costs"]], 1)
    src_tokens = tokenize("Die A40 kostet 3,5 Euro.")
    ids = [SUB, *vocab.encode(["costs"]), NUM]
    tokens = vocab.decode(ids, src_tokens, [1, -1, 3])
    assert detokenize(tokens) == "A40 costs 3,5"


def test_a_number_without_a_source_stays_to_be_seen() -> None:
    assert Vocab([]).decode([NUM, SUB], ["eins"], [-1, -1]) == ["<NUM>", "<SUB>"]


@pytest.mark.parametrize("special", SPECIALS)
def test_text_that_looks_like_a_special_is_text(special: str) -> None:
    tokens = tokenize(f"a {special} b")
    vocab = Vocab.build([tokens], 1)
    ids = vocab.encode(tokens)
    assert min(ids) >= len(SPECIALS)
    assert detokenize(vocab.decode(ids, [], _no_sources(len(ids)))) == f"a {special} b"


def test_a_vocabulary_comes_back_from_its_file(tmp_path: Path) -> None:
    vocab = Vocab.build([tokenize('Ein „schöner“ \\ Hund, "so"')], 1)
    vocab.save(tmp_path / "vocab.json")
    loaded = Vocab.load(tmp_path / "vocab.json")
    assert loaded.tokens == vocab.tokens
    assert loaded.digest == vocab.digest


def test_other_tokens_or_another_order_have_another_digest() -> None:
    digests = {Vocab(tokens).digest for tokens in (["a", "b"], ["b", "a"], ["ab"], ["a", "b", "c"])}
    assert len(digests) == 4


@pytest.mark.parametrize("content", ["", "{}", "[1]", '["a", "a"]', "nonsense", None])
def test_a_file_that_is_no_vocabulary_is_refused_by_name(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "vocab.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(StateError) as caught:
        Vocab.load(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    assert problem.count(str(path)) == 1


def test_a_vocabulary_file_can_be_read_by_other_programs(tmp_path: Path) -> None:
    Vocab(["größer", "a"]).save(tmp_path / "vocab.json")
    text = (tmp_path / "vocab.json").read_text(encoding="utf-8")
    assert json.loads(text) == ["größer", "a"]
    assert "größer" in text

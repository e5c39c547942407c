"""What a model says to lines of text is what it said in validation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm3.bleu import score
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import run_epoch
from lstm3.errors import CorpusError
from lstm3.metrics import EpochMetrics
from lstm3.model_folder import TrainedModel, load_model, save_model
from lstm3.state import create_state
from lstm3.translate import BATCH_SIZE, arriving_lines, evaluate, translate_lines
from tests.lstm3.tiny import CPU, make_config, make_corpus, make_settings

Trained = tuple[TrainedModel, EncodedCorpus, EpochMetrics]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Return a model as its folder has it, its corpus, and the metrics of its last epoch."""
    folder = tmp_path_factory.mktemp("model")
    corpus = make_corpus(folder / "corpora")
    config = make_config()
    state = create_state(config, corpus, CPU)
    for _ in range(8):
        state, metrics = run_epoch(state, make_settings(), corpus)
    save_model(folder / "model", state.model.state_dict(), config, corpus)
    return load_model(folder / "model", CPU, None), corpus, metrics


def test_translations_equal_the_hypotheses_of_validation(trained: Trained) -> None:
    model, corpus, metrics = trained
    assert any(metrics.hypotheses)
    assert tuple(translate_lines(model, corpus.valid_src)) == metrics.hypotheses


def test_evaluation_equals_validation(trained: Trained) -> None:
    model, corpus, metrics = trained
    found = evaluate(model, corpus.valid_src, corpus.valid_trg)
    assert found.scores == score(metrics.hypotheses, corpus.valid_trg, "13a")
    assert found.loss == pytest.approx(metrics.val_loss, rel=1e-5)
    assert found.loss_no_tf == pytest.approx(metrics.val_loss_no_tf, rel=1e-5)
    assert found.num_sentences == len(corpus.valid_src)


def test_each_line_has_one_translation_in_its_place(trained: Trained) -> None:
    model, _, _ = trained
    lines = ["a b c", "", "g f e d", "  \t\u2028", "b"] * (BATCH_SIZE // 2)
    expected = {line: translate_lines(model, [line])[0] for line in lines}
    assert expected[""] == expected["  \t\u2028"] == ""
    assert translate_lines(model, lines) == [expected[line] for line in lines]


def test_unknown_words_and_strange_characters_are_translated_to_something(
    trained: Trained,
) -> None:
    model, _, _ = trained
    lines = ["never seen before", "\0 \x85 ￭", "<PAD> <BOS>", "a" * 5000]
    translations = translate_lines(model, lines)
    assert len(translations) == len(lines)
    assert not any("\n" in translation for translation in translations)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_lines_are_the_same_in_whatever_pieces_they_arrive(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    reader, writer = os.pipe()
    arriving = arriving_lines(reader, "pipe")
    found: list[str] = []
    for piece in pieces:
        os.write(writer, piece.encode())
        if "\n" in piece:
            found += next(arriving)
    os.close(writer)
    for lines in arriving:
        found += lines
    os.close(reader)
    expected = data.decode("utf-8-sig").removesuffix("\n").split("\n") if data else []
    assert found == [line.rstrip("\r") for line in expected]


def test_a_line_is_there_before_the_next_one_is_written() -> None:
    reader, writer = os.pipe()
    arriving = arriving_lines(reader, "pipe")
    for word in ("one", "two"):
        os.write(writer, f"{word}\n".encode())
        assert next(arriving) == [word]
    os.close(writer)
    assert list(arriving) == []
    os.close(reader)


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfone\ntwo\n")
    with path.open("rb") as file:
        assert [*arriving_lines(file.fileno(), "text")] == [["one", "two"]]


def test_a_line_that_is_not_utf8_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"one\ntwo\n\xff\n")
    with path.open("rb") as file, pytest.raises(CorpusError, match=r"^text:3: not UTF-8$"):
        list(arriving_lines(file.fileno(), "text"))

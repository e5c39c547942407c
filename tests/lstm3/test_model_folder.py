"""A model folder comes back as the model that it was, or is refused in one clear line each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lstm3.checkpoint import WEIGHTS_NAME, checkpoint_name
from lstm3.cores import num_cores
from lstm3.durable import temporary_name
from lstm3.encoding import SRC_VOCAB, TRG_VOCAB
from lstm3.errors import ConfigError, StateError, UserError
from lstm3.model_folder import CHECKPOINTS, CONFIG, TOKENIZER, claim, clear, load_model, save_model
from lstm3.state import TrainingState, create_state
from lstm3.tokenizer import NAME
from lstm3.weights import read_tensors, write_tensors
from tests.lstm3.tiny import CPU, make_config, make_corpus

FILES = (CONFIG, SRC_VOCAB, TOKENIZER, TRG_VOCAB, WEIGHTS_NAME)
CHANGES = {"label_smoothing": 0.25, "bleu_tokenize": "none", "threads": 2, "num_epochs": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _save(tmp_path / "model", tmp_path)
    return tmp_path / "model"


def _save(folder: Path, cache: Path) -> TrainingState:
    corpus = make_corpus(cache / "corpora")
    config = make_config(**CHANGES)
    state = create_state(config, corpus, CPU)
    save_model(folder, state.model.state_dict(), config, corpus)
    return state


def _problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(UserError) as caught:
        load_model(folder, CPU, None)
    return caught.value.problems


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    state = _save(folder, tmp_path)
    loaded = load_model(folder, CPU, None)
    corpus = make_corpus(tmp_path / "corpora")
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert loaded.config == make_config(**CHANGES)
    assert loaded.src_vocab.tokens == corpus.src_vocab.tokens
    assert loaded.trg_vocab.tokens == corpus.trg_vocab.tokens
    for name, tensor in state.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], tensor)


def test_a_model_computes_with_the_threads_asked_for(folder: Path) -> None:
    assert load_model(folder, CPU, None).model.config.threads == min(2, num_cores())
    assert load_model(folder, CPU, 1).model.config.threads == 1


def test_a_model_folder_does_not_need_the_place_where_it_was_made(
    folder: Path, tmp_path: Path
) -> None:
    moved = folder.rename(tmp_path / "moved")
    (tmp_path / "corpora").rename(tmp_path / "gone")
    load_model(moved, CPU, None)


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert _problems(tmp_path / "none") == (f"{tmp_path}/none: there is no such model folder",)


def test_all_missing_files_are_told_at_once(folder: Path) -> None:
    for name in FILES:
        (folder / name).unlink()
    assert sorted(problem.split(": ")[0] for problem in _problems(folder)) == sorted(
        str(folder / name) for name in FILES
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((name, b"\xff\xfe nonsense") for name in FILES),
        *((name, b"") for name in FILES if name != CONFIG),  # an empty config is one of defaults
    ],
)
def test_a_damaged_file_is_told_by_name(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    (problem,) = _problems(folder)
    assert problem.startswith(f"{folder / name}: ")


def test_a_config_of_another_size_is_told_with_every_shape(folder: Path) -> None:
    text = (folder / CONFIG).read_text()
    (folder / CONFIG).write_text(text.replace("hidden_size: 8", "hidden_size: 9"))
    with pytest.raises(StateError, match=r"found \(.*\); expected \(") as caught:
        load_model(folder, CPU, None)
    assert len(caught.value.problems) > 5


def test_a_wrong_config_key_is_told_with_its_line(folder: Path) -> None:
    with (folder / CONFIG).open("a") as file:
        file.write("hiden_size: 3\n")
    with pytest.raises(ConfigError, match=rf"{CONFIG}:\d+: hiden_size: unknown key"):
        load_model(folder, CPU, None)


@pytest.mark.parametrize("name", [SRC_VOCAB, TRG_VOCAB])
def test_another_vocabulary_of_the_same_size_is_refused(folder: Path, name: str) -> None:
    tokens = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(tokens[::-1]))
    (problem,) = _problems(folder)
    assert "other vocabularies" in problem


def test_weights_of_another_form_are_refused(folder: Path) -> None:
    tensors, metadata = read_tensors(folder / WEIGHTS_NAME)
    tensors["surplus"] = torch.zeros(2)
    del tensors["classifier.bias"]
    write_tensors(folder / WEIGHTS_NAME, tensors, dict(metadata))
    lines = "\n".join(_problems(folder))
    assert "surplus: found (2,); expected nothing" in lines
    assert "classifier.bias: found nothing; expected (" in lines


def test_a_tokenizer_of_another_name_is_refused_with_both_names(folder: Path) -> None:
    (folder / TOKENIZER).write_text("other-7\n")
    (problem,) = _problems(folder)
    assert "found 'other-7'" in problem
    assert NAME in problem


def test_a_folder_with_anything_in_it_is_not_taken_without_being_told(folder: Path) -> None:
    with pytest.raises(StateError, match="not empty"):
        claim(folder, overwrite=False)


def test_what_a_killed_process_left_is_cleared_and_what_a_user_hid_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    weights = checkpoint_name(make_config(), 10, 6)
    leftovers = [temporary_name(folder / name) for name in (CONFIG, f"{CHECKPOINTS}/{weights}")]
    (folder / CHECKPOINTS).mkdir(parents=True)
    for path in leftovers:
        path.touch()
    claim(folder, overwrite=True)
    clear(folder)
    assert not any(path.exists() for path in leftovers)
    draft = folder / ".draft.tmp"
    draft.touch()
    with pytest.raises(StateError, match="not empty"):
        claim(folder, overwrite=False)
    with pytest.raises(StateError, match=r"holds '\.draft\.tmp'"):
        claim(folder, overwrite=True)
    clear(folder)
    assert draft.exists()


def test_overwriting_touches_nothing_until_it_is_time(folder: Path) -> None:
    claim(folder, overwrite=True)
    load_model(folder, CPU, None)


def test_nothing_but_a_model_is_ever_overwritten(folder: Path) -> None:
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(StateError, match=r"holds 'thesis\.tex'"):
        claim(folder, overwrite=True)


def test_a_file_in_the_place_of_a_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(StateError) as caught:
            claim(place, overwrite=True)
        (problem,) = caught.value.problems
        assert problem.startswith(f"{place}: ")


def test_clearing_removes_the_model_alone(folder: Path) -> None:
    (folder / CHECKPOINTS).mkdir()
    name = checkpoint_name(make_config(), 10, 3)
    for own in (folder / CHECKPOINTS / name, folder / f".{WEIGHTS_NAME}.123.tmp"):
        own.write_text("")
    others = {folder / "notes.txt", folder / CHECKPOINTS / "mine.safetensors"}
    for path in others:
        path.write_text("")
    clear(folder)
    assert {path for path in folder.rglob("*") if path.is_file()} == others

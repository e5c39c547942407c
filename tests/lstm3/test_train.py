"""A training run is a fold of epochs, and leaves its best model behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from lstm3.bleu import score
from lstm3.checkpoint import WEIGHTS_NAME, checkpoint_name
from lstm3.config import Config
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import Progress, run_epoch
from lstm3.errors import NonFiniteLossError
from lstm3.model_folder import CHECKPOINTS, load_model, save_model
from lstm3.schedule import Schedule
from lstm3.state import create_state
from lstm3.train import EpochTrained, train
from lstm3.translate import evaluate
from lstm3.weights import read_tensors
from tests.lstm3.tiny import CPU, make_config, make_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> EncodedCorpus:
    return make_corpus(tmp_path / "corpora")


def _config(**changes: object) -> Config:
    values = {"num_epochs": 5, "save_from_epoch": 4, "lr": 0.02, "patience": 0, "tf_from_epoch": 2}
    return make_config(**values | changes)


def _epochs(config: Config, corpus: EncodedCorpus, folder: Path) -> list[EpochTrained]:
    return [
        event for event in train(config, corpus, CPU, folder) if isinstance(event, EpochTrained)
    ]


def _tensors(path: Path) -> Mapping[str, Tensor]:
    return read_tensors(path)[0]


def _are_equal(left: Mapping[str, Tensor], right: Mapping[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(
        torch.equal(left[name], right[name]) for name in left
    )


def test_training_is_a_fold_of_epochs(corpus: EncodedCorpus, tmp_path: Path) -> None:
    config = _config()
    state, schedule = create_state(config, corpus, CPU), Schedule.start(config)
    expected = []
    for _ in range(config.num_epochs):
        settings = schedule.settings(config)
        state, metrics = run_epoch(state, settings, corpus)
        schedule = schedule.after(metrics.val_loss, config)
        expected.append((settings, metrics))
    found = _epochs(config, corpus, tmp_path / "model")
    assert [(event.settings, event.metrics) for event in found] == expected
    last = checkpoint_name(config, state.model.num_parameters, config.num_epochs)
    assert _are_equal(_tensors(tmp_path / "model" / CHECKPOINTS / last), state.model.state_dict())


def test_the_folder_always_has_the_best_epoch_so_far(corpus: EncodedCorpus, tmp_path: Path) -> None:
    config, folder = _config(save_from_epoch=1), tmp_path / "model"
    best = -1.0
    for event in train(config, corpus, CPU, folder):
        if isinstance(event, EpochTrained):
            assert event.is_best == (event.scores.bleu > best)
            best = max(best, event.scores.bleu)
            if event.is_best:
                epoch = event.metrics.epoch
                name = checkpoint_name(config, event.num_parameters, epoch)
            kept = _tensors(folder / CHECKPOINTS / name)
            assert _are_equal(_tensors(folder / WEIGHTS_NAME), kept)


def test_every_epoch_is_scored_on_the_text_as_it_was_given(
    corpus: EncodedCorpus, tmp_path: Path
) -> None:
    config = _config(bleu_tokenize="none", num_epochs=2)
    for event in _epochs(config, corpus, tmp_path / "model"):
        assert event.scores == score(event.metrics.hypotheses, corpus.valid_trg, "none")


@pytest.mark.parametrize(("save_from_epoch", "kept"), [(1, [1, 2, 3]), (2, [2, 3]), (9, [3])])
def test_weights_are_kept_from_one_epoch_on_and_of_the_last(
    corpus: EncodedCorpus, tmp_path: Path, save_from_epoch: int, kept: list[int]
) -> None:
    config, folder = _config(num_epochs=3, save_from_epoch=save_from_epoch), tmp_path / "model"
    num_parameters = _epochs(config, corpus, folder)[0].num_parameters
    names = {path.name for path in (folder / CHECKPOINTS).iterdir()}
    assert names == {checkpoint_name(config, num_parameters, epoch) for epoch in kept}


def test_progress_is_told_after_every_batch(corpus: EncodedCorpus, tmp_path: Path) -> None:
    events = list(train(_config(num_epochs=2), corpus, CPU, tmp_path / "model"))
    assert [type(event) for event in events].count(EpochTrained) == 2
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.step for event in progress] == 2 * list(range(1, progress[0].num_steps + 1))


def test_an_older_model_stays_until_the_first_epoch_is_done(
    corpus: EncodedCorpus, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    _epochs(_config(num_epochs=1, hidden_size=4), corpus, folder)
    for event in train(_config(num_epochs=1), corpus, CPU, folder):
        is_done = isinstance(event, EpochTrained)
        assert load_model(folder, CPU, None).config.hidden_size == (8 if is_done else 4)
    assert len(list((folder / CHECKPOINTS).iterdir())) == 1


def test_a_run_that_diverges_leaves_the_best_model_before(
    corpus: EncodedCorpus, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    state = create_state(_config(), corpus, CPU)
    with torch.no_grad():
        state.model.classifier.bias.fill_(torch.nan)
    save_model(tmp_path / "nan", state.model.state_dict(), _config(), corpus)
    _epochs(_config(num_epochs=1), corpus, folder)
    with pytest.raises(NonFiniteLossError):
        _epochs(_config(weights=str(tmp_path / "nan")), corpus, folder)
    load_model(folder, CPU, None)


@pytest.mark.parametrize("names_a_folder", [True, False])
def test_training_starts_from_the_weights_of_a_model(
    corpus: EncodedCorpus, tmp_path: Path, names_a_folder: bool
) -> None:
    folder = tmp_path / "first"
    _epochs(_config(), corpus, folder)
    before = evaluate(load_model(folder, CPU, None), corpus.valid_src, corpus.valid_trg)
    weights = folder if names_a_folder else folder / WEIGHTS_NAME
    config = _config(weights=str(weights), lr=1e-12, num_epochs=1)
    (event,) = _epochs(config, corpus, tmp_path / "second")
    assert event.metrics.val_loss == pytest.approx(before.loss, rel=1e-5)
    assert event.scores == before.scores

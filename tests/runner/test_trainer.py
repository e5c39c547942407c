"""The core that real workers run, in this process."""

from __future__ import annotations

import dataclasses
import shutil

import pytest

from lstm3.config import core
from lstm3.fingerprint import Provenance, code_digest, file_digest, torch_version
from lstm3.schedule import Schedule
from runner.execution.engine import EpochTask
from runner.execution.faults import DeviceError, PlaceError
from runner.execution.promise import Promise
from runner.execution.trainer import Trainer
from runner.storage.store import EpochStore
from runner.tree.outcome import EpochResult
from tests.lstm3.tiny import make_config, make_corpus

CONFIG = make_config()
PROVENANCE = Provenance(
    code=code_digest(), corpus="", weights={}, device_type="cpu", torch=torch_version()
)
PROMISE = Promise.of(PROVENANCE)


@pytest.fixture
def first(tmp_path):
    """Return the task of a first epoch."""
    return EpochTask(
        key="aa1",
        parent="aa0",
        epoch=1,
        settings=Schedule.start(CONFIG).settings(CONFIG),
        config=core(CONFIG),
        corpus=make_corpus(tmp_path / "corpora").folder,
        store=tmp_path / "store",
        bleu_tokenize="13a",
        sweep="small",
    )


def child(task, key):
    return dataclasses.replace(task, key=key, parent=task.key, epoch=task.epoch + 1)


def train(trainer, task):
    """Return the outcome of an epoch."""
    epoch = trainer(task)
    while True:
        try:
            next(epoch)
        except StopIteration as end:
            return end.value


def test_a_child_on_the_same_worker_reads_no_state(first):
    store, trainer = EpochStore(first.store), Trainer("cpu", PROMISE)
    train(trainer, first)
    for path in (store.weights_path(first.key), store.moments_path(first.key)):
        path.write_bytes(b"nobody reads this")
    assert isinstance(train(trainer, child(first, "aa2")), EpochResult)


def test_an_epoch_made_again_under_another_tokenizer_is_told_whatever_is_remembered(first):
    store, trainer = EpochStore(first.store), Trainer("cpu", PROMISE)
    train(trainer, first)
    known = store.get(first.key)
    others = dataclasses.replace(known.metrics, hypotheses=("of another processor",))
    store.record_path(first.key).unlink()
    store.put(dataclasses.replace(known, metrics=others))
    outcome = train(trainer, dataclasses.replace(first, bleu_tokenize="none"))
    assert isinstance(outcome, EpochResult)
    assert set(store.get(first.key).scores) == {"13a"}


def test_an_epoch_is_the_same_whether_its_state_was_held_or_read(first):
    store, trainer = EpochStore(first.store), Trainer("cpu", PROMISE)
    train(trainer, first)
    held = train(trainer, child(first, "aa2"))
    read = train(trainer, child(first, "aa3"))  # the worker holds the state of aa2 by now
    assert held.weights == read.weights
    assert held.parent_weights == read.parent_weights
    assert (held.train_loss, held.val_loss, held.bleu) == (
        read.train_loss,
        read.val_loss,
        read.bleu,
    )
    assert store.weights_path("aa2").read_bytes() == store.weights_path("aa3").read_bytes()
    assert store.moments_path("aa2").read_bytes() == store.moments_path("aa3").read_bytes()


@pytest.mark.parametrize("name", ["src.vocab.json", "train.trg.npy", "valid.src.txt"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_an_encoded_corpus_that_was_damaged_is_no_fault_of_the_epoch(name, is_gone, first):
    if is_gone:
        shutil.rmtree(first.corpus)
    else:
        (first.corpus / name).write_bytes(b"")
    with pytest.raises(PlaceError, match=str(first.corpus / name) if not is_gone else "corpora"):
        train(Trainer("cpu", PROMISE), first)


def test_a_device_that_cannot_be_used_is_no_fault_of_the_epoch(first):
    with pytest.raises(DeviceError, match=r"^cuda:99 cannot be used: \w+: [^\n]+$"):
        train(Trainer("cuda:99", PROMISE), first)
    assert not first.store.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "other", "source": "other"}, "the training code has changed"),
        ({"torch": "1.0"}, "torch 1.0 has become "),
    ],
)
def test_a_worker_with_other_code_or_torch_than_the_keys_promise_trains_nothing(change, said):
    with pytest.raises(PlaceError, match=said):
        Trainer("cpu", dataclasses.replace(PROMISE, **change))


def test_other_comments_in_the_training_code_hinder_nobody():
    Trainer("cpu", dataclasses.replace(PROMISE, source="other"))


def test_pretrained_weights_that_changed_are_no_start_whether_or_not_they_fit(first):
    train(Trainer("cpu", PROMISE), first)
    weights = first.store / "pretrained.safetensors"
    shutil.copy(EpochStore(first.store).weights_path(first.key), weights)
    config = dataclasses.replace(first.config, weights=str(weights))
    task = dataclasses.replace(first, key="bb1", config=config)
    promised = dataclasses.replace(PROMISE, weights={str(weights): file_digest(weights)})
    assert isinstance(train(Trainer("cpu", promised), task), EpochResult)

    train(Trainer("cpu", PROMISE), child(first, "aa2"))
    shutil.copy(EpochStore(first.store).weights_path("aa2"), weights)
    for key in ("bb2", "bb3"):
        with pytest.raises(PlaceError, match=r"pretrained\.safetensors: .* have changed since"):
            train(Trainer("cpu", promised), dataclasses.replace(task, key=key))
        assert EpochStore(first.store).get(key) is None
        weights.write_bytes(b"these fit no model")

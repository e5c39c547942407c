"""The core that real workers run, in this process."""

from __future__ import annotations

import dataclasses
import shutil

import pytest

from lstm3.config import core
from lstm3.schedule import Schedule
from runner.execution.engine import EpochTask
from runner.execution.faults import DeviceError, PlaceError
from runner.execution.trainer import Trainer
from runner.storage.store import EpochStore
from runner.tree.outcome import EpochResult
from tests.lstm3.tiny import make_config, make_corpus

CONFIG = make_config()


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
    store, trainer = EpochStore(first.store), Trainer("cpu")
    train(trainer, first)
    for path in (store.weights_path(first.key), store.moments_path(first.key)):
        path.write_bytes(b"nobody reads this")
    assert isinstance(train(trainer, child(first, "aa2")), EpochResult)


def test_an_epoch_made_again_under_another_tokenizer_is_told_whatever_is_remembered(first):
    store, trainer = EpochStore(first.store), Trainer("cpu")
    train(trainer, first)
    known = store.get(first.key)
    others = dataclasses.replace(known.metrics, hypotheses=("of another processor",))
    store.record_path(first.key).unlink()
    store.put(dataclasses.replace(known, metrics=others))
    outcome = train(trainer, dataclasses.replace(first, bleu_tokenize="none"))
    assert isinstance(outcome, EpochResult)
    assert set(store.get(first.key).scores) == {"13a"}


def test_an_epoch_is_the_same_whether_its_state_was_held_or_read(first):
    store, trainer = EpochStore(first.store), Trainer("cpu")
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
        train(Trainer("cpu"), first)


def test_a_device_that_cannot_be_used_is_no_fault_of_the_epoch(first):
    with pytest.raises(DeviceError, match=r"^cuda:99 cannot be used: \w+: [^\n]+$"):
        train(Trainer("cuda:99"), first)
    assert not first.store.exists()

"""The epoch store: what was remembered is what comes back, or an error says that it is not."""

from __future__ import annotations

import dataclasses

import pytest

from lstm3.metrics import EpochMetrics
from lstm3.schedule import EpochSettings
from runner.storage.given_up import GivenUp
from runner.storage.outcomes import RecordedOutcomes
from runner.storage.record import Record
from runner.storage.store import EpochStore, StoreError
from runner.tree.outcome import EpochFailure, EpochResult

SCORES = {"bleu": 12.5, "sinergy": 13.0, "bp": 0.96, "signature": "s"}


def make_record(**changes: object) -> Record:
    metrics = EpochMetrics(
        epoch=3,
        train_loss=2.5,
        val_loss=0.1 + 0.2,
        val_loss_no_tf=3.0,
        num_tokens=10,
        hypotheses=("Ein Satz.", "", "ü\u2028ö", "last"),
    )
    values: dict[str, object] = {
        "key": "abcd",
        "parent": "ab00",
        "epoch": 3,
        "settings": EpochSettings(
            lr=1e-3, weight_decay=0.0, label_smoothing=0.1, teacher_forcing=0.7
        ),
        "sweep": "tf",
        "seconds": 1.5,
        "attempts": 1,
        "environment": {"torch": "2"},
        "metrics": metrics,
        "num_parameters": 1000,
        "scores": {"13a": SCORES},
    }
    return Record(**values | changes)


def test_a_record_comes_back_bit_for_bit(tmp_path):
    store, record = EpochStore(tmp_path), make_record()
    store.put(record)
    back = store.get("abcd")
    assert back.metrics.val_loss == 0.1 + 0.2
    assert back.settings == record.settings
    assert back.outcome("13a") == record.outcome("13a")
    assert tuple(store.hypotheses("abcd")) == record.metrics.hypotheses


def test_a_failure_is_a_fact_like_any_other(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record(failure="loss is not finite", metrics=None, scores={}))
    outcome = store.get("abcd").outcome("13a")
    assert isinstance(outcome, EpochFailure)
    assert outcome.reason == "loss is not finite"


def remake(store: EpochStore, **changes: object) -> Record:
    """Put the record of an epoch that is known, made again on another processor."""
    made = make_record(attempts=2, environment={"torch": "3"}, state={"weights": "w3"})
    metrics = dataclasses.replace(made.metrics, val_loss=9.0, hypotheses=("Ein andrer Satz.",))
    made = dataclasses.replace(made, metrics=metrics, scores={"none": SCORES})
    return store.put(dataclasses.replace(made, **changes))


def test_an_epoch_made_again_however_often_keeps_its_first_facts_and_says_where_it_differed(
    tmp_path,
):
    store = EpochStore(tmp_path)
    first = make_record(state={"weights": "w2"})
    store.put(first)
    for attempts in (2, 3):
        back = remake(store, sweep="other", attempts=attempts)
        assert back == store.get("abcd")
        assert back.outcome("13a").val_loss == first.metrics.val_loss
        assert tuple(store.hypotheses("abcd")) == first.metrics.hypotheses
        assert (back.sweep, back.environment, back.attempts) == ("tf", {"torch": "2"}, attempts)
        assert (back.state, back.remade) == ({"weights": "w3"}, {"torch": "3"})
        assert set(back.scores) == {"13a"}, "scores of a text that is not remembered"


def test_an_epoch_that_fails_when_it_is_made_again_stays_what_it_was(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record())
    before = store.record_path("abcd").read_bytes()
    told = remake(store, metrics=None, failure="loss is not finite", scores={}, state={})
    assert isinstance(told.outcome("13a"), EpochFailure)
    assert store.record_path("abcd").read_bytes() == before


def test_an_epoch_that_failed_when_it_was_made_again_was_not_left_by_a_crash(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record(attempts=store.begin("abcd")))
    for _ in range(3):
        attempts = store.begin("abcd")
        remake(store, attempts=attempts, metrics=None, failure="not finite", scores={}, state={})
        assert attempts == 2, "the mark of an attempt that ended is counted as a crash"
    assert not list(tmp_path.rglob("*.begun"))


def test_an_epoch_made_again_the_same_gains_scores_under_another_tokenizer(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record(state={"weights": "w2"}))
    back = store.put(make_record(state={"weights": "w2"}, scores={"none": SCORES}))
    assert set(back.scores) == {"13a", "none"}
    assert back.remade is None


def test_an_unknown_key_is_none(tmp_path):
    assert EpochStore(tmp_path).get("abcd") is None


@pytest.mark.parametrize("damage", [lambda b: b[:40], lambda b: b[:0], lambda b: b"x" + b[1:]])
def test_a_damaged_record_is_an_error_and_counts_as_unknown(tmp_path, damage):
    store = EpochStore(tmp_path)
    store.put(make_record())
    path = store.record_path("abcd")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match="abcd"):
        store.get("abcd")
    outcomes = RecordedOutcomes(store, "13a", lambda *_: SCORES, GivenUp(tmp_path / "up"))
    assert outcomes.get("abcd") is None
    assert "not trained" in outcomes.warnings[0]


def test_any_changed_byte_of_the_hypotheses_is_noticed(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record())
    path = store.record_path("abcd")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Ein Satz", b"Ein Satt"))
    with pytest.raises(StoreError, match="hypotheses"):
        store.hypotheses("abcd")


def test_bleu_under_another_tokenizer_is_computed_from_the_hypotheses(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record())
    asked = []

    def rescore(hypotheses, tokenize):
        asked.append((list(hypotheses), tokenize))
        return SCORES | {"bleu": 99.0}

    outcome = RecordedOutcomes(store, "none", rescore, GivenUp(tmp_path / "up")).get("abcd")
    assert isinstance(outcome, EpochResult)
    assert outcome.bleu == 99.0
    assert asked == [(list(make_record().metrics.hypotheses), "none")]


def test_a_score_that_a_record_lacks_is_computed_from_the_hypotheses(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record(scores={"13a": {"bleu": 12.5}}))
    outcome = RecordedOutcomes(
        store, "13a", lambda *_: SCORES | {"bp": 0.5}, GivenUp(tmp_path / "up")
    ).get("abcd")
    assert outcome.bp == 0.5


def test_nothing_but_whole_files_is_ever_under_a_final_name(tmp_path):
    store = EpochStore(tmp_path)
    store.put(make_record())
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["abcd.record"]

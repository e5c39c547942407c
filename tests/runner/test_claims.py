"""Sweeps on one store at the same time: an epoch that several need is trained by one of them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter

import pytest
from fakes import make_slow_core, make_spec

from runner.storage.claims import Claims
from runner.storage.store import EpochStore
from tests.runner.sweeping import run, table_of, warnings

spawn = multiprocessing.get_context("spawn")


def hold(folder, key, taken, done):
    """Be another process that has claimed an epoch."""
    claims = Claims(EpochStore(folder))
    assert claims.take(key)
    taken.set()
    done.wait()


def test_a_claim_is_free_again_when_it_is_released_and_leaves_nothing(tmp_path):
    store = EpochStore(tmp_path)
    one, other = Claims(store), Claims(store)
    assert one.take("abcd")
    assert not other.take("abcd")
    one.release("abcd")
    assert other.take("abcd")
    other.close()
    assert not list(tmp_path.rglob("*.begun"))


def test_a_claim_keeps_count_of_attempts(tmp_path):
    store = EpochStore(tmp_path)
    claims = Claims(store)
    assert claims.take("abcd")
    assert store.begin("abcd") == 1
    claims.release("abcd")
    assert claims.take("abcd")
    assert store.begin("abcd") == 2


def test_marks_of_epochs_that_are_done_are_tidied_away_and_no_others(tmp_path):
    run(make_spec(), tmp_path)
    store = EpochStore(tmp_path)
    done = next(tmp_path.rglob("*.record")).stem
    running = Claims(store)
    assert running.take("abcd")
    for key in (done, "abcd", "ef01"):
        store.begin(key)
    Claims(store).tidy()
    assert {mark.stem for mark in tmp_path.rglob("*.begun")} == {"abcd", "ef01"}


def test_a_mark_that_another_process_makes_as_an_old_one_is_tidied_away_stays(
    tmp_path, monkeypatch
):
    run(make_spec(), tmp_path)
    store = EpochStore(tmp_path)
    done = next(tmp_path.rglob("*.record")).stem
    store.mark_path(done).touch()  # as of a process that died before it began
    other, unlink = Claims(store), os.unlink

    def unlink_as_another_claims(path):
        unlink(path)
        patched.undo()
        assert other.take(done)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", unlink_as_another_claims)
        Claims(store).tidy()
    assert store.mark_path(done).exists()
    assert not Claims(store).take(done)
    other.close()


@pytest.mark.slow
def test_a_process_that_is_killed_has_claimed_nothing(tmp_path):
    taken, done = spawn.Event(), spawn.Event()
    process = spawn.Process(target=hold, args=(tmp_path, "abcd", taken, done))
    process.start()
    taken.wait()
    claims = Claims(EpochStore(tmp_path))
    assert not claims.take("abcd")
    process.kill()
    process.join()
    assert claims.take("abcd")


def sweep(folder, name, decrease):
    spec = make_spec(name=name, axes=make_spec().axes, grace_epochs=decrease)
    run(spec, folder, num_workers=2, make_core=make_slow_core)


@pytest.mark.slow
def test_sweeps_that_run_at_once_train_each_epoch_once_and_get_the_same_tables(tmp_path):
    run(make_spec(), tmp_path / "alone")
    together = tmp_path / "together"
    together.mkdir()
    processes = [
        spawn.Process(target=sweep, args=(together, name, 4)) for name in ("one", "two", "three")
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    trained = Counter((together / "trained").read_text().split())
    assert set(trained.values()) == {1}
    rows = table_of(make_spec(), tmp_path / "alone").partition('"trials"')[2]
    for name in ("one", "two", "three"):
        assert table_of(make_spec(name=name), together).partition('"trials"')[2] == rows


@pytest.mark.slow
def test_a_sweep_that_has_to_wait_for_another_says_so_and_goes_on_when_that_one_dies(tmp_path):
    spec = make_spec()
    tree, _ = run(spec, tmp_path / "calm")
    first = tree.paths[0].keys[0]
    taken, done = spawn.Event(), spawn.Event()
    process = spawn.Process(target=hold, args=(tmp_path / "held", first, taken, done))
    process.start()
    taken.wait()
    timer = threading.Timer(1.0, process.kill)
    timer.start()
    _, events = run(spec, tmp_path / "held")
    assert any("waiting" in message for message in warnings(events))
    assert table_of(spec, tmp_path / "held") == table_of(spec, tmp_path / "calm")

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from runner.storage.lock import Lock, SweepHeldError


def test_a_start_is_never_refused_because_others_look(tmp_path: Path) -> None:
    lock, is_done = Lock(tmp_path / "lock"), threading.Event()

    def look() -> None:
        while not is_done.is_set():
            lock.holder()

    watchers = [threading.Thread(target=look) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    for _ in range(200):
        with lock.held("small"):
            pass
    is_done.set()
    for watcher in watchers:
        watcher.join()


def test_who_waits_for_a_lock_lets_another_that_waits_have_it(tmp_path: Path) -> None:
    lock, refused = Lock(tmp_path / "lock"), threading.Event()

    def start() -> None:
        with suppress(SweepHeldError), lock.held("small"):
            return
        refused.set()

    with lock.path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        other = threading.Thread(target=start)
        other.start()
        has_it = False
        for _ in range(200):
            time.sleep(0.001)
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                has_it = True
                break
            fcntl.flock(file, fcntl.LOCK_SH)
        other.join()
    assert has_it
    assert refused.is_set()


def test_a_second_process_is_told_who_holds_the_sweep(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    with (
        lock.held("small"),
        pytest.raises(SweepHeldError, match=f"small: held by process {os.getpid()} on "),
        lock.held("small"),
    ):
        pass


def test_a_lock_that_many_share_is_free_when_the_last_is_gone(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "agents" / "lock")
    assert not lock.is_shared()
    with lock.shared():
        with lock.shared():
            assert lock.is_shared()
        assert lock.is_shared()
    assert not lock.is_shared()


def test_who_held_a_sweep_is_forgotten_when_it_is_free(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    assert lock.holder() is None
    with lock.held("small"):
        holder = lock.holder()
        assert holder is not None
        assert holder.process == os.getpid()
        assert holder.is_here
    assert lock.holder() is None


def test_a_damaged_lock_that_is_held_names_nobody(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    with lock.held("small"):
        (tmp_path / "lock").write_bytes(b"\xff\x00process 1")
        assert str(lock.holder()) == "process 0 on an unknown host"

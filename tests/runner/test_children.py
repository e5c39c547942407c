"""No process outlives the one that it belongs to, however that one ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time

import pytest

from runner.execution.children import be_child, last_words, spawn, start_child

pytestmark = pytest.mark.slow


def be_grandchild(connection):
    be_child()
    connection.send(os.getpid())
    time.sleep(600)


def be_coordinator(connection):
    process = spawn.Process(target=be_grandchild, args=(connection,))
    start_child(process)
    process.join()


@pytest.fixture
def family():
    """Return a process and the pid of a child of it that is up."""
    ours, theirs = multiprocessing.Pipe()
    process = spawn.Process(target=be_coordinator, args=(theirs,))
    process.start()
    return process, ours.recv()


def is_alive(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def wait_for_end(pid):
    for _ in range(600):
        try:
            if not is_alive(pid):
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_child_ends_when_its_parent_is_killed_even_if_it_is_stopped(family, is_stopped):
    process, child = family
    if is_stopped:
        os.kill(child, signal.SIGSTOP)
    process.kill()
    process.join()
    assert wait_for_end(child)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (None, ""),
        ("", ""),
        ("one\n\n two \n", "; its log ends: one | two"),
        (
            "noise\nFatal Python error: Segmentation fault\n\nThread 1:\n  File x\n  File y\n",
            "; its log ends: Fatal Python error: Segmentation fault | Thread 1: | File x",
        ),
    ],
)
def test_the_last_words_of_a_process_are_its_crash_or_the_end_of_its_log(log, said, tmp_path):
    path = tmp_path / "log"
    if log is not None:
        path.write_text(log)
    assert last_words(path) == said

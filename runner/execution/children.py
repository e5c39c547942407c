"""Processes that belong to this one: Ctrl-C does not reach them, and they do not outlive it."""

from __future__ import annotations

import ctypes
import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_MOST_WORDS = 3  # lines of a log that are told
_MOST_LETTERS = 300

spawn = multiprocessing.get_context("spawn")


def start_child(process: BaseProcess) -> None:
    """Start a process whose first words are `be_child`.

    A terminal sends Ctrl-C to every process, and only the one in charge is to heed it. Until the
    child can say so itself, the signal is blocked for it: a child inherits its parent's mask.
    """
    resource_tracker.ensure_running()  # or `start` would do it, and unblock the signal
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def be_child() -> None:
    """Ignore Ctrl-C, and end this process as soon as the one that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":  # whose kernel ends even a process that is stopped
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    assert parent is not None, "it is a child"
    threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def speak_into(log: Path) -> None:
    """Send all that this process prints, and where it crashes, to a new file."""
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    faulthandler.enable()


def last_words(log: Path) -> str:
    """Return how a process's log ends, as the end of a sentence; nothing if it is empty."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    _, crash, trace = text.rpartition("Fatal Python error: ")
    lines = [line.strip() for line in (crash + trace).splitlines() if line.strip()]
    told = lines[:_MOST_WORDS] if crash else lines[-_MOST_WORDS:]
    return f"; its log ends: {' | '.join(told)[-_MOST_LETTERS:]}" if told else ""

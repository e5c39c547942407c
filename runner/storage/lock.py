"""Who runs a sweep: one process at a time, and a lock that a dead one leaves is free."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lstm3.errors import ConfigError, ExplainedError

_LOOK_SECONDS = 0.01  # that those who only look have to be gone again


class SweepHeldError(ExplainedError):
    """Another process is running this sweep."""

    exit_code = 3


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The process that runs a sweep."""

    process: int
    host: str

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"

    @property
    def is_here(self) -> bool:
        return self.host == socket.gethostname()


class Lock:
    """A file that the process in charge has locked, and that says which one it is.

    Who only looks takes a shared lock, for a moment. A process that cannot have the lock alone,
    but can share it, has met those; so nobody is refused for being looked at. It lets go of it
    while it waits: two that start at once would only meet each other for ever.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self, what: str) -> Iterator[None]:
        """Hold the lock of `what` for this process; raises SweepHeldError if another one does."""
        with self._opened() as file:
            while not _can_lock(file, fcntl.LOCK_EX):
                if not _can_lock(file, fcntl.LOCK_SH):
                    raise SweepHeldError(f"{what}: held by {_holder(file)}")
                fcntl.flock(file, fcntl.LOCK_UN)
                time.sleep(_LOOK_SECONDS)
            file.truncate(0)
            file.write(f"{Holder(process=os.getpid(), host=socket.gethostname())}\n")
            file.flush()
            yield

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the lock together with all others that do so."""
        with self._opened() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def is_shared(self) -> bool:
        """Return whether anybody holds the lock together with others, or is looking just now."""
        try:
            lock = self.path.open("r+", encoding="utf-8")
        except FileNotFoundError:
            return False
        with lock as file:
            return not _can_lock(file, fcntl.LOCK_EX)

    def holder(self) -> Holder | None:
        """Return which process holds the lock, or None if none does."""
        try:
            lock = self.path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        with lock as file:
            return None if _can_lock(file, fcntl.LOCK_SH) else _holder(file)

    def _opened(self) -> IO[str]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("a+", encoding="utf-8", errors="replace")
        except OSError as error:
            raise ConfigError(f"--results: {error.filename}: {error.strerror}") from None


def _can_lock(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> Holder:
    file.seek(0)
    found = re.fullmatch(r"process (\d+) on (\S+)\n", file.read())
    if found is None:  # it is only just being written, or was damaged
        return Holder(process=0, host="an unknown host")
    return Holder(process=int(found[1]), host=found[2])

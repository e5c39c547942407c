"""A process of its own session, which outlives the terminal that it was started from."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

_READY = b"."


class Detached:
    """The new process, before it is on its own: its first words still go to the terminal."""

    def __init__(self, starter: int) -> None:
        self._starter = starter  # the end of a pipe that the starter listens to

    def go(self, log: Path) -> None:
        """Write to `log` from now on, and let the starter end."""
        sys.stdout.flush()
        sys.stderr.flush()
        with log.open("ab") as file:
            for stream in (1, 2):
                os.dup2(file.fileno(), stream)
        os.write(self._starter, _READY)
        os.close(self._starter)


@dataclass(frozen=True, kw_only=True)
class Started:
    """What became of the new process: `code` is its exit code if it has ended already."""

    process: int
    code: int | None


def detach() -> Detached | Started:
    """Fork; return in the new process at once, and in the old one when that is on its own or ended.

    Interrupted, the old process ends the new one.
    """
    ours, theirs = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if not process:
        os.close(ours)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        return Detached(theirs)
    os.close(theirs)
    try:
        is_ready = os.read(ours, 1) == _READY
    except BaseException:
        os.kill(process, signal.SIGTERM)
        raise
    code = None if is_ready else os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return Started(process=process, code=code)

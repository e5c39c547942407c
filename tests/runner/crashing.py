"""Sweeps in a process of their own that dies, or whose disk fails, at a chosen system call."""

from __future__ import annotations

import errno
import multiprocessing
import os
import pathlib
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(
    # What a sweep loads, and what that loads when it is first used.
    [
        *(
            "tests.runner.crashing",
            "runner.execution.trainer",
            "runner.jobs.running",
            "runner.views.live",
        ),
        *("torch._dynamo", "optuna.storages._rdb.storage", "alembic.command"),
    ]
)


@dataclass(frozen=True)
class Disaster:
    """What happens at the `call`th system call that makes something durable.

    The process is killed before it, in the middle of it or after it, or the call fails.
    """

    call: int
    kind: str  # before | half | after | full | broken


ERRORS = {"full": errno.ENOSPC, "broken": errno.EIO}
KINDS = ("before", "half", "after", *ERRORS)


class _Calls:
    """Counts durable system calls, and makes the disaster happen."""

    def __init__(self, disaster: Disaster | None) -> None:
        self.count = 0
        self._disaster = disaster

    def watch(self, owner: Any, name: str, half: Callable[..., Any] | None = None) -> None:
        """Have each call of `owner.name` counted; `half` does a part of what it does."""
        whole = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self._disaster is None or self._disaster.call != self.count:
                return whole(*args, **kwargs)
            kind = self._disaster.kind
            if kind in ERRORS:
                raise OSError(ERRORS[kind], os.strerror(ERRORS[kind]), str(args[0]))
            if kind == "half" and half is not None:
                half(*args, **kwargs)
            if kind == "after":
                whole(*args, **kwargs)
            return os.kill(os.getpid(), signal.SIGKILL)

        setattr(owner, name, watched)


def _write_half(path: pathlib.Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data[: len(data) // 2])


def _sweep(folder: str, arguments: Sequence[str], disaster: Disaster | None) -> None:
    """Be the process of a sweep: coordinator and worker in one, so that any call can be hit."""
    import runner.jobs.running
    from runner.cli import run
    from runner.execution.in_process_engine import InProcessEngine

    os.chdir(folder)
    sys.stdout = sys.stderr = open("output", "w", encoding="utf-8")  # noqa: SIM115
    runner.jobs.running.LocalEngine = lambda slots, make, _: InProcessEngine(slots, make)  # type: ignore[assignment,misc]
    calls = _Calls(disaster)
    calls.watch(pathlib.Path, "write_bytes", _write_half)
    for name in ("fsync", "replace", "link", "unlink"):
        calls.watch(os, name)
    code = run(arguments)
    sys.stdout.flush()
    pathlib.Path("calls").write_text(str(calls.count), encoding="utf-8")
    os._exit(code)


def sweep(
    folder: pathlib.Path, arguments: Sequence[str], disaster: Disaster | None = None
) -> tuple[int, str]:
    """Run `runner sweep` with these arguments; return its exit code and all that it printed."""
    process = forks.Process(target=_sweep, args=(str(folder), arguments, disaster))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode, (folder / "output").read_text(encoding="utf-8")


def num_calls(folder: pathlib.Path) -> int:
    """Return how many durable calls the last sweep that ended by itself made."""
    return int((folder / "calls").read_text(encoding="utf-8"))

"""What a running sweep does at this moment, for other processes to see: `now.json`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm3.durable import write_whole
from runner.execution.events import Event, Slot
from runner.execution.work import Work, Workers

_PUBLISH_SECONDS = 0.5  # from one writing to the next


@dataclass(frozen=True, kw_only=True)
class Doing:
    """What one worker does; `trial` is one of those that its epoch is for."""

    slot: str
    device: str
    key: str | None = None  # None: it is idle
    epoch: int = 0
    trial: int = 0
    is_repeated: bool = False
    fraction: float = 0.0
    tokens_per_second: float | None = None


@dataclass(frozen=True, kw_only=True)
class Now:
    """Which process runs a sweep, since when, and what its workers do."""

    process: int
    host: str
    began: float  # seconds since 1970
    workers: Sequence[Doing]


def read_now(path: Path) -> Now | None:
    """Return what was last published, or None if nothing is there that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Now(
            process=int(found["process"]),
            host=str(found["host"]),
            began=float(found["began"]),
            workers=[_parse(doing) for doing in found["workers"]],
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _parse(found: Mapping[str, Any]) -> Doing:
    key, speed = found["key"], found["tokens_per_second"]
    return Doing(
        slot=str(found["slot"]),
        device=str(found["device"]),
        key=None if key is None else str(key),
        epoch=int(found["epoch"]),
        trial=int(found["trial"]),
        is_repeated=bool(found["is_repeated"]),
        fraction=float(found["fraction"]),
        tokens_per_second=None if speed is None else float(speed),
    )


class Publisher:
    """Keeps `now.json` up to date until it is closed, in a thread of its own.

    The file can be lost at any time, so it is not synced, and not to be able to write it is no
    reason to end a sweep.
    """

    def __init__(self, path: Path, slots: Sequence[Slot]) -> None:
        self._path = path
        self._workers = Workers(slots)
        self._began = time.time()
        self._is_closing = threading.Event()
        self._has_news = threading.Event()
        self._publish()
        self._thread = threading.Thread(target=self._run, name="now.json", daemon=True)
        self._thread.start()

    def note(self, event: Event) -> None:
        self._workers.note(event)
        self._has_news.set()

    def close(self) -> None:
        """Publish no more, and take back what was."""
        self._is_closing.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _run(self) -> None:
        while not self._is_closing.wait(_PUBLISH_SECONDS):
            if self._has_news.is_set():
                self._has_news.clear()
                self._publish()

    def _publish(self) -> None:
        now = Now(
            process=os.getpid(),
            host=socket.gethostname(),
            began=self._began,
            workers=[_doing(slot, work) for slot, work in self._workers.work.items()],
        )
        with contextlib.suppress(OSError):
            write_whole(self._path, json.dumps(dataclasses.asdict(now), indent=1) + "\n")


def _doing(slot: Slot, work: Work | None) -> Doing:
    if work is None:
        return Doing(slot=slot.name, device=slot.device)
    return Doing(
        slot=slot.name,
        device=slot.device,
        key=work.node.key,
        epoch=work.node.epoch,
        trial=work.node.paths[0].trial.number,
        is_repeated=work.is_repeated,
        fraction=work.fraction,
        tokens_per_second=work.tokens_per_second,
    )

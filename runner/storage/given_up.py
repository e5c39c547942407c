"""Epochs that one sweep gave up: not a function of its spec, so kept beside it, a file each."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from lstm3.durable import write_durably
from runner.tree.outcome import EpochFailure


class GivenUp:
    """Failures by key, for reasons that lie in workers and not in the epoch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> EpochFailure | None:
        """Return why an epoch was given up, or None if it was not."""
        try:
            return EpochFailure(**json.loads(self._path(key).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None  # then it is tried again, which costs little

    def add(self, key: str, failure: EpochFailure) -> None:
        """Remember that an epoch was given up."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_durably(self._path(key), json.dumps(dataclasses.asdict(failure), indent=2) + "\n")

    def clear(self) -> None:
        """Let all be tried again."""
        for path in self._folder.glob("*.json"):
            path.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

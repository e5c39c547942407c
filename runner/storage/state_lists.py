"""Which states each sweep wants, in a file that the other sweeps on the store heed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from lstm3.durable import write_whole
from runner.storage.retention import Why

FILE_NAME = "states.json"
Wants = Mapping[str, Why]


def write_wants(folder: Path, wants: Wants) -> None:
    """Say in a sweep's folder which states it wants, and why."""
    by_reason = defaultdict[str, list[str]](list)
    for key, why in wants.items():
        by_reason[why.name.lower()].append(key)
    write_whole(folder / FILE_NAME, json.dumps(by_reason) + "\n")


def read_wants(folder: Path) -> dict[str, Why] | None:
    """Return which states a sweep wants, or None if that is unknown."""
    try:
        by_reason = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        found = {Why[name.upper()]: keys for name, keys in by_reason.items()}
        return {key: why for why, keys in found.items() for key in keys}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def sweep_folders(results: Path) -> Iterator[Path]:
    """Return the folders of all sweeps."""
    return (path.parent for path in sorted(results.glob("*/origin.json")))


class OtherSweeps:
    """What the sweeps beside one want, read again where it has changed."""

    def __init__(self, results: Path, name: str) -> None:
        self._results, self._name = results, name
        self._read: dict[str, tuple[int, dict[str, Why] | None]] = {}

    def refresh(self) -> None:
        """Read what has changed."""
        folders = [path for path in sweep_folders(self._results) if path.name != self._name]
        self._read = {folder.name: self._current(folder) for folder in folders}

    def reason(self, key: str) -> Why:
        """Return the best reason that one of them has to keep a state."""
        lists = (wants for _, wants in self._read.values() if wants is not None)
        return max((wants.get(key, Why.UNCLAIMED) for wants in lists), default=Why.UNCLAIMED)

    @property
    def unknown(self) -> list[str]:
        """Return the sweeps that do not say what they want."""
        return [name for name, (_, wants) in self._read.items() if wants is None]

    def _current(self, folder: Path) -> tuple[int, dict[str, Why] | None]:
        changed = _changed(folder / FILE_NAME)
        before = self._read.get(folder.name)
        return before if before and before[0] == changed else (changed, read_wants(folder))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0

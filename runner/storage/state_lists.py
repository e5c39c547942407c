"""Which states each sweep wants, in files that the other sweeps on the store heed.

One lies in the folder of a sweep, and one in that of each trial that was sent to it by itself.
"""

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
    """Say in the folder of a sweep or trial which states it wants, and why."""
    by_reason = defaultdict[str, list[str]](list)
    for key, why in wants.items():
        by_reason[why.name.lower()].append(key)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FILE_NAME, json.dumps(by_reason) + "\n")


def read_wants(folder: Path) -> dict[str, Why] | None:
    """Return which states a sweep or trial wants, or None if that is unknown."""
    try:
        by_reason = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        found = {Why[name.upper()]: keys for name, keys in by_reason.items()}
        return {key: why for why, keys in found.items() for key in keys}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def origin_files(results: Path) -> list[Path]:
    """Return what says what all sweeps, their agents and the agents' trials were started with."""
    places = ("*", "*/agents", "*/agents/*")
    return sorted(file for place in places for file in results.glob(f"{place}/origin.json"))


def wanting_folders(results: Path) -> Iterator[Path]:
    """Return the folders of all sweeps, and of all trials that were sent and say what they want."""
    yield from (path.parent for path in sorted(results.glob("*/origin.json")))
    yield from (path.parent for path in sorted(results.glob(f"*/agents/*/{FILE_NAME}")))


def sweep_of(folder: Path, results: Path) -> str:
    """Return the name of the sweep that a folder is in."""
    return folder.relative_to(results).parts[0]


class OtherSweeps:
    """What all but one want, read again where it has changed; `own` is the folder of that one."""

    def __init__(self, results: Path, own: Path) -> None:
        self._results, self._own = results, own
        self._read: dict[Path, tuple[int, dict[str, Why] | None]] = {}

    def refresh(self) -> None:
        """Read what has changed."""
        others = [path for path in wanting_folders(self._results) if path != self._own]
        self._read = {folder: self._current(folder) for folder in others}

    def reason(self, key: str) -> Why:
        """Return the best reason that one of them has to keep a state."""
        lists = (wants for _, wants in self._read.values() if wants is not None)
        return max((wants.get(key, Why.UNCLAIMED) for wants in lists), default=Why.UNCLAIMED)

    @property
    def unknown(self) -> list[str]:
        """Return the sweeps that do not say what they want."""
        return [
            sweep_of(folder, self._results)
            for folder, (_, wants) in self._read.items()
            if wants is None
        ]

    def _current(self, folder: Path) -> tuple[int, dict[str, Why] | None]:
        changed = _changed(folder / FILE_NAME)
        before = self._read.get(folder)
        return before if before and before[0] == changed else (changed, read_wants(folder))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0

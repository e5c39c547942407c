"""What a user decided about single trials: facts beside the spec, kept a small file each."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path

from lstm3.durable import write_durably
from lstm3.errors import ConfigError
from runner.tree.trial import UNDECIDED, Decision


class Decisions:
    """Decisions by trial id, in one folder that several processes may write to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, trial_id: str) -> Decision:
        """Return what was decided about a trial; raises ConfigError if that is unreadable."""
        path = self._path(trial_id)
        try:
            return _parse(path)
        except FileNotFoundError:
            return UNDECIDED
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{path}: {error}; expected what 'stop' and 'unprune' write; decide again, "
                "or remove it"
            ) from None

    def put(self, trial_id: str, decision: Decision) -> None:
        """Remember what was decided about a trial, for good."""
        self._folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(dataclasses.asdict(decision))
        write_durably(self._path(trial_id), content + "\n")

    def all(self) -> Mapping[str, Decision]:
        """Return all decisions; raises ConfigError if one is unreadable."""
        return {path.stem: self.get(path.stem) for path in sorted(self._folder.glob("*.json"))}

    def version(self) -> frozenset[tuple[str, int]]:
        """Return something that is another after each `put`; it takes microseconds."""
        try:
            with os.scandir(self._folder) as entries:
                return frozenset((entry.name, entry.inode()) for entry in entries)
        except FileNotFoundError:
            return frozenset()

    def _path(self, trial_id: str) -> Path:
        return self._folder / f"{trial_id}.json"


def _parse(path: Path) -> Decision:
    values = json.loads(path.read_text(encoding="utf-8"))
    names = {field.name for field in dataclasses.fields(Decision)}
    if not isinstance(values, dict) or values.keys() != names:
        raise ValueError("found something else")
    stopped_after, is_brought_back = values["stopped_after"], values["is_brought_back"]
    is_count = type(stopped_after) is int and stopped_after >= 0
    if not (stopped_after is None or is_count) or type(is_brought_back) is not bool:
        raise ValueError("found something else")
    return Decision(stopped_after=stopped_after, is_brought_back=is_brought_back)

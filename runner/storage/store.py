"""The epoch store: what is remembered of every epoch, by key.

`<key>.record` is its record, and `<key>.weights` and `<key>.moments` are the resumable state
(safetensors). A record is written last: an epoch is done when its record is there. `<key>.begun`
grows by a byte each time an epoch is begun, until then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from lstm3.durable import write_durably
from lstm3.errors import UserError
from lstm3.fingerprint import file_digest
from runner.storage.record import DamagedError, Record, hypotheses_in


class StoreError(UserError):
    """A file of the epoch store is not what was written."""


class EpochStore:
    """Records and states by key, in one folder that several sweeps may share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def record_path(self, key: str) -> Path:
        return self.root / f"{key[:2]}/{key}.record"

    def weights_path(self, key: str) -> Path:
        return self.root / key[:2] / f"{key}.weights"

    def moments_path(self, key: str) -> Path:
        return self.root / key[:2] / f"{key}.moments"

    def has_state(self, key: str) -> bool:
        """Return whether training can go on from the state after this epoch."""
        return all(path.is_file() for path in self._state_paths(key).values())

    def state_digests(self, key: str) -> Mapping[str, str]:
        """Return the digests of the files that hold a state."""
        return {part: file_digest(path) for part, path in self._state_paths(key).items()}

    def check_state(self, key: str) -> Mapping[str, str]:
        """Return the digests of the files that hold a state.

        Raises StoreError if they are not what was written; the state then counts as lost.
        """
        record = self.get(key)
        try:
            found = self.state_digests(key)
        except OSError:
            found = {}
        if not found or (record is not None and record.state != found):
            for path in self._state_paths(key).values():
                with contextlib.suppress(FileNotFoundError):
                    _set_aside(path)
            raise StoreError(
                f"{self.weights_path(key)}: lost or damaged; what is left is set aside"
            )
        return found

    def state_size(self, key: str) -> int:
        """Return the bytes that dropping a state frees."""
        return sum(map(_own_size, self._state_paths(key).values()))

    def state_sizes(self) -> dict[str, int]:
        """Return the bytes that dropping each state, or what is left of one, frees."""
        sizes: dict[str, int] = defaultdict(int)
        for folder in self.root.glob("??"):
            for path in folder.iterdir():
                if path.suffix in (".weights", ".moments"):
                    sizes[path.stem] += _own_size(path)
        return dict(sizes)

    def drop_state(self, key: str) -> bool:
        """Remove a state, and return whether nothing is left of it.

        Weights that a trial's folder has as a checkpoint take no room, and stay at hand for the
        folders of other trials.
        """
        weights = self.weights_path(key)
        self.moments_path(key).unlink(missing_ok=True)
        if not _own_size(weights):
            return not weights.exists()
        weights.unlink(missing_ok=True)
        return True

    def _state_paths(self, key: str) -> Mapping[str, Path]:
        return {"weights": self.weights_path(key), "moments": self.moments_path(key)}

    def mark_path(self, key: str) -> Path:
        return self.root / key[:2] / f"{key}.begun"

    def make_room(self, key: str) -> None:
        """Make the folder that holds the files of `key`, and set aside what is in their way."""
        self.record_path(key).parent.mkdir(parents=True, exist_ok=True)
        for path in (self.record_path(key), *self._state_paths(key).values()):
            if path.is_dir():
                _set_aside(path)

    def begin(self, key: str) -> int:
        """Note that an epoch is begun, and return how often it was, this time included.

        A mark is left until the epoch is remembered, so a crash is seen in the next count.
        """
        self.make_room(key)
        with self.mark_path(key).open("ab") as mark:
            mark.write(b".")
            num_marks = mark.tell()
        known = self._known(key)
        return num_marks + (known.attempts if known else 0)

    def put(self, record: Record) -> Record:
        """Remember an epoch for good, and return the facts that are remembered.

        One that was known, and is made again for its state, stays the epoch of who made it first;
        if that fails, the failure is returned and nothing is changed.
        """
        known = self._known(record.key)
        if known is not None and known.metrics is not None:
            if record.metrics is None:
                self._unmark(record.key)
                return record
            record = self._made_again(known, record)
        text = record.to_text()
        self.make_room(record.key)
        write_durably(self.record_path(record.key), text)
        self._unmark(record.key)
        return record.without_hypotheses()

    def _unmark(self, key: str) -> None:
        """Remove the mark of an epoch that has come to an end."""
        with contextlib.suppress(OSError):  # then it is removed at the next start
            self.mark_path(key).unlink()

    def _made_again(self, known: Record, record: Record) -> Record:
        """Return what is to be remembered of an epoch that is known: its facts, the new state."""
        assert known.metrics is not None, "it did not fail"
        assert record.metrics is not None, "nor did it now"
        try:
            hypotheses = tuple(self.hypotheses(record.key))
        except StoreError:
            return dataclasses.replace(record, sweep=known.sweep)
        is_same_text = hypotheses == tuple(record.metrics.hypotheses)
        return dataclasses.replace(
            known,
            metrics=dataclasses.replace(known.metrics, hypotheses=hypotheses),
            scores={**record.scores, **known.scores} if is_same_text else known.scores,
            attempts=record.attempts,
            state=record.state,
            remade=known.remade if record.state == known.state else record.environment,
        )

    def set_aside(self, key: str) -> None:
        """Take a damaged record out of the way; its epoch then counts as unknown."""
        _set_aside(self.record_path(key))

    def get(self, key: str) -> Record | None:
        """Return the facts of an epoch, without its hypotheses; None if it is not known.

        Raises StoreError if the file is damaged.
        """
        path = self.record_path(key)
        try:
            with path.open("rb") as file:
                line = file.readline()
            return Record.from_line(line.decode("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: {error}; expected a record") from None
        except DamagedError as error:
            raise StoreError(f"{path}: {error}") from None

    def _known(self, key: str) -> Record | None:
        try:
            return self.get(key)
        except StoreError:  # it is made again, and nothing of it counts
            return None

    def hypotheses(self, key: str) -> Sequence[str]:
        """Return the translations of the validation set after an epoch; raises StoreError."""
        path = self.record_path(key)
        try:
            return hypotheses_in(path.read_bytes().decode("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: {error}; expected a record") from None
        except DamagedError as error:
            raise StoreError(f"{path}: {error}") from None


def _set_aside(path: Path) -> None:
    aside = path.with_suffix(f"{path.suffix}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    path.replace(aside)


def _own_size(path: Path) -> int:
    """Return a file's bytes, or 0 if it cannot be had or goes by other names too."""
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_size if status.st_nlink == 1 else 0

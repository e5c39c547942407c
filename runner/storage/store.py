"""The epoch store: what is remembered of every epoch, by key.

`<key>.record` is one line of facts (JSON, with its digest in front) and then the validation
hypotheses, one a line; `<key>.weights` and `<key>.moments` are the resumable state (safetensors).
A record is written last: an epoch is done when its record is there. `<key>.begun` grows by a byte
each time an epoch is begun, until then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm3.durable import write_durably
from lstm3.errors import UserError
from lstm3.fingerprint import file_digest
from lstm3.metrics import EpochMetrics
from lstm3.schedule import EpochSettings
from runner.tree.outcome import SCORES, EpochFailure, EpochResult

_DIGEST_LENGTH = 16


class StoreError(UserError):
    """A file of the epoch store is not what was written."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """The facts of an epoch from which all else is derived."""

    key: str
    parent: str
    epoch: int
    settings: EpochSettings
    sweep: str  # that trained it
    seconds: float
    attempts: int
    environment: Mapping[str, Any]
    failure: str | None = None  # why it cannot be trained; then there are no metrics
    metrics: EpochMetrics | None = None  # without hypotheses when read as facts alone
    num_parameters: int = 0
    scores: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    """BLEU, sinergy, BP and signature of the hypotheses, by sacreBLEU tokenizer."""
    state: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Digests of the files that hold the state, by what is in them: weights, moments."""
    parent_weights: str | None = None  # digest of those that it was trained from
    remade: Mapping[str, Any] | None = None
    """Where it was trained again and came out differently; the state is then that one."""

    def is_scored(self, tokenize: str) -> bool:
        """Return whether all that is made from hypotheses is known under this tokenizer."""
        return set(SCORES) <= self.scores.get(tokenize, {}).keys()

    def outcome(self, tokenize: str) -> EpochResult | EpochFailure:
        """Return what a sweep needs to know, with BLEU under this tokenizer."""
        common: dict[str, Any] = {
            "sweep": self.sweep,
            "seconds": self.seconds,
            "attempts": self.attempts,
            "environment": self.environment,
            "weights": self.state.get("weights"),
            "parent_weights": self.parent_weights,
            "remade": self.remade,
        }
        if self.failure is not None:
            return EpochFailure(reason=self.failure, **common)
        metrics = self.metrics
        assert metrics is not None, "an epoch that did not fail has metrics"
        return EpochResult(
            train_loss=metrics.train_loss,
            val_loss=metrics.val_loss,
            val_loss_no_tf=metrics.val_loss_no_tf,
            num_tokens=metrics.num_tokens,
            num_parameters=self.num_parameters,
            **{name: self.scores[tokenize][name] for name in SCORES},
            **common,
        )


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
                return record
            record = self._made_again(known, record)
        hypotheses: Sequence[str] = ()
        if record.metrics:
            hypotheses = record.metrics.hypotheses
            record = dataclasses.replace(
                record, metrics=dataclasses.replace(record.metrics, hypotheses=())
            )
        facts = dataclasses.asdict(record)
        if record.metrics:
            del facts["metrics"]["hypotheses"]
        body = "".join(f"{line}\n" for line in hypotheses)
        facts["hypotheses"] = {"lines": len(hypotheses), "digest": _digest(body)}
        header = json.dumps(facts, ensure_ascii=False, allow_nan=False)
        self.make_room(record.key)
        write_durably(self.record_path(record.key), f"{_digest(header)} {header}\n{body}")
        with contextlib.suppress(OSError):  # then it is removed at the next start
            self.mark_path(record.key).unlink()
        return record

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
                line = file.readline().decode("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: {error}; expected a record") from None
        facts = _parse(line, path)
        del facts["hypotheses"]
        metrics = facts.pop("metrics")
        return Record(
            **facts | {"settings": EpochSettings(**facts["settings"])},
            metrics=EpochMetrics(**metrics, hypotheses=()) if metrics else None,
        )

    def _known(self, key: str) -> Record | None:
        try:
            return self.get(key)
        except StoreError:  # it is made again, and nothing of it counts
            return None

    def hypotheses(self, key: str) -> Sequence[str]:
        """Return the translations of the validation set after an epoch; raises StoreError."""
        path = self.record_path(key)
        try:
            header, _, body = path.read_bytes().decode("utf-8").partition("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: {error}; expected a record") from None
        if _parse(header, path)["hypotheses"]["digest"] != _digest(body):
            raise StoreError(f"{path}: damaged; its hypotheses differ from what was written")
        return body.split("\n")[:-1]


def _set_aside(path: Path) -> None:
    aside = path.with_suffix(f"{path.suffix}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    path.replace(aside)


def _parse(header: str, path: Path) -> dict[str, Any]:
    """Return the facts in a record's first line; raises StoreError if they were changed."""
    digest, _, facts = header.rstrip("\n").partition(" ")
    if digest != _digest(facts):
        raise StoreError(f"{path}: damaged; its facts differ from what was written")
    parsed: dict[str, Any] = json.loads(facts)
    return parsed


def _own_size(path: Path) -> int:
    """Return a file's bytes, or 0 if it cannot be had or goes by other names too."""
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_size if status.st_nlink == 1 else 0


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]

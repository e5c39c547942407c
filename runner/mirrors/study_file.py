"""A sweep as an Optuna study in one file, for people and dashboards; nobody reads it back."""

from __future__ import annotations

import datetime
import functools
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage

from runner.specs.spec import Spec
from runner.tree.optuna_adapter import distribution
from runner.tree.path import Path
from runner.tree.trial import TrialState

_BUSY_SECONDS = 1.0  # that a reader may hold a write up; what is missed comes with the next
_STATES = {
    TrialState.RUNNING: "RUNNING",
    TrialState.COMPLETE: "COMPLETE",
    TrialState.PRUNED: "PRUNED",
    TrialState.FAILED: "FAIL",
    TrialState.STOPPED: "PRUNED",
}


class StudyFileError(Exception):
    """The study file could not be written; the sweep itself is none the worse."""


class StudyFile:
    """Writes what a sweep does to a file that `optuna.load_study` and dashboards can read.

    Optuna makes the file; the rows come from here, since a row costs Optuna's storage about a
    millisecond and a sweep that is taken up again has ten thousand of them. Every method raises
    StudyFileError.
    """

    def __init__(self, file: FilePath, spec: Spec) -> None:
        self._file = file
        self._axes = {name: distribution(axis) for name, axis in spec.axes.items()}
        self._written_axes = {name: distribution_to_json(kind) for name, kind in self._axes.items()}
        self._ids: dict[str, int] = {}  # of the study's trials, from 1, by our trials' ids
        self._late: dict[str, Path] = {}  # trials to be written, by id
        with self._errors():
            _create(file, spec.name)
            self._connection = _connect(file)

    def sync(self, moved: Iterable[Path]) -> None:
        """Write the trials that moved, and those that an earlier call could not write.

        A trial enters the study once it has done an epoch or failed; the baseline does not.
        """
        self._late |= {path.trial.id: path for path in moved if not path.is_baseline}
        with self._errors(), self._connection:  # one transaction
            for path in self._late.values():
                if path.keys or path.state is TrialState.FAILED:
                    self._write(path)
        self._late.clear()

    def close(self) -> None:
        with self._errors():
            self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # whatever it is, no sweep ends for the sake of a dashboard
            raise StudyFileError(f"{self._file}: {error}") from error

    def _write(self, path: Path) -> None:
        """Write all rows of a trial; those that are there already stay as they are."""
        trial, insert = path.trial, self._connection.executemany
        row = self._ids.setdefault(trial.id, len(self._ids) + 1)
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat(" ")
        state, completed = _STATES[path.state], now if path.state.is_final else None
        insert(
            "INSERT INTO trials (trial_id, number, study_id, state, datetime_start,"
            " datetime_complete) VALUES (?, ?, 1, ?, ?, ?) ON CONFLICT (trial_id) DO UPDATE SET"
            " state = excluded.state, datetime_complete = excluded.datetime_complete",
            [(row, row - 1, state, now, completed)],
        )
        insert(
            "INSERT OR IGNORE INTO trial_params (trial_id, param_name, param_value,"
            " distribution_json) VALUES (?, ?, ?, ?)",
            [
                (row, name, kind.to_internal_repr(trial.params[name]), self._written_axes[name])
                for name, kind in self._axes.items()
            ],
        )
        attributes = {"trial_id": trial.id, "number": trial.number, "seed": trial.seed}
        insert(
            "INSERT OR IGNORE INTO trial_user_attributes (trial_id, key, value_json)"
            " VALUES (?, ?, ?)",
            [(row, key, json.dumps(value)) for key, value in attributes.items()],
        )
        insert(
            "INSERT OR IGNORE INTO trial_intermediate_values (trial_id, step, intermediate_value,"
            " intermediate_value_type) VALUES (?, ?, ?, 'FINITE')",
            [(row, epoch, value) for epoch, value in enumerate(path.values, start=1)],
        )
        if path.state is TrialState.COMPLETE:
            insert(
                "INSERT OR IGNORE INTO trial_values (trial_id, objective, value, value_type)"
                " VALUES (?, 0, ?, 'FINITE')",
                [(row, max(path.values))],
            )


def _create(file: FilePath, name: str) -> None:
    """Let Optuna make an empty study in a new file."""
    for old in (file, file.with_name(f"{file.name}-journal")):
        old.unlink(missing_ok=True)
    creator = functools.partial(_connect, file)  # takes any path, where a URL would not
    storage = RDBStorage("sqlite://", engine_kwargs={"creator": creator})
    optuna.create_study(storage=storage, study_name=name, direction="maximize")
    storage.remove_session()
    storage.engine.dispose()


def _connect(file: FilePath) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=_BUSY_SECONDS)
    connection.execute("PRAGMA synchronous = OFF")  # what a power cut takes is made again
    return connection

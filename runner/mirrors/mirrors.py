"""What follows a sweep: what is written for people and dashboards, and the states that are kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lstm3.durable import write_durably
from runner.execution.events import EpochFinished, Event, Unfolded
from runner.mirrors.rhythm import Rhythm
from runner.mirrors.state_keeper import LOOK_SECONDS, StateKeeper
from runner.mirrors.trial_folders import TrialFolders
from runner.results.formats import to_csv
from runner.results.table import make_table
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tracking.wandb_runs import WandbRuns
from runner.tree.path import Path
from runner.tree.unfold import Tree

if TYPE_CHECKING:
    from runner.mirrors.study_file import StudyFile

_SYNC_SECONDS = 5.0  # from one writing of the study and the table to the next
_CLOSE_SECONDS = 60.0  # that W&B has to finish its runs
_HASTE_SECONDS = 15.0  # the same, before whoever interrupted the sweep may kill it


class Mirrors:
    """Trial folders, trials.csv, Optuna's study.db, W&B runs and kept states, as a sweep goes."""

    def __init__(self, folder: SweepFolder, origin: Origin, tree: Tree) -> None:
        self._folder, self._tree = folder, tree
        self._trials = TrialFolders(folder)
        self._states = StateKeeper(folder, folder.path, tree, Rhythm(LOOK_SECONDS))
        self._runs = WandbRuns(folder, origin)
        self._study: StudyFile | None = None
        self._moved: dict[Path, None] = {}
        self._keeps_study = True
        self._study_was_late = False  # as when a dashboard reads it for long
        self._synced = time.monotonic()
        self._warnings: list[str] = []

    def follow(self, event: Event) -> Iterator[str]:
        """Bring everything up to date with an event; yield warnings."""
        if isinstance(event, Unfolded | EpochFinished):
            self._trials.update(event.moved)
            self._runs.show(event.moved)
            self._moved |= dict.fromkeys(event.moved)
            if time.monotonic() - self._synced > _SYNC_SECONDS:
                self._sync()
        yield from self._drain()
        yield from self._states.follow(event)

    def close(self, *, in_haste: bool = False) -> Sequence[str]:
        """Write what is left; return warnings. W&B has less time `in_haste`."""
        self._sync()
        self._warnings += self._states.close()
        if self._study:
            self._study.close()
        self._runs.close(_HASTE_SECONDS if in_haste else _CLOSE_SECONDS)
        return self._drain()

    def _sync(self) -> None:
        try:
            write_durably(self._folder.csv_path, to_csv(make_table(self._tree)))
        except OSError as error:
            self._warnings.append(
                f"{self._folder.csv_path}: {error.strerror}; it is left as it was"
            )
        if self._keeps_study:
            self._sync_study()
        self._synced = time.monotonic()

    def _sync_study(self) -> None:
        from runner.mirrors.study_file import StudyFile, StudyFileError

        try:
            if self._study is None:  # made late: that takes a second, and no epoch is to wait
                self._study = StudyFile(self._folder.study_path, self._tree.spec)
            self._study.sync(self._moved)
            self._moved.clear()
        except StudyFileError as error:
            if self._study is None:
                self._keeps_study = False
                self._warnings.append(f"{error}; it is made at the next start")
            elif not self._study_was_late:
                self._study_was_late = True
                self._warnings.append(
                    f"{error}; it is tried again, and made anew at the next start"
                )

    def _drain(self) -> Sequence[str]:
        warnings = [*self._warnings, *self._runs.warnings()]
        self._warnings.clear()
        return warnings

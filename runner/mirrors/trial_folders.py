"""The folders of trials: each one's config, and the weights worth keeping under speaking names."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable
from pathlib import Path as FilePath

from lstm3.checkpoint import checkpoint_name
from lstm3.config import Config
from lstm3.durable import durably, write_durably
from lstm3.yaml_file import dump_yaml
from runner.storage.sweep_folder import SweepFolder
from runner.tree.path import Path


class TrialFolders:
    """Keeps results/<sweep>/trials/<id>/ as the sweep goes.

    A checkpoint is a hard link to the store's weights, so an epoch that trials share is on the
    disk once. Kept are the epochs from `save_from_epoch` on, the best one, and the last. A guest,
    such as a trial sent by itself where a sweep has it too, leaves all that is there before it.
    """

    def __init__(self, folder: SweepFolder, *, is_guest: bool = False) -> None:
        self._folder, self._is_guest = folder, is_guest
        self._spared: dict[str, set[str]] = {}  # names of others' files, by trial id

    def update(self, moved: Iterable[Path]) -> None:
        """Bring the folders of these trials up to date."""
        for path in moved:
            if path.keys:
                self._update(path)

    def _update(self, path: Path) -> None:
        folder = self._folder.trial_path(path.trial.id)
        folder.mkdir(parents=True, exist_ok=True)
        if path.trial.id not in self._spared:
            self._spared[path.trial.id] = self._begin(folder, path.trial.config)
        kept = {_name(path, epoch): path.keys[epoch - 1] for epoch in kept_epochs(path)}
        for file in folder.glob("*.safetensors"):
            if file.name not in kept and file.name not in self._spared[path.trial.id]:
                file.unlink()
        for name, key in kept.items():
            _link(self._folder.store.weights_path(key), folder / name)

    def _begin(self, folder: FilePath, config: Config) -> set[str]:
        """Write a trial's config, and return the names of the files that are to stay."""
        spared = {file.name for file in folder.iterdir()} if self._is_guest else set[str]()
        file = folder / "config.yaml"
        content = dump_yaml(dataclasses.asdict(config)).encode()
        # One that is there may be of another length.
        if file.name not in spared and (not file.exists() or file.read_bytes() != content):
            write_durably(file, content)
        return spared


def _link(source: FilePath, target: FilePath) -> None:
    """Have the source under another name too, if it is there."""
    if not source.is_file() or (target.exists() and _version(target) == _version(source)):
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:  # another process has the same trial
        return
    except OSError:  # a file system without hard links
        with durably(target) as temporary:
            shutil.copy2(source, temporary)


def _version(file: FilePath) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def kept_epochs(path: Path) -> list[int]:
    """Return the epochs of a trial whose weights are kept."""
    first = path.trial.config.save_from_epoch
    kept = set(range(first, path.num_epochs + 1)) | {path.best_epoch or path.num_epochs}
    if path.state.is_final and path.keys:
        kept.add(path.num_epochs)
    return sorted(kept)


def _name(path: Path, epoch: int) -> str:
    return checkpoint_name(path.trial.config, path.results[epoch - 1].num_parameters, epoch)

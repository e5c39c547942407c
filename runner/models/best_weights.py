"""The weights of a trial's best epoch, where they still are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath

from lstm3.checkpoint import checkpoint_name
from lstm3.fingerprint import file_digest
from runner.storage.sweep_folder import SweepFolder
from runner.tree.path import Path


def best_weights(folder: SweepFolder, path: Path) -> FilePath | None:
    """Return the weights of a trial's best epoch, as its record knows them by their digest.

    None if they are neither in the store nor in the trial's folder, or not whole in either.
    """
    assert path.best_epoch is not None, "it has gone an epoch"
    digest = path.results[path.best_epoch - 1].weights
    for weights in _places(folder, path, path.best_epoch):
        if weights.exists() and digest in (None, file_digest(weights)):
            return weights
    return None


def _places(folder: SweepFolder, path: Path, epoch: int) -> Iterator[FilePath]:
    yield folder.store.weights_path(path.best_key)
    num_parameters = path.results[epoch - 1].num_parameters
    name = checkpoint_name(path.trial.config, num_parameters, epoch)
    yield folder.trial_path(path.trial.id) / name

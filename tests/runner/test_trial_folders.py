from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lstm3.config import Config
from runner.mirrors.trial_folders import TrialFolders
from runner.specs.spec import Choices
from runner.storage.sweep_folder import SweepFolder
from runner.tree.path import Path as TrialPath
from tests.fakes import make_spec
from tests.runner.sweeping import run


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return SweepFolder(results=tmp_path, name="small")


def trial(folder: SweepFolder, num_epochs: int, save_from_epoch: int = 4) -> TrialPath:
    """Return a trial that was trained so long; its id does not depend on that."""
    base = Config(num_epochs=num_epochs, patience=0, save_from_epoch=save_from_epoch)
    axes = {"tf_decrease": Choices(values=(0.1,))}
    tree, _ = run(make_spec(base=base, axes=axes), folder.store.root)
    return tree.paths[0]


def epochs(folder: SweepFolder, path: TrialPath) -> list[int]:
    """Return the epochs of the checkpoints that a trial has."""
    files = folder.trial_path(path.trial.id).glob("*.safetensors")
    return sorted(int(file.stem.rpartition("epoch")[2]) for file in files)


def config_of(folder: SweepFolder, path: TrialPath) -> str:
    return (folder.trial_path(path.trial.id) / "config.yaml").read_text()


def test_a_folder_has_the_best_epoch_the_last_and_those_that_are_asked_for(
    folder: SweepFolder,
) -> None:
    path = trial(folder, 6)
    TrialFolders(folder).update([path])
    assert epochs(folder, path) == sorted({path.best_epoch, 4, 5, 6})
    shorter = trial(folder, 2)
    TrialFolders(folder).update([shorter])
    assert epochs(folder, path) == sorted({shorter.best_epoch, 2})
    assert "num_epochs: 2" in config_of(folder, path)


@pytest.mark.parametrize("changed", [{"num_epochs": 3}, {"num_epochs": 6, "save_from_epoch": 99}])
def test_a_guest_takes_nothing_away_that_it_did_not_bring(
    folder: SweepFolder, changed: dict[str, int]
) -> None:
    path = trial(folder, 6)
    TrialFolders(folder).update([path])
    before, config = epochs(folder, path), config_of(folder, path)
    guest = trial(folder, **changed)
    assert guest.trial.id == path.trial.id
    TrialFolders(folder, is_guest=True).update([guest])
    assert set(epochs(folder, path)) == {*before, guest.num_epochs}
    assert config_of(folder, path) == config


def test_a_guest_keeps_what_it_brought_as_its_own_trial_goes(folder: SweepFolder) -> None:
    path = trial(folder, 6, save_from_epoch=99)
    guest = TrialFolders(folder, is_guest=True)
    for num_epochs in (1, 2, 6):
        guest.update([trial(folder, num_epochs, save_from_epoch=99)])
    expected = epochs(folder, path)
    shutil.rmtree(folder.trial_path(path.trial.id))
    TrialFolders(folder).update([path])
    assert expected == epochs(folder, path)

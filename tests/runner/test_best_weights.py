"""Weights are taken for a trial's only if their digest is the one that its record has."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstm3.checkpoint import checkpoint_name
from lstm3.corpus import ParallelText
from lstm3.errors import StateError
from runner.models.best_weights import best_weights
from runner.models.held_out import HeldOut
from runner.storage.sweep_folder import SweepFolder
from runner.tree import path as tree_path
from tests.fakes import make_spec
from tests.runner.test_commands import simulate


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return SweepFolder(results=tmp_path, name="small")


@pytest.fixture
def path(folder: SweepFolder) -> tree_path.Path:
    """Return a trial that is complete."""
    return simulate(folder, make_spec()).paths[0]


@pytest.fixture
def checkpoint(folder: SweepFolder, path: tree_path.Path) -> Path:
    """Return the file in the trial's folder that has the same weights as the store."""
    assert path.best_epoch is not None
    name = checkpoint_name(path.trial.config, 1000, path.best_epoch)
    file = folder.trial_path(path.trial.id) / name
    file.parent.mkdir(parents=True)
    file.write_bytes(folder.store.weights_path(path.best_key).read_bytes())
    return file


def test_damaged_weights_are_passed_over_for_whole_ones(
    folder: SweepFolder, path: tree_path.Path, checkpoint: Path
) -> None:
    stored = folder.store.weights_path(path.best_key)
    assert best_weights(folder, path) == stored
    stored.write_text("damaged")
    assert best_weights(folder, path) == checkpoint
    stored.unlink()
    assert best_weights(folder, path) == checkpoint
    checkpoint.write_text("stale")
    assert best_weights(folder, path) is None


def test_the_test_set_is_scored_with_no_other_weights_than_the_best_epochs(
    folder: SweepFolder, path: tree_path.Path, checkpoint: Path
) -> None:
    folder.store.weights_path(path.best_key).unlink()
    checkpoint.rename(checkpoint.with_name(f"stale-epoch{path.best_epoch:02}.safetensors"))
    text = ParallelText(src=("ein Satz",), trg=("a sentence",))
    held_out = HeldOut(folder, lambda _: folder.corpora / "none", text, "cpu")
    with pytest.raises(StateError, match=f"weights of epoch {path.best_epoch} are gone or damaged"):
        held_out.hypotheses(path)
    assert not (folder.path / "test").exists()

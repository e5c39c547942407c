from __future__ import annotations

import random
import sqlite3
from pathlib import Path as FilePath
from typing import Any

import optuna
import pytest

from lstm3.config import Config
from runner.mirrors.study_file import StudyFile, StudyFileError
from runner.specs.rules import Percentile
from runner.specs.spec import Choices, Range, Spec
from runner.tree.judges import make_proposer, make_pruner
from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree

GRID = Spec(
    name="a sweep",
    corpus="demo",
    base=Config(num_epochs=4),
    axes={
        "lr": Choices(values=(1e-3, 2e-3, 4e-3, 8e-3)),
        "amsgrad": Choices(values=(True, False)),
        "weights": Choices(values=(None, "model")),
    },
    seeds=(1, 2),
    prune=Percentile(keep=50.0, startup_trials=2, warmup_epochs=1),
    grace_epochs=0,
)
SAMPLED = Spec(
    name="another",
    corpus="demo",
    base=Config(num_epochs=4),
    axes={
        "lr": Range(low=1e-4, high=1e-2, log=True),
        "patience": Range(low=0, high=5, is_whole=True),
        "amsgrad": Choices(values=(True, False)),
    },
    search="random",
    trials=16,
    prune=Percentile(keep=50.0, startup_trials=2, warmup_epochs=1),
    grace_epochs=0,
)
STATES = {
    TrialState.RUNNING: optuna.trial.TrialState.RUNNING,
    TrialState.COMPLETE: optuna.trial.TrialState.COMPLETE,
    TrialState.PRUNED: optuna.trial.TrialState.PRUNED,
    TrialState.FAILED: optuna.trial.TrialState.FAIL,
}


def make_tree(spec: Spec) -> Tree:
    assert spec.prune is not None
    proposer = None if spec.is_grid else make_proposer(spec)
    return Tree(spec, repr, make_pruner(spec.prune), proposer, weights={"model": "digest"})


def step(tree: Tree) -> None:
    """Train one epoch that is ready: its outcome is a function of its key."""
    key = min(tree.ready)
    numbers = random.Random(key)
    common: dict[str, Any] = {"sweep": "any", "seconds": 1.0, "environment": {}}
    if numbers.random() < 0.1:
        tree.add(key, EpochFailure(reason="loss is not finite", **common))
        return
    result = EpochResult(
        train_loss=2.0,
        val_loss=numbers.uniform(1, 3),
        val_loss_no_tf=2.0,
        bleu=numbers.uniform(0, 30),
        sinergy=10.0,
        bp=1.0,
        signature="made up",
        num_tokens=100,
        num_parameters=1000,
        **common,
    )
    tree.add(key, result)


def sync(study: StudyFile, tree: Tree) -> None:
    study.sync(tree.take_moved())


def load(file: FilePath, name: str) -> list[optuna.trial.FrozenTrial]:
    storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
    trials = optuna.load_study(study_name=name, storage=storage).trials
    storage.remove_session()
    storage.engine.dispose()
    return trials


def told(trials: list[optuna.trial.FrozenTrial]) -> list[object]:
    """Return all that trials say but when they ran."""
    return [
        (t.number, t.state, t.value, t.params, t.distributions, t.user_attrs, t.intermediate_values)
        for t in trials
    ]


def assert_equal(trials: list[optuna.trial.FrozenTrial], tree: Tree) -> None:
    paths = {
        path.trial.id: path for path in tree.paths if path.keys or path.state is TrialState.FAILED
    }
    assert [trial.number for trial in trials] == list(range(len(paths)))
    assert {trial.user_attrs["trial_id"] for trial in trials} == set(paths)
    for trial in trials:
        path = paths[trial.user_attrs["trial_id"]]
        assert trial.state is STATES[path.state]
        is_complete = path.state is TrialState.COMPLETE
        assert trial.value == (max(path.values) if is_complete else None)
        assert trial.intermediate_values == dict(enumerate(path.values, start=1))
        assert trial.params == path.trial.params
        assert trial.user_attrs["number"] == path.trial.number
        assert trial.user_attrs["seed"] == path.trial.seed
        assert trial.datetime_start is not None
        assert (trial.datetime_complete is not None) is path.state.is_final


@pytest.mark.parametrize("spec", [GRID, SAMPLED], ids=["grid", "sampled"])
def test_optuna_reads_the_tree_back_at_any_time(tmp_path: FilePath, spec: Spec) -> None:
    file = tmp_path / "study.db"
    study, tree = StudyFile(file, spec), make_tree(spec)
    assert load(file, spec.name) == []
    for num_steps in (1, 2, 30, 1000):
        for _ in range(num_steps):
            if tree.ready:
                step(tree)
        sync(study, tree)
        assert_equal(load(file, spec.name), tree)
    states = {path.state for path in tree.paths}
    assert states == {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED}
    study.close()


def test_optuna_names_the_best_trial_of_the_tree(tmp_path: FilePath) -> None:
    tree = make_tree(GRID)
    while tree.ready:
        step(tree)
    study = StudyFile(tmp_path / "study.db", GRID)
    sync(study, tree)
    study.close()
    best = max(max(path.values) for path in tree.paths if path.state is TrialState.COMPLETE)
    loaded = optuna.load_study(study_name=GRID.name, storage=f"sqlite:///{tmp_path}/study.db")
    assert loaded.best_value == best
    assert loaded.direction is optuna.study.StudyDirection.MAXIMIZE


def test_a_grid_axis_and_a_range_are_told_as_they_were_searched(tmp_path: FilePath) -> None:
    for spec in (GRID, SAMPLED):
        tree = make_tree(spec)
        step(tree)
        study = StudyFile(tmp_path / "study.db", spec)
        sync(study, tree)
        study.close()
        (trial,) = load(tmp_path / "study.db", spec.name)[:1]
        assert list(trial.distributions) == list(spec.axes)
        lr, amsgrad = trial.distributions["lr"], trial.distributions["amsgrad"]
        assert amsgrad == optuna.distributions.CategoricalDistribution((True, False))
        assert lr == (
            optuna.distributions.CategoricalDistribution((1e-3, 2e-3, 4e-3, 8e-3))
            if spec.is_grid
            else optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True)
        )


def test_a_file_made_anew_tells_the_same_whatever_was_there(tmp_path: FilePath) -> None:
    file = tmp_path / "study.db"
    file.write_bytes(b"torn" * 5000)
    tree = make_tree(GRID)
    while tree.ready:
        step(tree)
    stories = []
    for _ in range(2):
        study = StudyFile(file, GRID)
        study.sync(tree.paths)
        study.close()
        stories.append(told(load(file, GRID.name)))
    assert stories[0] == stories[1]


def test_trials_may_be_told_as_often_as_one_likes(tmp_path: FilePath) -> None:
    file = tmp_path / "study.db"
    study, tree = StudyFile(file, GRID), make_tree(GRID)
    while tree.ready:
        step(tree)
        study.sync(tree.paths)
    once = told(load(file, GRID.name))
    study.sync(tree.paths)
    assert told(load(file, GRID.name)) == once
    assert_equal(load(file, GRID.name), tree)
    study.close()


@pytest.mark.slow
def test_what_a_busy_reader_holds_up_comes_with_the_next_sync(tmp_path: FilePath) -> None:
    file = tmp_path / "study.db"
    study, tree = StudyFile(file, GRID), make_tree(GRID)
    for _ in range(20):
        step(tree)
    reader = sqlite3.connect(file)
    reader.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StudyFileError, match=r"study\.db: database is locked"):
        study.sync(tree.take_moved())
    reader.close()
    study.sync([])
    assert_equal(load(file, GRID.name), tree)
    study.close()


def test_a_file_that_cannot_be_made_is_one_clear_error(tmp_path: FilePath) -> None:
    with pytest.raises(StudyFileError, match="no-such-folder"):
        StudyFile(tmp_path / "no-such-folder" / "study.db", GRID)


def test_any_file_name_will_do(tmp_path: FilePath) -> None:
    folder = tmp_path / "50% {of} ünïts? #1"
    folder.mkdir()
    StudyFile(folder / "study.db", GRID).close()
    assert [file.name for file in folder.iterdir()] == ["study.db"]

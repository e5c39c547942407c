"""The runs of a sweep on a W&B server, which may be slow, refuse, or die."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from runner.specs.spec import Spec
from runner.tree.unfold import Tree
from tests.runner import processes
from tests.runner.conftest import SPEC
from tests.runner.sweeps_for_tests import make_tree
from tests.runner.test_wandb_runs import PATIENCE_SECONDS, advance, offline_runs, runs_of, show
from tests.runner.test_wandb_runs import small_spec as offline_spec
from tests.wandb_server import WandbServer

pytestmark = pytest.mark.slow  # real processes


@pytest.fixture
def server(wandb_server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> WandbServer:
    monkeypatch.setenv("WANDB_INIT_TIMEOUT", "5")
    monkeypatch.setenv("WANDB_FINISH_TIMEOUT", "2")
    return wandb_server


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "tf"


def small_spec() -> Spec:
    return offline_spec(wandb="auto")


def check_all_is_there(server: WandbServer, tree: Tree) -> None:
    """Each trial is one run with each epoch once, and says what the tree says."""
    assert len(server.runs) == len(tree.paths)
    for path in tree.paths:
        config = vars(path.trial.config)
        (run,) = [run for run in server.runs.values() if run.config["config"]["value"] == config]
        assert run.epochs == list(range(1, path.num_epochs + 1))
        assert [row["bleu"] for row in run.rows] == pytest.approx(path.values)
        assert run.summary["state"] == path.state.value
        assert run.group == "tf"
        assert run.job_type == "trial"


def test_a_sweep_killed_twice_is_one_run_a_trial_with_each_epoch_once(
    place: Path, server: WandbServer
) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    for _ in range(2):
        runs = runs_of(place, spec)
        runs.show(tree.paths)
        runs.show(advance(tree, 2))
        wait_until(lambda: sum(len(run.lines) for run in server.runs.values()) > 0)
        (client,) = multiprocessing.active_children()
        client.kill()
        runs.close(PATIENCE_SECONDS)
    advance(tree)
    assert show(spec, place, tree.paths) == []
    check_all_is_there(server, tree)
    assert offline_runs(place) == []


def wait_until(is_so: Callable[[], bool]) -> None:
    waiting = multiprocessing.get_context("spawn").Event()
    while not is_so():
        waiting.wait(0.05)


def test_rows_that_the_server_refuses_are_kept_offline_and_uploaded_later_once(
    place: Path, server: WandbServer
) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    server.refuse["file_stream"] = 403
    server.delay = 0.1
    (warning,) = show(spec, place, advance(tree, 3), advance(tree))
    assert "the server refused a run's rows" in warning
    assert [run.steps for run in offline_runs(place)] == [[1, 2, 3, 4]] * 2
    server.refuse.clear()
    for _ in range(2):
        assert show(small_spec(), place, tree.paths) == []
        check_all_is_there(server, tree)
        assert offline_runs(place) == []


def test_a_server_that_dies_in_the_middle_costs_one_warning(
    place: Path, server: WandbServer
) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    runs = runs_of(place, spec)
    runs.show(advance(tree, 3))
    wait_until(lambda: len(server.runs) == 2)
    server.close()
    runs.show(advance(tree))
    runs.close(PATIENCE_SECONDS)
    (warning,) = runs.warnings()
    assert "it goes on offline" in warning
    assert [run.steps for run in offline_runs(place)] == [[1, 2, 3, 4]] * 2


def test_a_login_that_is_wrong_costs_one_warning(place: Path, server: WandbServer) -> None:
    server.refuse["Viewer"] = 401
    server.refuse["UpsertBucket"] = 401
    spec = small_spec()
    tree = make_tree(spec)
    (warning,) = show(spec, place, advance(tree, 3), advance(tree))
    assert "it goes on offline" in warning
    assert [run.steps for run in offline_runs(place)] == [[1, 2, 3, 4]] * 2
    assert server.runs == {}


def test_a_real_sweep_kept_offline_says_what_its_table_says_and_is_uploaded_once(
    folder: Path, server: WandbServer
) -> None:
    spec = folder / "small.yaml"
    spec.write_text(SPEC.replace("wandb: off", "wandb: offline"))
    shorter = ("num_epochs=3", "tf_from_epoch=1")
    code, _, errors = processes.run(folder, "sweep", "small.yaml", "--quiet", *shorter)
    assert code == 0, errors
    found = processes.table(folder)
    shown = {}
    for run in offline_runs(folder / "results" / "small"):
        trial = trial_of(found, run.config)
        check_run(run.rows, run.summary, trial)
        assert run.summary["samples"]["nrows"] == 3 * trial["epochs"]
        shown[trial["number"]] = run.rows
    assert len(shown) == len(found["trials"])
    for _ in range(2):
        asked = len(server.asked)
        code, output, errors = processes.run(folder, "wandb", "sync", "small")
        assert code == 0, errors
        assert "all of its runs are in W&B" in output
    assert set(server.asked[asked:]) <= {"Viewer"}
    assert len(server.runs) == len(shown)
    for uploaded in server.runs.values():
        config = {key: entry["value"] for key, entry in uploaded.config.items()}
        trial = trial_of(found, config)
        check_run(uploaded.rows, uploaded.summary, trial)
        (table,) = [file for name, file in uploaded.files.items() if name.startswith("media/")]
        samples = json.loads(table)
        assert samples["columns"] == ["epoch", "source", "reference", "output"]
        assert [line[0] for line in samples["data"]] == sorted(3 * [*range(1, trial["epochs"] + 1)])


def trial_of(table: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    (trial,) = [
        trial
        for trial in table["trials"]
        if {**trial["params"], "seed": trial["seed"]}.items() <= config.items()
    ]
    return trial


def check_run(
    rows: Sequence[dict[str, Any]], summary: dict[str, Any], trial: dict[str, Any]
) -> None:
    """A run says what the table says of its trial."""
    assert [row["epoch"] for row in rows] == list(range(1, trial["epochs"] + 1))
    best = rows[trial["best_epoch"] - 1]
    for name in ("bleu", "sinergy", "bp", "val_loss", "val_loss_no_tf"):
        assert best[name] == pytest.approx(trial[name])
    assert max(row["bleu"] for row in rows) == best["bleu"]
    assert summary["state"] == trial["state"]
    assert summary["best/epoch"] == trial["best_epoch"]
    assert summary["best/bleu"] == pytest.approx(trial["bleu"])

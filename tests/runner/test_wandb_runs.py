from __future__ import annotations

import dataclasses
import importlib.util
import json
import multiprocessing
import os
import select
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import pytest

from lstm3.fingerprint import Provenance
from runner.results.history import history
from runner.specs.spec import Spec
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tracking.wandb_runs import WandbRuns
from runner.tree.outcome import EpochResult
from runner.tree.path import Path
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree
from tests.runner.sweeps_for_tests import failure, make_spec, make_tree, result_of, weights_of

pytestmark = pytest.mark.slow  # real processes

PATIENCE_SECONDS = 60.0  # until a test fails; nothing waits for it when all is well
PROVENANCE = Provenance(code="c0de", corpus="c0rpu5", weights={}, device_type="cpu", torch="2.13.0")


@pytest.fixture(autouse=True)
def _isolated(tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no test see the user's W&B, and none leave anything outside its sweep's folder."""
    for name in list(os.environ):
        if name.startswith("WANDB_") or name == "NETRC":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield
    assert {path.name for path in tmp_path.iterdir()} <= {"tf"}


@pytest.fixture(autouse=True)
def _client_stays_out_of_the_coordinator() -> Iterator[None]:
    yield
    assert "wandb" not in sys.modules


@pytest.fixture
def folder(tmp_path: FilePath) -> FilePath:
    return tmp_path / "tf"


def small_spec(**changes: Any) -> Spec:
    """Two trials of four epochs that share the first two."""
    axes = {"tf_decrease": (0.1, 0.2), "tf_from_epoch": (2,), "lr": (1e-3,)}
    return make_spec(axes, **{"num_epochs": 4, "wandb": "offline", **changes})


def advance(tree: Tree, num_epochs: int = sys.maxsize) -> list[Path]:
    """Train up to so many epochs; return the trials that moved, again for each move."""
    for _ in range(num_epochs):
        if not tree.ready:
            break
        key, node = min(tree.ready.items(), key=lambda item: (item[1].epoch, item[0]))
        tree.add(key, result_of(node))
    return tree.take_moved()


def records(folder: FilePath) -> dict[str, list[dict[str, Any]]]:
    """Return what W&B's own reader (`wandb leet inspect`) finds in an offline run, by type."""
    spec = importlib.util.find_spec("wandb")
    assert spec is not None
    assert spec.origin is not None
    reader = [FilePath(spec.origin).parent / "bin" / "wandb-core", "leet", "inspect"]
    (file,) = folder.glob("*.wandb")
    found = subprocess.run(
        [*reader, "-no-observability", "-json", "-run-file", file],
        check=True,
        capture_output=True,
        text=True,
    )
    by_type = defaultdict(list)
    for line in found.stdout.splitlines():
        record = json.loads(line)
        by_type[record["type"]].append(record[record["type"]])
    return by_type


class Run:
    """A W&B run as it was written."""

    def __init__(self, folder: FilePath) -> None:
        found = records(folder)
        self.run = found["run"][-1]
        self.config = self.run["config"]["update"]
        self.rows = [record["item"] for record in found["history"]]
        self.steps = [record["step"]["num"] for record in found["history"]]
        self.exit_code = found["exit"][-1].get("exit_code", 0)
        self.step_metrics = {
            record["glob_name"]: record["step_metric"] for record in found["metric"]
        }
        self.summary: dict[str, Any] = {}
        for record in found["summary"]:
            self.summary |= record["update"]


def offline_runs(folder: FilePath) -> list[Run]:
    return [Run(path) for path in sorted((folder / "wandb").glob("offline-run-*"))]


def run_of(folder: FilePath, path: Path) -> Run:
    found = [run for run in offline_runs(folder) if run.config["config"] == config_of(path)]
    assert len(found) == 1
    return found[0]


def config_of(path: Path) -> dict[str, Any]:
    return dict(vars(path.trial.config))


def runs_of(folder: FilePath, spec: Spec) -> WandbRuns:
    provenance = dataclasses.replace(PROVENANCE, weights=weights_of(spec))
    origin = Origin(spec=spec, provenance=provenance, encoded=())
    return WandbRuns(SweepFolder(results=folder.parent, name=folder.name), origin)


def show(spec: Spec, folder: FilePath, *shown: list[Path]) -> list[str]:
    """Show trials in a session of their own; return its warnings."""
    runs = runs_of(folder, spec)
    for moved in shown:
        runs.show(moved)
    runs.close(PATIENCE_SECONDS)
    return runs.warnings()


def test_a_trials_run_is_its_whole_curve_with_shared_epochs_in_each(folder: FilePath) -> None:
    spec = small_spec()
    spec = dataclasses.replace(spec, cells=tuple(spec.grid()))
    tree = make_tree(spec)
    runs = runs_of(folder, spec)
    tree.add(*first_epoch(tree, sweep="other"))
    while tree.ready:
        runs.show(advance(tree, 1))
    runs.close(PATIENCE_SECONDS)
    assert runs.warnings() == []
    assert len(offline_runs(folder)) == 2
    origins = []
    for path in tree.paths:
        run = run_of(folder, path)
        check_identity(run, path, spec)
        check_curve(run, path)
        assert run.summary["state"] == "complete"
        assert run.exit_code == 0
        origins.append([row["origin"] for row in run.rows])
    assert sorted(origins) == [
        ["reused", "trained", "trained", "trained"],
        ["shared", "shared", "trained", "trained"],
    ]


def test_of_trials_shown_together_the_lowest_owns_a_shared_epoch_as_in_show(
    folder: FilePath,
) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    advance(tree)
    assert show(spec, folder, tree.paths[::-1]) == []
    for path in tree.paths:
        told = [past.origin.split()[0] for past in history(tree, path)]
        assert [row["origin"] for row in run_of(folder, path).rows] == told


def first_epoch(tree: Tree, sweep: str) -> tuple[str, EpochResult]:
    ((key, node),) = tree.ready.items()
    return key, result_of(node, sweep)


def check_identity(run: Run, path: Path, spec: Spec) -> None:
    decrease = path.trial.params["tf_decrease"]
    assert run.run["run_group"] == "tf"
    assert run.run["job_type"] == "trial"
    assert run.run["tags"] == ["tf"]
    assert run.run["notes"] == spec.question
    assert run.run["display_name"] == f"tf_decrease={decrease} tf_from_epoch=2 lr=0.001 seed=1"
    expected = {"lr": 1e-3, "tf_decrease": decrease, "tf_from_epoch": 2, "seed": 1}
    expected |= {"provenance": dataclasses.asdict(PROVENANCE), "parameters": 8_730_000}
    assert expected.items() <= run.config.items()


def check_curve(run: Run, path: Path) -> None:
    assert run.step_metrics == {"*": "epoch"}
    assert run.steps == [row["epoch"] for row in run.rows] == [1, 2, 3, 4]
    for row, settings, result in zip(run.rows, path.settings, path.results, strict=True):
        for name in ("train_loss", "val_loss", "val_loss_no_tf", "bleu", "sinergy", "bp"):
            assert row[name] == pytest.approx(getattr(result, name))
        assert row["lr"] == settings.lr
        assert row["teacher_forcing"] == settings.teacher_forcing
        assert row["seconds"] == pytest.approx(result.seconds)
        assert row["tokens_per_second"] == pytest.approx(377_000 / result.seconds)
    assert run.summary["best/epoch"] == path.best_epoch
    assert run.summary["best/bleu"] == pytest.approx(max(path.values))


def test_trials_that_end_early_say_how_and_why_and_unborn_ones_have_no_run(
    folder: FilePath,
) -> None:
    axes = {"weight_decay": (0.0, 0.1, 0.2, 0.3)}
    spec = make_spec(axes, num_epochs=4, wandb="offline")
    tree = make_tree(spec)
    pruned, failed, failed_at_once, unborn = tree.paths
    for path in (pruned, failed):
        tree.add(*next_epoch(tree, path))
    for path in (failed, failed_at_once):
        tree.add(next_epoch(tree, path)[0], failure("loss is not finite"))
    pruned.state, pruned.reason = TrialState.PRUNED, "pruned after epoch 1"
    assert show(spec, folder, [pruned, failed, failed_at_once, unborn]) == []
    assert len(offline_runs(folder)) == 3
    for path, state, num_rows in ((pruned, "pruned", 1), (failed, "failed", 1)):
        run = run_of(folder, path)
        assert run.run["tags"] == ["tf", state]
        assert run.summary["state"] == state
        assert run.summary["reason"] == path.reason
        assert run.exit_code == (state == "failed")
        assert len(run.rows) == num_rows
    assert run_of(folder, failed_at_once).run["tags"] == ["tf", "failed"]


def next_epoch(tree: Tree, path: Path) -> tuple[str, EpochResult]:
    key, node = next((key, node) for key, node in tree.ready.items() if path in node.paths)
    return key, result_of(node)


def test_an_interrupted_sweep_carried_on_has_each_epoch_once(folder: FilePath) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    runs = runs_of(folder, spec)
    (client,) = multiprocessing.active_children()
    os.kill(client.pid, signal.SIGINT)  # as Ctrl-C in a terminal does
    runs.show(advance(tree, 3))
    runs.close(PATIENCE_SECONDS)
    assert runs.warnings() == []
    before = offline_runs(folder)
    assert {run.summary["state"] for run in before} == {"interrupted"}
    assert [run.exit_code for run in before] == [255, 255]
    known = list(tree.paths)
    show(spec, folder, known, advance(tree))
    after = offline_runs(folder)
    assert [run.steps for run in after] == [[1, 2, 3, 4]] * 2
    assert {run.summary["state"] for run in after} == {"complete"}
    assert {run.run["run_id"] for run in after} == {run.run["run_id"] for run in before}


def test_a_finished_run_is_written_again_only_when_its_trial_went_on(folder: FilePath) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    advance(tree)
    show(spec, folder, tree.paths)
    before = written(folder)
    show(spec, folder, tree.paths)
    assert written(folder) == before
    longer = small_spec(num_epochs=5)
    tree = make_tree(longer)
    advance(tree)
    show(longer, folder, tree.paths)
    assert [run.steps for run in offline_runs(folder)] == [[1, 2, 3, 4, 5]] * 2


def test_weights_that_were_moved_make_no_run_anew(folder: FilePath) -> None:
    def tree_at(path: str) -> Tree:
        axes = {"weights": (None, path), "lr": (1e-3,)}
        return make_tree(make_spec(axes, num_epochs=2, wandb="offline"))

    here, there = tree_at("/here/model"), tree_at("/there/model")
    for tree in (here, there):
        advance(tree)
    show(here.spec, folder, here.paths)
    before = written(folder)
    show(there.spec, folder, there.paths)
    assert len(before) == 2
    assert written(folder) == before


def written(folder: FilePath) -> set[tuple[str, bytes]]:
    return {(str(path), path.read_bytes()) for path in folder.glob("wandb/*/*.wandb")}


def test_trials_beyond_the_most_open_runs_are_shown_all_the_same(folder: FilePath) -> None:
    axes = {"weight_decay": [index / 100 for index in range(1, 41)]}
    spec = make_spec(axes, num_epochs=2, wandb="offline")
    tree = make_tree(spec)
    *others, late = tree.paths  # the late one finds no room when it begins
    for path in tree.paths:
        tree.add(*next_epoch(tree, path))
    runs = runs_of(folder, spec)
    runs.show(tree.paths)
    tree.add(*next_epoch(tree, late))
    runs.show([late])
    runs.close(PATIENCE_SECONDS)
    assert runs.warnings() == []
    found = offline_runs(folder)
    assert len(found) == 40
    assert sorted(len(run.rows) for run in found) == [1] * len(others) + [2]
    (complete,) = [run for run in found if run.summary["state"] == "complete"]
    assert complete.config["config"] == config_of(late)


def test_an_unreachable_server_costs_one_warning_and_rows_are_kept_offline(
    folder: FilePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_INIT_TIMEOUT", "2")
    spec = small_spec(wandb="auto")
    tree = make_tree(spec)
    (warning,) = show(spec, folder, advance(tree, 3), advance(tree))
    assert warning.startswith("W&B: ")
    assert "127.0.0.1:9" in warning
    assert f"`python -m runner wandb sync {folder}` uploads" in warning
    assert [run.steps for run in offline_runs(folder)] == [[1, 2, 3, 4]] * 2


@pytest.mark.parametrize(("mode", "warned"), [("auto", []), ("online", ["no API key is known"])])
def test_without_a_key_runs_are_kept_offline_and_only_online_warns(
    folder: FilePath, mode: str, warned: list[str]
) -> None:
    spec = small_spec(wandb=mode)
    warnings = show(spec, folder, advance(make_tree(spec)))
    assert [warning.split("; ")[0] for warning in warnings] == [f"W&B: {text}" for text in warned]
    assert len(offline_runs(folder)) == 2


def test_a_folder_that_cannot_be_written_costs_warnings_alone(folder: FilePath) -> None:
    folder.mkdir()
    (folder / "wandb").write_text("in the way")
    spec = small_spec()
    tree = make_tree(spec)
    warnings = show(spec, folder, advance(tree, 1), advance(tree))
    assert warnings
    assert all(warning.startswith("W&B: ") for warning in warnings)


def test_showing_waits_for_nothing_even_when_nobody_listens(folder: FilePath) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    advance(tree)
    runs = runs_of(folder, spec)
    (child,) = multiprocessing.active_children()
    os.kill(child.pid, signal.SIGSTOP)  # frozen, as by a full disk or a hanging server
    for _ in range(2_000):  # far more than a pipe holds
        runs.show(tree.paths)
    assert runs.warnings() == []
    runs.close(0.1)
    (warning,) = runs.warnings()
    assert "not done after 0.1 s" in warning
    assert multiprocessing.active_children() == []


def test_a_client_that_dies_costs_one_warning(folder: FilePath) -> None:
    spec = small_spec()
    tree = make_tree(spec)
    runs = runs_of(folder, spec)
    (child,) = multiprocessing.active_children()
    child.kill()
    child.join()
    runs.show(advance(tree))
    (warning,) = runs.warnings()
    assert "its process died" in warning
    runs.show(tree.paths)
    runs.close(PATIENCE_SECONDS)
    assert runs.warnings() == []


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a grandchild as Linux can")
def test_the_client_ends_by_itself_when_the_coordinator_is_killed(folder: FilePath) -> None:
    program = f"""
import multiprocessing, pathlib, sys
from tests.runner.test_wandb_runs import runs_of, small_spec
if __name__ == "__main__":
    runs = runs_of(pathlib.Path({str(folder)!r}), small_spec())
    print(multiprocessing.active_children()[0].pid, flush=True)
    sys.stdin.read()
"""
    script = folder / "coordinator.py"
    folder.mkdir()
    script.write_text(program)
    root = FilePath(__file__).parents[2]
    coordinator = subprocess.Popen(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert coordinator.stdout is not None
    client = os.pidfd_open(int(coordinator.stdout.readline()))
    coordinator.kill()
    coordinator.communicate()
    ended, _, _ = select.select([client], [], [], PATIENCE_SECONDS)
    os.close(client)
    assert ended


def test_mode_off_starts_nothing_and_writes_nothing(folder: FilePath) -> None:
    spec = small_spec(wandb="off")
    runs = runs_of(folder, spec)
    assert multiprocessing.active_children() == []
    runs.show(advance(make_tree(spec)))
    runs.close(PATIENCE_SECONDS)
    assert runs.warnings() == []
    assert not folder.exists()

"""What is wrong where a sweep runs ends it with a line; mended, the same command carries on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch

from tests.runner.conftest import SPEC
from tests.runner.processes import num_records, run, start, table
from tests.runner.test_wandb_runs import offline_runs

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def in_flight(folder):
    """Return a sweep with one worker that runs out of a copy of the code, and has an epoch."""
    for package in ("lstm3", "runner"):
        shutil.copytree(ROOT / package, folder / package)
    process = start(folder, "sweep", "small.yaml", "num_epochs=10000", "--quiet", "--workers", "1")
    while process.poll() is None and not num_records(folder / "results"):
        time.sleep(0.02)
    yield process
    process.kill()
    process.communicate()


def kill_worker(process: subprocess.Popen[str]) -> None:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    [worker] = [
        child
        for child in listed.split()
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    os.kill(int(worker), signal.SIGKILL)


def ends_with(process: subprocess.Popen[str]) -> str:
    """Return the line that a sweep ends with, after warnings."""
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    *warnings, line = errors.splitlines()
    assert all(warning.startswith("warning: ") for warning in warnings), errors
    assert line.endswith(
        "; every finished epoch is kept, and once that is mended the same command carries on"
    )
    return line


@pytest.mark.skipif(torch.cuda.is_available(), reason="the device can be used")
def test_a_gpu_that_torch_cannot_use_ends_the_sweep_and_its_name_is_free_for_another_device(
    folder, monkeypatch
):
    installed = folder / "torch-9.9.dist-info"  # in the way of what is true
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 9.9\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    code, output, errors = run(folder, "sweep", "small.yaml", "--quiet")
    assert (code, output) == (1, "")
    [line] = errors.splitlines()
    assert line.startswith("cuda:0 cannot be used: ")
    assert not (folder / "results/small/given_up").exists()
    code, _, errors = run(folder, "sweep", "small.yaml", "--quiet", "--devices", "cpu")
    assert code == 0, errors
    assert {trial["state"] for trial in table(folder)["trials"]} <= {"complete", "pruned"}
    code, _, errors = run(folder, "sweep", "small.yaml", "--quiet")
    assert code == 2
    assert "small: device type: cpu → cuda" in errors


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers as Linux can")
def test_a_worker_that_is_replaced_after_the_code_was_edited_trains_nothing(folder, in_flight):
    with (folder / "lstm3/model.py").open("a") as module:
        module.write("\nEDITED = True\n")
    kill_worker(in_flight)
    line = ends_with(in_flight)
    assert line.startswith("the training code has changed since this sweep was started; ")
    assert not (folder / "results/small/given_up").exists()


def test_results_that_go_away_end_the_sweep_with_the_line_and_its_wandb_runs_as_interrupted(
    folder, monkeypatch
):
    monkeypatch.setenv("HOME", str(folder / "home"))
    (folder / "small.yaml").write_text(SPEC.replace("wandb: off", "wandb: offline"))
    results = folder / "results"
    process = start(folder, "sweep", "small.yaml", "num_epochs=10000", "--quiet", "--workers", "1")
    while process.poll() is None and not list(results.glob("small/wandb/offline-run-*/*.wandb")):
        time.sleep(0.02)
    (results / "small/states.json").unlink()
    (results / "small/states.json").mkdir()
    (results / ".epochs").rename(results / "gone")
    (results / ".epochs").touch()
    assert "Not a directory" in ends_with(process)
    assert {run.exit_code for run in offline_runs(results / "small")} == {255}

"""What is wrong where a sweep runs ends it with a line; mended, the same command carries on."""

from __future__ import annotations

import pytest
import torch

from tests.runner.processes import run, table

pytestmark = pytest.mark.slow


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

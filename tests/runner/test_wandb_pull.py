"""Trials of agents elsewhere, fetched again as they go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.storage.agent_trials import AgentTrial, AgentTrials
from runner.storage.sweep_folder import SweepFolder
from runner.tree.path import Path as TrialPath
from runner.tree.trial import TrialState
from tests.runner.processes import run
from tests.runner.sweeps_for_tests import make_spec
from tests.runner.test_pulled import done, origin_of, pulled_run
from tests.wandb_server import FakeRun, WandbServer

pytestmark = pytest.mark.slow  # real processes


def serve(server: WandbServer, path: TrialPath) -> None:
    """Let the server have a trial's run as far as the trial has come."""
    found = pulled_run(path)
    server.runs[found.name] = FakeRun(
        name=found.name,
        project="p",
        group="tf",
        sweep="sweep0",
        config={key: {"value": value} for key, value in found.config.items()},
        lines=dict(enumerate(sorted(found.rows, key=lambda row: row["epoch"]))),
        summary=dict(found.summary),
    )


def pull(place: Path, num_fetched: int) -> AgentTrial:
    code, output, errors = run(place, "wandb", "pull", "tf", "--project", "p")
    assert (code, output) == (0, f"tf: {num_fetched} trial{'s' * (num_fetched != 1)} fetched\n")
    assert errors == ""
    [trial] = AgentTrials(SweepFolder(results=place / "results", name="tf")).all()
    return trial


def test_how_a_trial_ended_is_fetched_though_it_has_no_new_epoch(
    tmp_path: Path, wandb_server: WandbServer
) -> None:
    spec = make_spec({"lr": (0.1,)}, num_epochs=3)
    folder = SweepFolder(results=tmp_path / "results", name="tf")
    folder.path.mkdir(parents=True)
    folder.save(origin_of(spec))
    path = done(spec)
    path.state = TrialState.RUNNING
    serve(wandb_server, path)
    assert pull(tmp_path, 1).state is TrialState.RUNNING
    path.state, path.reason = TrialState.STOPPED, "stopped by W&B after epoch 3"
    serve(wandb_server, path)
    stopped = pull(tmp_path, 1)
    assert (stopped.state, stopped.reason) == (path.state, path.reason)
    assert pull(tmp_path, 0) == stopped

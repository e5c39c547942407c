"""Real W&B agents on a server of our own: whatever befalls them, each trial is done once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lstm3.corpus import read_corpus
from lstm3.fingerprint import first_key, next_key
from lstm3.schedule import Schedule
from runner.execution.preparation import make_provenance
from runner.specs.one_trial import one_trial
from runner.specs.spec_file import read_spec
from runner.storage.claims import Claims
from runner.storage.store import EpochStore
from tests.runner.conftest import SPEC
from tests.runner.processes import run, table
from tests.wandb_server import FakeRun, WandbServer

pytestmark = pytest.mark.slow  # real processes

Params = dict[str, Any]
AXES = "sweep:\n  lr: [1e-2, 2e-2, 3e-2]\n  tf_from_epoch: [1, 2]\n"
WHOLE = SPEC.replace("num_epochs: 4", "num_epochs: 3").replace(", lr: 2e-2", "")
AGENTS_SPEC = WHOLE[: WHOLE.index("sweep:")] + AXES + "prune: none\nwandb: off\n"
CELLS: list[Params] = [
    {"lr": lr, "tf_from_epoch": epoch, "seed": 1} for lr in (1e-2, 2e-2, 3e-2) for epoch in (1, 2)
]


@pytest.fixture
def agents(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    started = []

    def start(sweep: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "wandb", "agent", sweep]
        with (folder / f"agent{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        started.append(process)
        return process

    monkeypatch.setenv("WANDB_AGENT_DISABLE_FLAPPING", "true")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    yield start
    for process in started:
        kill(process)


def kill(agent: subprocess.Popen[bytes]) -> None:
    """Kill an agent and its trial, as when their machine loses power."""
    if agent.poll() is None:
        trials = children(agent.pid)
        agent.kill()
        for trial in trials:
            os.kill(trial, signal.SIGKILL)
        agent.wait()


def children(process: int) -> list[int]:
    """Return the trial of an agent, if there is one at the moment."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [pid for pid in map(int, listed.split()) if b"runner" in command_of(pid)]


def command_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def second_key(folder: Path, params: Params) -> str:
    """Return the key of the second epoch of a trial."""
    spec = one_trial(read_spec(folder / "small.yaml"), params, str)
    provenance = make_provenance(spec, read_corpus(spec.corpus), "cpu")
    config = spec.config({name: params[name] for name in spec.axes}, params["seed"])
    stands = Schedule.start(config)
    first = next_key(first_key(config, provenance), stands.settings(config))
    return next_key(first, stands.after(1.0, config).settings(config))


def wait_until(is_so: Callable[[], object]) -> None:
    while not is_so():
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds trials as Linux can")
def test_agents_that_are_killed_stopped_and_preempted_do_each_trial_once(
    folder: Path, wandb_server: WandbServer, agents: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    server = wandb_server
    (folder / "small.yaml").write_text(AGENTS_SPEC)
    code, output, errors = run(folder, "wandb", "create", "small.yaml", "--project", "p")
    assert code == 0, errors
    sweep = server.sweeps["sweep0"]
    assert output == f"me/p/{sweep.name}\n"
    assert set(sweep.config["parameters"]) >= {"lr", "tf_from_epoch", "num_epochs"}

    # Whoever trains the second epoch of these three is this test, which takes its time.
    preempted, killed, stopped = CELLS[0], CELLS[3], CELLS[4]
    claims = Claims(EpochStore(folder / "results" / ".epochs"))
    keys = [second_key(folder, params) for params in (preempted, killed, stopped)]
    assert all(claims.take(key) for key in keys)
    others = [cell for cell in CELLS if cell not in (preempted, killed, stopped)]
    given = {"pre": preempted, "kill": killed, "stop": stopped}
    given |= {f"run{number}": params for number, params in enumerate(others)}
    sweep.waiting = list(given.items())

    first, second = (agents(output.strip()) for _ in range(2))
    wait_until(lambda: has_row(server, "pre") and has_row(server, "kill"))
    holders = dict(sweep.given_out)
    owner = {agent.pid: agent for agent in (first, second)}
    trial_of = {
        name: (agent, child)
        for agent in owner.values()
        for child in children(agent.pid)
        for name in ("pre", "kill")
        if f"WANDB_RUN_ID={name}".encode() in environment_of(child)
    }
    assert len(holders) == 2

    kill(trial_of["kill"][0])
    os.kill(trial_of["pre"][1], signal.SIGTERM)
    wait_until(lambda: server.runs["pre"].exit_codes)
    assert server.runs["pre"].is_preempting
    assert server.runs["pre"].exit_codes == [1]
    for key in keys[:2]:
        claims.release(key)
    with server.lock:
        sweep.running.pop("kill")
        sweep.waiting += [("pre", preempted), ("kill", killed)]
    agents(output.strip())  # another machine

    wait_until(lambda: has_row(server, "stop"))
    server.runs["stop"].is_stopped = True
    wait_until(lambda: server.runs["stop"].exit_codes)
    claims.release(keys[2])
    wait_until(lambda: not sweep.waiting and not sweep.running)

    for name, params in given.items():
        check(server.runs[name], params, 1 if name == "stop" else 3)
    assert server.runs["stop"].summary["state"] == "stopped"
    assert not server.runs["stop"].is_preempting
    check_store(folder)
    check_tables(folder)


def check_store(folder: Path) -> None:
    """No epoch was trained twice, but for one a kill."""
    store = EpochStore(folder / "results" / ".epochs")
    records = [store.get(path.stem) for path in store.root.rglob("*.record")]
    assert len(records) <= 3 * len(CELLS)
    assert sum(record.attempts for record in records if record) <= len(records) + 1


def check_tables(folder: Path) -> None:
    """The trials are in the table, and are so again when only the server has them."""
    found = table(folder)
    assert sorted(trial["state"] for trial in found["trials"]) == ["complete"] * 5 + ["stopped"]
    for trial in (folder / "results" / "small" / "agents" / "trials").iterdir():
        trial.unlink()
    code, output, errors = run(folder, "wandb", "pull", "small", "--project", "p")
    assert (code, output) == (0, "small: 6 trials fetched\n"), errors
    pulled = table(folder)
    assert by_id(pulled) == pytest.approx(by_id(found))
    assert pulled["epochs"] == found["epochs"]


def by_id(found: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of a table, by trial and name."""
    return {
        f"{trial['id']} {name}": value
        for trial in found["trials"]
        for name, value in trial.items()
        if isinstance(value, float | int) and name != "number"
    }


def has_row(server: WandbServer, name: str) -> bool:
    return name in server.runs and bool(server.runs[name].rows)


def environment_of(process: int) -> list[bytes]:
    return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")


def check(uploaded: FakeRun, params: Params, num_epochs: int) -> None:
    assert uploaded.epochs == list(range(1, num_epochs + 1))
    assert {name: uploaded.config[name]["value"] for name in params} == params
    assert uploaded.sweep == "sweep0"
    assert uploaded.group == "small"
    if num_epochs == 3:
        assert uploaded.summary["state"] == "complete"
        assert uploaded.exit_codes[-1] == 0

"""`runner trial` by hand: real processes, real training, a tiny corpus, no W&B."""

from __future__ import annotations

import json
import signal

import pytest

from lstm3.bleu import score
from runner.storage.agent_trials import AgentTrials
from runner.storage.claims import Claims
from runner.storage.store import EpochStore
from runner.storage.sweep_folder import SweepFolder
from tests.runner.conftest import SPEC
from tests.runner.processes import num_records, run, start, table
from tests.runner.test_wandb_agents import second_key

pytestmark = pytest.mark.slow

BEST = ["--tf_from_epoch=2", "--tf_decrease", "0.2"]
WORST = {"tf_from_epoch": 1, "tf_decrease": 0.4}


def test_trials_sent_one_by_one_share_epochs_prune_go_on_and_agree_with_the_sweep(folder):
    code, output, errors = run(folder, "trial", "small.yaml", *BEST)
    assert code == 0, errors
    assert [line.split(" (")[0] for line in output.splitlines()[1:5]] == [
        f"epoch {epoch}" for epoch in range(1, 5)
    ]
    assert output.splitlines()[5].startswith("complete; BLEU ")

    # It waits for an epoch that somebody else has claimed, and is interrupted there.
    params = folder / "params.json"
    params.write_text(json.dumps(WORST))
    claims = Claims(EpochStore(folder / "results" / ".epochs"))
    key = second_key(folder, WORST | {"seed": 1})
    assert claims.take(key)
    process = start(folder, "trial", "small.yaml", "--args_json_file", "params.json")
    for line in process.stderr:
        if "waiting for epochs" in line:
            break
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    assert output.splitlines()[-1].startswith("waiting: interrupted after epoch 1")
    claims.release(key)
    code, output, errors = run(folder, "store", "prune")
    assert (code, output) == (0, "nothing to drop\n"), errors

    before = num_records(folder / "results")
    code, output, errors = run(folder, "trial", "small.yaml", "--args_json_file", "params.json")
    assert code == 0, errors
    assert output.splitlines()[-1].startswith("pruned after epoch ")
    num_epochs = len(output.splitlines()) - 2
    assert num_records(folder / "results") == before + num_epochs - 1

    alone = table(folder)
    assert [trial["state"] for trial in alone["trials"]] == ["complete", "pruned"]
    assert alone["epochs"]["shared"] == 1
    first = str(alone["trials"][0]["number"])
    for command in (["show", "small", first], ["export", "small", "m"], ["rerun", "small", first]):
        code, _, errors = run(folder, *command)
        assert code == 0, errors
    assert run(folder, "sweep", "small.yaml", "--quiet")[0] == 0
    together = table(folder)
    assert len(together["trials"]) == 4
    found = {trial["id"]: trial for trial in together["trials"]}
    best = alone["trials"][0]
    assert found[best["id"]]["bleu"] == best["bleu"]
    checkpoints = files(folder)
    assert run(folder, "trial", "small.yaml", *BEST, "--num_epochs=2")[0] == 0
    assert files(folder) >= checkpoints
    assert table(folder) == together


def files(folder):
    """Return all checkpoints, and what the configs beside them say."""
    trials = folder / "results" / "small" / "trials"
    checkpoints = {str(file) for file in trials.glob("*/*.safetensors")}
    return checkpoints | {file.read_text() for file in trials.glob("*/config.yaml")}


def test_a_trial_of_another_corpus_is_refused_and_nothing_is_changed(folder):
    assert run(folder, "trial", "small.yaml", *BEST, "--num_epochs=1")[0] == 0
    spec = folder / "small.yaml"
    spec.write_text(SPEC.replace("valid: [valid.de, valid.en]", "valid: [train.de, train.en]"))
    before = sorted((folder / "results").rglob("*"))
    code, _, errors = run(folder, "trial", "small.yaml", *BEST)
    assert code == 2
    assert "small: corpus text: " in errors
    assert "Traceback" not in errors
    assert sorted((folder / "results").rglob("*")) == before


@pytest.mark.parametrize("command", ["sweep", "plan"])
def test_a_sweep_that_asks_something_else_than_its_agents_did_is_refused(folder, command):
    assert run(folder, "trial", "small.yaml", *BEST, "--num_epochs=1")[0] == 0
    code, output, errors = run(folder, command, "small.yaml", "lr=1e-3")
    assert (code, output) == (2, "")
    assert "small: lr: 0.02 → 0.001\n" in errors
    assert "--name small-2" in errors


def test_all_trials_of_a_table_are_scored_alike(folder):
    other = ["--tf_from_epoch=2", "--tf_decrease=0.3", "--num_epochs=1"]
    assert run(folder, "trial", "small.yaml", *other)[0] == 0
    assert run(folder, "sweep", "small.yaml", "bleu_tokenize=char", "--quiet")[0] == 0
    trials = table(folder)["trials"]
    [shown] = [trial for trial in trials if trial["params"]["tf_decrease"] == 0.3]
    [sent] = AgentTrials(SweepFolder(results=folder / "results", name="small")).all()
    hypotheses = EpochStore(folder / "results" / ".epochs").hypotheses(sent.keys[0])
    references = (folder / "valid.en").read_text().splitlines()
    assert shown["bleu"] == pytest.approx(score(hypotheses, references, "char").bleu)
    assert shown["bleu"] != pytest.approx(sent.values[0])

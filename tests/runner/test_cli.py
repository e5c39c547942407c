"""The runner as its users meet it: real processes, real training, a tiny corpus."""

from __future__ import annotations

import html
import os
import re
import signal

import pytest

from runner.storage.store import EpochStore
from runner.storage.sweep_folder import SweepFolder
from runner.tree.trial import Decision
from tests.runner.conftest import SPEC
from tests.runner.processes import num_records, run, start, table


@pytest.mark.slow
def test_a_sweep_and_its_trials_alone_agree_and_interruptions_change_nothing(folder):
    code, output, errors = run(folder, "sweep", "small.yaml", "--workers", "2")
    assert code == 0, errors
    assert "Does it run?" in output
    undisturbed = table(folder)
    assert undisturbed["epochs"]["trained"] == num_records(folder / "results")
    assert undisturbed["epochs"]["shared"] > 0

    process = start(folder, "sweep", "small.yaml", "--workers", "1", "--results", "other")
    for line in process.stdout:
        if "epoch 2" in line:
            os.killpg(process.pid, signal.SIGINT)
            break
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "carries on" in rest
    assert "Traceback" not in errors
    before = num_records(folder / "other")
    code, _, errors = run(folder, "sweep", "small.yaml", "--workers", "1", "--results", "other")
    assert code == 0, errors
    assert table(folder, "--results", "other") == undisturbed
    assert 0 < before < num_records(folder / "other") == num_records(folder / "results")

    for trial in undisturbed["trials"]:
        values = [f"{key}={value}" for key, value in trial["params"].items()]
        alone = f"alone-{trial['number']}"
        code, _, errors = run(
            folder, "sweep", "small.yaml", *values, "--results", alone, "--workers", "1"
        )
        assert code == 0, errors
        [found] = table(folder, "--results", alone)["trials"]
        assert found["id"] == trial["id"]
        if trial["state"] == "complete":
            for key in ("bleu", "val_loss", "val_loss_no_tf", "sinergy", "best_epoch"):
                assert found[key] == trial[key]


@pytest.mark.slow
def test_what_a_sweep_leaves_can_be_shown_and_used(folder):
    assert run(folder, "sweep", "small.yaml", "--quiet")[0] == 0
    code, output, errors = run(folder, "show", "results/small", "0")
    assert code == 0, errors
    assert "Der" in output
    assert "epoch04.safetensors" in output.replace("\n", "")  # it may be wrapped anywhere
    for form, sign in (("csv", "number,"), ("markdown", "| ---"), ("svg", "<svg"), ("rich", "#")):
        code, output, _ = run(folder, "table", "small.yaml", "--format", form)
        assert code == 0
        assert sign in output
    code, output, _ = run(folder, "plan", "small.yaml")
    assert code == 0
    assert "4 trials × 4 epochs = 16 epochs" in output
    weights = list((folder / "results/small/trials").rglob("*.safetensors"))
    stored = list((folder / "results/.epochs").rglob("*.weights"))
    inodes = {path.stat().st_ino for path in stored}
    assert weights
    assert all(path.stat().st_ino in inodes for path in weights), "a checkpoint is on disk twice"


@pytest.mark.slow
def test_a_sweep_that_another_process_holds_is_refused(folder):
    process = start(folder, "sweep", "small.yaml", "--workers", "1")
    next(process.stdout)
    code, _, errors = run(folder, "sweep", "small.yaml")
    assert code == 3
    assert f"process {process.pid}" in errors
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143


@pytest.mark.slow
def test_a_changed_spec_goes_on_or_is_refused_by_what_it_changes(folder):
    assert run(folder, "sweep", "small.yaml", "num_epochs=2", "--quiet")[0] == 0
    trained = num_records(folder / "results")
    code, output, _ = run(folder, "sweep", "small.yaml", "--quiet")
    assert code == 0
    assert "num_epochs: 2 → 4" in output
    assert num_records(folder / "results") > trained
    code, _, errors = run(folder, "sweep", "small.yaml", "hidden_size=16")
    assert code == 2
    assert "--name small-2" in errors
    assert table(folder)["trials"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sweep", "none.yaml"], "none.yaml: No such file"),
        (["sweep", "small.yaml", "lr=-1", "foo=2"], "foo: unknown key"),
        (["sweep", "small.yaml", "--workers", "1000"], "--workers: found 1000 workers × 1 threads"),
        (["sweep", "small.yaml", "--threads", "1000"], "threads: found 1000 for"),
        (["sweep", "small.yaml", "--devices", "tpu"], "expected cpu, cuda"),
        (["sweep", "small.yaml", "--devices", "cuda:0,cpu"], "one type of device"),
        (["sweep", "small.yaml", "--devices", "cuda:0,cuda:0"], "share a device"),
        (["sweep", "small.yaml", "--devices", "cuda:77"], "no such device"),
        (["sweep", "small.yaml", "--devices", ""], "expected cpu, cuda"),
        (["sweep", "small.yaml", "--name", "../elsewhere"], "--name: found '../elsewhere'"),
        (["plan", "broken.yaml"], "train.de:2"),
        (["table", "nothing"], "no such sweep"),
        (["show", "nothing", "0"], "no such sweep"),
        (["watch", "nothing"], "no such sweep"),
        (["stop", "nothing"], "no such sweep"),
        (["unprune", "nothing", "0"], "no such sweep"),
    ],
)
def test_wrong_input_is_a_clear_line_exit_code_2_and_nothing_created(folder, arguments, said):
    (folder / "broken.yaml").write_text(SPEC.replace("train.de", "sub/train.de"))
    (folder / "sub").mkdir()
    (folder / "sub/train.de").write_text("Ein Satz .\n\n")
    before = sorted(folder.rglob("*"))
    code, output, errors = run(folder, *arguments)
    assert code == 2
    assert said in errors
    assert "Traceback" not in errors
    assert output == ""
    assert sorted(folder.rglob("*")) == before


@pytest.mark.slow
def test_a_record_says_who_trained_it_where_and_how(folder):
    code, _, errors = run(folder, "sweep", "small.yaml", "num_epochs=1", "tf_decrease=0.2")
    assert code == 0, errors
    store = EpochStore(folder / "results/.epochs")
    [path] = store.root.rglob("*.record")
    record = store.get(path.stem)
    assert record.sweep == "small"
    assert record.environment["threads"] == 1
    assert record.environment["device"] == "cpu"
    assert len(store.hypotheses(path.stem)) == 16


@pytest.mark.slow
def test_finals_answer_with_more_seeds_on_the_test_set_and_train_nothing_twice(folder):
    for language in ("de", "en"):
        (folder / f"test.{language}").write_text((folder / f"valid.{language}").read_text())
    spec = SPEC.replace("valid.en]}", "valid.en], test: [test.de, test.en]}")
    (folder / "small.yaml").write_text(spec + "finals: {top: 2, seeds: [1, 2]}\nbaseline: true\n")
    code, output, errors = run(folder, "finals", "small")
    assert code == 2
    assert "no such sweep" in errors
    code, output, errors = run(folder, "sweep", "small.yaml", "--quiet")
    assert code == 0, errors
    assert "runner finals small" in output
    before = num_records(folder / "results")
    code, output, errors = run(folder, "finals", "small", "--quiet")
    assert code == 0, errors
    assert "2 seeds each, 16 test sentences" in " ".join(output.split())
    assert "seed 1 also chose" in output
    trained = num_records(folder / "results")
    assert table(folder, "--results", "results", sweep="small-finals")["epochs"]["reused"] > 0
    assert before < trained
    assert run(folder, "finals", "small", "--quiet")[:2] == (0, output), "another answer"
    assert num_records(folder / "results") == trained
    [remembered, *_] = (folder / "results/small-finals/test").iterdir()
    whole = remembered.read_bytes()
    remembered.write_bytes(whole[:-9])
    assert run(folder, "finals", "small", "--quiet")[:2] == (0, output), "damage changed it"
    assert remembered.read_bytes() == whole
    assert "finals already" in run(folder, "finals", "small-finals")[2]
    code, _, errors = run(folder, "report", "small")
    assert code == 0, errors
    page = html.unescape((folder / "results/small/report.html").read_text())
    [answer, *_] = re.findall('class="answer">Finals: (.*)[.]</p>', page)
    assert answer in " ".join(output.split()), "the page says something else"
    assert "would compare other cells" not in page

    finals = SweepFolder(results=folder / "results", name="small-finals")
    stopped = table(folder, sweep="small-finals")["cells"][-1]["trials"]
    for trial in table(folder, sweep="small-finals")["trials"]:
        if trial["number"] in stopped:
            finals.decisions.put(trial["id"], Decision(stopped_after=1))
    code, output, errors = run(folder, "finals", "small", "--quiet", "--level", "0.017")
    assert code == 1, errors
    assert "not every trial of the finals is complete: no answer" in output
    assert "level 0.017" in " ".join(output.split())

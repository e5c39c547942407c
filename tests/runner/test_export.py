"""A model that is taken away, and a trial that is trained again, with real training."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from lstm3.config import Config
from lstm3.state import create_state
from runner.cli import run
from runner.storage.sweep_folder import SweepFolder

pytestmark = pytest.mark.slow
ONE_TRIAL = ("tf_from_epoch=1", "tf_decrease=0.2", "num_epochs=2")


@pytest.fixture
def swept(folder, monkeypatch):
    """Return a folder in which a sweep of one trial has run."""
    monkeypatch.chdir(folder)
    command = ["sweep", "small.yaml", *ONE_TRIAL, "--workers", "1", "--quiet"]
    assert run(command) == 0
    return folder


def test_an_exported_model_translates_as_the_trial_did_and_training_starts_from_it(
    swept, capfd
) -> None:
    import torch

    from lstm3.cli import run as run_lstm3
    from lstm3.encoding import load_encoded

    assert run(["export", "small", "model", "--license", "mit"]) == 0
    capfd.readouterr()
    assert run_lstm3(["translate", "model", "valid.de"]) == 0
    translated = capfd.readouterr().out.splitlines()
    folder = SweepFolder(results=Path("results"), name="small")
    records = [path.stem for path in folder.store.root.rglob("*.record")]
    assert translated in [list(folder.store.hypotheses(key)) for key in records]

    card = Path("model/README.md").read_text()
    [found] = re.findall(r"runner rerun\s+small ([0-9a-f]+)`", card)
    assert run(["show", "small", found]) == 0
    assert "trial #0" in capfd.readouterr().out
    assert "license: mit" in card
    assert "nrefs:1" in card
    assert str(swept) not in card

    [encoded] = [entry for entry in folder.corpora.iterdir() if entry.is_dir()]
    sizes = Config(embedding_dim=8, hidden_size=8, num_layers=1, weights="model")
    create_state(sizes, load_encoded(encoded), torch.device("cpu"))


@pytest.mark.parametrize(
    "search",
    [
        "sweep: {min_freq_trg: [1, 15, 30]}",
        # One trial after the other, so none but the first is known at the start.
        "sweep: {min_freq_trg: {min: 1, max: 40}}\nsearch: tpe\ntrials: 3\nparallel: 1",
    ],
)
def test_every_trial_can_be_exported_after_pruning_whatever_vocabulary_it_has(
    folder, monkeypatch, search
) -> None:
    monkeypatch.chdir(folder)
    head = Path("small.yaml").read_text().partition("sweep:")[0]
    Path("words.yaml").write_text(f"{head.replace('min_freq_trg: 1, ', '')}{search}\nwandb: off\n")
    sweep = ["sweep", "words.yaml", "num_epochs=1", "--workers", "1", "--quiet"]
    assert run(sweep) == 0
    for again in ("pruned", "made again"):
        assert run(["store", "prune"]) == 0
        for number in range(3):
            assert run(["export", "words", f"{again} {number}", "--trial", str(number)]) == 0
        shutil.rmtree("results/.corpora")
        assert run(sweep) == 0


def test_weights_are_looked_for_everywhere_and_no_folder_is_written_over(swept, capsys) -> None:
    mine = swept / "mine/mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert run(["export", "small", "mine"]) == 2
    assert "mine: is not empty; expected a new folder" in capsys.readouterr().err
    assert os.listdir(mine.parent) == ["mine.txt"]

    for file in (swept / "results/.epochs").rglob("*.weights"):
        file.unlink()
    assert run(["export", "small", "from-a-checkpoint", "--trial", "0"]) == 0

    for file in (swept / "results").rglob("*.safetensors"):
        file.unlink()
    assert run(["export", "small", "nothing"]) == 2
    said = capsys.readouterr().err
    assert "python -m runner sweep results/small/sweep.yaml" in said
    assert not (swept / "nothing").exists()


def test_a_trial_comes_out_the_same_and_not_from_another_corpus(swept, capsys) -> None:
    results, corpus = swept / "results", swept / "train.de"
    shutil.rmtree(results / ".corpora")
    before = sorted(results.rglob("*"))
    assert run(["rerun", "small", "0"]) == 0
    assert "small #0 came out the same, bit for bit: 2 epochs" in capsys.readouterr().out
    assert sorted(results.rglob("*")) == before
    corpus.write_text(corpus.read_text().replace("Hund", "Katze"))
    assert run(["rerun", "small", "0"]) == 1
    said = capsys.readouterr().out
    assert "small #0 came out differently from epoch 1 on" in said
    assert "corpus text: " in said

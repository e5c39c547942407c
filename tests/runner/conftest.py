"""A folder in which a small sweep can be run for real."""

from __future__ import annotations

import os

import pytest

from tests.wandb_server import WandbServer

SPEC = """\
# Does it run?
corpus: {train: [train.de, train.en], valid: [valid.de, valid.en]}
base: {num_epochs: 4, hidden_size: 8, embedding_dim: 8, num_layers: 1, batch_size: 8,
       min_freq_src: 1, min_freq_trg: 1, save_from_epoch: 3, lr: 2e-2}
sweep:
  tf_from_epoch: [1, 2]
  tf_decrease: [0.2, 0.4]
prune: {percentile: {keep: 50, startup_trials: 1, warmup_epochs: 1}}
grace_epochs: 1
wandb: off
"""
NOUNS = [("Hund", "dog"), ("Mann", "man"), ("Ball", "ball"), ("Baum", "tree"), ("Tisch", "table")]
VERBS = [("sieht", "sees"), ("sucht", "seeks"), ("hat", "has"), ("malt", "paints")]


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a corpus of 80 pairs and a spec."""
    pairs = [
        (f"Der {a} {v} den {b} .", f"The {c} {w} the {d} .")
        for a, c in NOUNS
        for v, w in VERBS
        for b, d in NOUNS
        if a != b
    ]
    for split, part in (("train", pairs[:64]), ("valid", pairs[64:])):
        for place, language in enumerate(("de", "en")):
            lines = "".join(f"{pair[place]}\n" for pair in part)
            (tmp_path / f"{split}.{language}").write_text(lines)
    (tmp_path / "small.yaml").write_text(SPEC)
    return tmp_path


@pytest.fixture
def wandb_server(tmp_path, monkeypatch):
    """Return a W&B server that clients of this test find, and no other one."""
    for name in list(os.environ):
        if name.startswith("WANDB_") or name == "NETRC":
            monkeypatch.delenv(name)
    found = WandbServer()
    for name, value in found.environment(str(tmp_path / "home")).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WANDB__FILE_STREAM_TRANSMIT_INTERVAL", "0.1")
    yield found
    found.close()

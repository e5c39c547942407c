"""The core on real text: Multi30k (de–en, tokenised), in the folder that MULTI30K names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from lstm3.bleu import score
from lstm3.config import Config
from lstm3.corpus import read_corpus, read_lines
from lstm3.encoding import load_encoded, prepare
from lstm3.epoch import run_epoch
from lstm3.schedule import Schedule
from lstm3.state import create_state
from lstm3.tokenizer import detokenize, tokenize

FOLDER = os.environ.get("MULTI30K")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOLDER is None, reason="MULTI30K names no folder with Multi30k's text"),
]


@pytest.fixture
def files():
    """Return the files of training and validation."""
    return {
        "train": (f"{FOLDER}/train.de", f"{FOLDER}/train.en"),
        "valid": (f"{FOLDER}/val.de", f"{FOLDER}/val.en"),
    }


def test_every_line_comes_back_from_its_tokens(files):
    for file in (file for pair in files.values() for file in pair):
        for line in read_lines(Path(file)):
            assert detokenize(tokenize(line)) == " ".join(line.split())


@pytest.mark.timeout(1800)
def test_one_epoch_of_the_default_model_translates_with_more_than_20_bleu(files, tmp_path):
    folder = prepare(read_corpus(files), min_freq_src=2, min_freq_trg=2, cache=tmp_path)
    corpus, config = load_encoded(folder), Config(lr=3e-3, use_tf=False)
    state = create_state(config, corpus, torch.device("cpu"))
    state, metrics = run_epoch(state, Schedule.start(config).settings(config), corpus)
    assert state.model.num_parameters == 8_739_479
    assert metrics.val_loss < 2.5
    assert score(metrics.hypotheses, corpus.valid_trg, "none").bleu > 20

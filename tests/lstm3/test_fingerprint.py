"""Keys: equal where epochs are equal, different where anything that acts on them differs."""

from __future__ import annotations

import ast
import dataclasses

import pytest

from lstm3 import fingerprint
from lstm3.config import Config
from lstm3.fingerprint import Provenance, first_key, next_key
from lstm3.schedule import EpochSettings

PROVENANCE = Provenance(code="c", corpus="t", weights={"w": "1"}, device_type="cpu", torch="2")
SETTINGS = EpochSettings(lr=1e-3, weight_decay=0.0, label_smoothing=0.1, teacher_forcing=1.0)


@pytest.mark.parametrize(
    "change",
    [
        *({"lr": 1.0}, {"patience": 9}, {"gamma": 0.9}, {"tf_from_epoch": 2}, {"num_epochs": 99}),
        *({"device": "cuda:3"}, {"num_samples": 0}, {"bleu_tokenize": "none"}),
    ],
)
def test_what_acts_by_settings_or_never_is_not_in_the_first_key(change):
    assert first_key(Config(**change), PROVENANCE) == first_key(Config(), PROVENANCE)


@pytest.mark.parametrize(
    "change",
    [
        *({"hidden_size": 8}, {"batch_size": 8}, {"dropout_emb": 0.0}, {"seed": 2}),
        *({"threads": 2}, {"precision": "bf16"}, {"max_len": 9}, {"clip_norm": 2.0}),
        *({"weights": "w"}, {"min_freq_src": 1}, {"amsgrad": True}),
    ],
)
def test_what_acts_on_every_epoch_is_in_the_first_key(change):
    assert first_key(Config(**change), PROVENANCE) != first_key(Config(), PROVENANCE)


@pytest.mark.parametrize("field", ["code", "corpus", "device_type", "torch"])
def test_everything_an_epoch_depends_on_is_in_the_first_key(field):
    changed = dataclasses.replace(PROVENANCE, **{field: "other"})
    assert first_key(Config(), changed) != first_key(Config(), PROVENANCE)


def test_weights_enter_by_content_and_not_by_name():
    renamed = dataclasses.replace(PROVENANCE, weights={"v": "1"})
    assert first_key(Config(weights="w"), PROVENANCE) == first_key(Config(weights="v"), renamed)
    changed = dataclasses.replace(PROVENANCE, weights={"w": "2"})
    assert first_key(Config(weights="w"), PROVENANCE) != first_key(Config(weights="w"), changed)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(EpochSettings)])
def test_every_setting_of_an_epoch_is_in_its_key(field):
    changed = dataclasses.replace(SETTINGS, **{field: 0.123})
    assert next_key("parent", changed) != next_key("parent", SETTINGS)
    assert next_key("other", SETTINGS) != next_key("parent", SETTINGS)


def test_comments_and_docstrings_are_no_code():
    bare = "def f(x):\n    return x\n"
    told = '"""About."""\n\ndef f(x):  # why\n    """Return x."""\n    return x\n'
    assert fingerprint._bare_code(bare) == fingerprint._bare_code(told)


def test_the_code_that_an_epoch_runs_is_found_by_its_imports():
    modules = fingerprint.epoch_modules()
    assert {"epoch", "model", "loss", "sampling", "validation", "dataset"} <= modules.keys()
    assert not {"cli", "train", "progress", "config", "schedule"} & modules.keys()


@pytest.mark.parametrize(
    "line",
    ["from lstm3.model import LSTM_3", "from lstm3 import model", "import lstm3.model"],
)
def test_a_module_is_found_however_it_is_imported(line):
    module = ast.parse(f"import torch\nfrom torch import nn\n{line}\n")
    assert list(fingerprint._imports(module)) == ["model"]

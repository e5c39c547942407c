"""Names of weights files tell trials and epochs apart, on every file system."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from lstm3.checkpoint import WEIGHTS_NAME, checkpoint_name, weights_file
from lstm3.config import Config

OTHER_VALUES = {
    "embedding_dim": 64,
    "hidden_size": 96,
    "num_layers": 1,
    "lr": 1e-5,
    "weight_decay": 0.0,
    "label_smoothing": 0.15,
    "patience": 0,
    "gamma": 0.8,
    "tf_from_epoch": 3,
    "tf_decrease": 0.05,
    "seed": 2,
}


@pytest.mark.parametrize("key", OTHER_VALUES)
def test_a_trial_that_differs_has_another_name(key: str) -> None:
    config = Config()
    other = dataclasses.replace(config, **{key: OTHER_VALUES[key]})
    assert checkpoint_name(other, 10**6, 6) != checkpoint_name(config, 10**6, 6)


def test_epochs_and_sizes_have_names_of_their_own_and_epochs_sort_by_name() -> None:
    names = [checkpoint_name(Config(), 8_730_000, epoch) for epoch in range(1, 31)]
    assert names == sorted(set(names))
    assert names[5].endswith("-8.73M-epoch06.safetensors")


def test_large_seeds_are_told_apart() -> None:
    names = {checkpoint_name(Config(seed=seed), 1, 1) for seed in (2**62, 2**62 + 1)}
    assert len(names) == 2


def test_the_longest_name_is_short_and_of_plain_characters() -> None:
    awkward = 0.123456789012345
    config = Config(
        embedding_dim=10**6,
        hidden_size=10**6,
        num_layers=10**3,
        lr=1.23456789e-300,
        weight_decay=1.23456789e300,
        label_smoothing=awkward,
        patience=10**6,
        gamma=awkward,
        tf_from_epoch=10**6,
        tf_decrease=awkward,
        seed=2**63 - 1,
    )
    name = checkpoint_name(config, 10**12, 10**6)
    assert len(name) < 200
    assert re.fullmatch(r"[A-Za-z0-9.+-]+", name)


def test_weights_are_a_file_or_those_in_a_model_folder(tmp_path: Path) -> None:
    file = tmp_path / "some.safetensors"
    assert weights_file(file) == file
    assert weights_file(tmp_path) == tmp_path / WEIGHTS_NAME

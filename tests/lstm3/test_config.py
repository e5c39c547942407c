"""Config keys: types, ranges, messages, and the part that acts on every epoch."""

from __future__ import annotations

import dataclasses

import pytest

from lstm3.config import KEYS, Acts, Config, coerce, core, make_config, select
from lstm3.errors import ConfigError


def problems_of(values: dict[str, object]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        make_config(values, lambda key: f"file:{list(values).index(key) + 1}: {key}")
    return list(caught.value.problems)


def test_all_problems_are_reported_at_once_with_place_found_and_expected():
    assert problems_of({"label_smothing": 0.1, "lr": -1, "patience": 1.5, "use_tf": 1}) == [
        "file:1: label_smothing: unknown key; did you mean 'label_smoothing'?",
        "file:2: lr: found -1.0; expected a number > 0",
        "file:3: patience: found 1.5; expected a whole number",
        "file:4: use_tf: found 1; expected true or false",
    ]


def test_lr_and_learning_rate_are_one_key():
    assert make_config({"learning_rate": 0.5}, str).lr == 0.5
    assert "one key" in problems_of({"learning_rate": 0.5, "lr": 0.5})[0]
    assert any("one key" in line for line in problems_of({"learning_rate": -1, "lr": 0.5}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "1e-3", None, [1e-3]])
def test_a_learning_rate_that_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError, match="found"):
        coerce("lr", value)


@pytest.mark.parametrize("key", ["weight_decay", "label_smoothing", "tf_decrease", "dropout_emb"])
def test_zero_is_a_legal_value_and_stays_zero(key):
    assert getattr(make_config({key: 0}, str), key) == 0.0


def test_every_default_is_legal():
    for name, value in dataclasses.asdict(Config()).items():
        assert coerce(name, value) == value


def test_every_key_is_explained():
    assert all(key.meaning for key in KEYS.values())


def test_the_core_of_a_config_keeps_what_acts_on_every_epoch_and_nothing_else():
    config = Config(lr=0.9, num_epochs=3, hidden_size=7, seed=5, label_smoothing=0.7)
    assert core(config) == Config(hidden_size=7, seed=5)
    assert select(core(config), Acts.ON_EVERY_EPOCH) == select(config, Acts.ON_EVERY_EPOCH)

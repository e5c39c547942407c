"""The learning rate and teacher forcing of an epoch."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lstm3.config import Config
from lstm3.schedule import Schedule, first_lowered_epoch, teacher_forcing

losses = st.lists(st.floats(0.01, 10), min_size=1, max_size=40)
plateau = st.fixed_dictionaries(
    {
        "lr": st.floats(1e-7, 1),
        "patience": st.integers(0, 4),
        "gamma": st.floats(0.05, 0.95),
        "threshold": st.floats(0, 0.5),
        "cooldown": st.integers(0, 3),
    }
)


def torch_rates(config: Config, series: list[float]) -> list[float]:
    """Return the learning rate of each epoch after the first, by torch's own scheduler."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=config.lr)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=config.gamma,
        patience=config.patience,
        threshold=config.threshold,
        cooldown=config.cooldown,
    )
    rates = []
    for epoch, loss in enumerate(series, start=1):
        if epoch <= config.lr_manual_epochs:
            optimizer.param_groups[0]["lr"] *= config.lr_manual_decrease
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no optimizer step was taken, on purpose
            scheduler.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


@given(values=plateau, series=losses, decrease=st.sampled_from([1.0, 0.8]))
def test_replayed_learning_rates_equal_those_of_torchs_scheduler(values, series, decrease):
    config = Config(**values, lr_manual_decrease=decrease)
    schedule, rates = Schedule.start(config), []
    for loss in series:
        schedule = schedule.after(loss, config)
        rates.append(schedule.lr)
    assert rates == torch_rates(config, series)


def test_teacher_forcing_first_falls_in_the_epoch_after_tf_from_epoch():
    config = Config(tf_from_epoch=3, tf_decrease=0.1)
    ratios = [teacher_forcing(config, epoch) for epoch in range(1, 7)]
    assert ratios == [1.0, 1.0, 1.0, 0.9, 0.8, 0.7]
    assert first_lowered_epoch(config) == 4


def test_teacher_forcing_never_falls_below_zero():
    assert teacher_forcing(Config(tf_from_epoch=1, tf_decrease=0.6), 9) == 0.0


def test_tf_start_holds_from_tf_from_epoch_on():
    config = Config(tf_start=0.7, tf_from_epoch=3, tf_decrease=0.1)
    assert [teacher_forcing(config, epoch) for epoch in (2, 3, 4)] == [1.0, 0.7, 0.6]
    assert first_lowered_epoch(config) == 3


def test_a_zero_start_is_a_start_and_no_missing_value():
    assert teacher_forcing(Config(tf_start=0.0, tf_from_epoch=1), 1) == 0.0


def test_use_tf_false_switches_the_schedule_off():
    config = Config(use_tf=False, tf_start=0.5, tf_from_epoch=1, tf_decrease=0.5)
    assert {teacher_forcing(config, epoch) for epoch in range(1, 20)} == {1.0}
    assert first_lowered_epoch(config) is None


def test_equal_ratios_are_equal_however_they_were_reached():
    by_two = teacher_forcing(Config(tf_from_epoch=1, tf_decrease=0.1), 4)
    by_three = teacher_forcing(Config(tf_from_epoch=1, tf_decrease=0.3), 2)
    assert by_two == by_three


@pytest.mark.parametrize("from_epoch", [0, 1, 5])
@pytest.mark.parametrize("decrease", [0.0, 0.05])
def test_the_first_lowered_epoch_is_the_first_below_one(from_epoch, decrease):
    config = Config(tf_from_epoch=from_epoch, tf_decrease=decrease)
    ratios = [teacher_forcing(config, epoch) for epoch in range(1, 10)]
    below = [epoch for epoch, ratio in enumerate(ratios, start=1) if ratio < 1]
    assert first_lowered_epoch(config) == (below[0] if below else None)

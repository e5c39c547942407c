"""The settings of an epoch: they follow from the config and the validation losses before it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lstm3.config import Config

_SMALLEST_CHANGE = 1e-8  # torch's `eps`: a smaller change of the learning rate is not made


@dataclass(frozen=True, kw_only=True)
class EpochSettings:
    """All that may differ between two epochs that start from one state."""

    lr: float
    weight_decay: float
    label_smoothing: float
    teacher_forcing: float  # probability that a decoder input is the reference token


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Where a training run stands after `epoch` epochs, and the rule of its learning rate.

    The plateau rule is torch's ReduceLROnPlateau (mode "min", relative threshold) on the
    validation loss with teacher forcing; `after` replays it epoch by epoch in plain Python.
    """

    lr: float  # of the next epoch
    epoch: int = 0
    best: float = math.inf  # nats per target token
    num_bad_epochs: int = 0
    cooldown_left: int = 0

    @staticmethod
    def start(config: Config) -> Schedule:
        return Schedule(lr=config.lr)

    def settings(self, config: Config) -> EpochSettings:
        """Return the settings of the next epoch."""
        return EpochSettings(
            lr=self.lr,
            weight_decay=config.weight_decay,
            label_smoothing=config.label_smoothing,
            teacher_forcing=teacher_forcing(config, self.epoch + 1),
        )

    def after(self, val_loss: float, config: Config) -> Schedule:
        """Return where the run stands after one more epoch with this validation loss."""
        epoch = self.epoch + 1
        lr = self.lr
        if epoch <= config.lr_manual_epochs:
            lr *= config.lr_manual_decrease
        is_better = val_loss < self.best * (1.0 - config.threshold)
        best = val_loss if is_better else self.best
        num_bad_epochs = 0 if is_better else self.num_bad_epochs + 1
        cooldown_left = self.cooldown_left
        if cooldown_left > 0:
            cooldown_left -= 1
            num_bad_epochs = 0
        if num_bad_epochs > config.patience:
            num_bad_epochs = 0
            cooldown_left = config.cooldown
            lowered = lr * config.gamma
            if lr - lowered > _SMALLEST_CHANGE:
                lr = lowered
        return Schedule(
            lr=lr,
            epoch=epoch,
            best=best,
            num_bad_epochs=num_bad_epochs,
            cooldown_left=cooldown_left,
        )


def teacher_forcing(config: Config, epoch: int) -> float:
    """Return the ratio of `epoch` (from 1): in [0, 1], rounded so that equal ratios are equal."""
    if not config.use_tf or epoch < config.tf_from_epoch:
        return 1.0
    fall = config.tf_decrease * (epoch - config.tf_from_epoch)
    return round(max(0.0, config.tf_start - fall), 12)


def first_lowered_epoch(config: Config) -> int | None:
    """Return the first epoch whose teacher forcing is below 1, or None if no epoch's ever is."""
    if not config.use_tf:
        return None
    first = max(1, config.tf_from_epoch)
    if teacher_forcing(config, first) < 1.0:
        return first
    return first + 1 if teacher_forcing(config, first + 1) < 1.0 else None

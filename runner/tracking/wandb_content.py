"""What a trial's W&B run says: its name, config, rows and summary."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any

from lstm3.fingerprint import Provenance
from lstm3.schedule import EpochSettings
from runner import words
from runner.tree.outcome import EpochResult
from runner.tree.trial import Trial, TrialState


class Ask(enum.Enum):
    """What is asked of the process that keeps the runs, beside showing snapshots."""

    CLOSE = enum.auto()  # and leave what is not done as interrupted
    PREEMPT = enum.auto()  # the same for a run that its agent is to be given again


class Word(enum.Enum):
    """What that process says, beside warnings."""

    STOP = enum.auto()  # the server wants the run stopped


SAMPLE_COLUMNS = ("epoch", "source", "reference", "output")
_LONGEST_TAG = 64  # characters; W&B refuses longer ones


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A trial as far as it has come."""

    trial: Trial
    keys: tuple[str, ...]  # of its epochs
    settings: tuple[EpochSettings, ...]
    results: tuple[EpochResult, ...]
    origins: tuple[str, ...]  # of each epoch: trained, shared or reused
    best_epoch: int | None
    state: TrialState
    reason: str | None


def run_name(trial: Trial) -> str:
    """Return the swept values in short, such as "lr=0.001 seed=1"."""
    shown = {**trial.params, "seed": trial.seed}
    return " ".join(f"{key}={words.value(value)}" for key, value in shown.items())


def tags(sweep: str, state: TrialState) -> tuple[str, ...]:
    """Return a run's tags: its spec's name, and how its trial ended, if it is not complete."""
    is_notable = state.is_final and state is not TrialState.COMPLETE
    return (sweep[:_LONGEST_TAG], *([state.value] if is_notable else []))


def run_config(snapshot: Snapshot, provenance: Provenance) -> dict[str, Any]:
    """Return a run's config: swept keys under their own names, the whole one below "config"."""
    trial = snapshot.trial
    values = {
        **trial.params,
        "seed": trial.seed,
        "config": dataclasses.asdict(trial.config),
        "provenance": dataclasses.asdict(provenance),
    }
    if snapshot.results:
        values["parameters"] = snapshot.results[0].num_parameters
        values["signature"] = snapshot.results[0].signature  # how BLEU was computed
    return values


def row(snapshot: Snapshot, epoch: int) -> dict[str, Any]:
    """Return what is logged of an epoch (from 1)."""
    settings, result = snapshot.settings[epoch - 1], snapshot.results[epoch - 1]
    return {
        "epoch": epoch,
        "train_loss": result.train_loss,
        "val_loss": result.val_loss,
        "val_loss_no_tf": result.val_loss_no_tf,
        "bleu": result.bleu,
        "sinergy": result.sinergy,
        "bp": result.bp,
        "lr": settings.lr,
        "teacher_forcing": settings.teacher_forcing,
        "tokens_per_second": result.num_tokens / result.seconds,
        "seconds": result.seconds,
        "origin": snapshot.origins[epoch - 1],
    }


def summary(snapshot: Snapshot) -> dict[str, Any]:
    """Return a run's best values and how it stands or ended."""
    values: dict[str, Any] = {"state": snapshot.state.value}
    if snapshot.best_epoch is not None:
        values["best/epoch"] = snapshot.best_epoch
        values["best/bleu"] = snapshot.results[snapshot.best_epoch - 1].bleu
    if snapshot.reason is not None:
        values["reason"] = snapshot.reason
    return values

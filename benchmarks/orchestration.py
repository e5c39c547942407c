"""What does the runner itself cost a trial, compared with the simplest Optuna loop on sqlite?

Both run the same number of trials of the same length with a core that does nothing. Ours unfolds
the tree, prunes, stores every epoch durably (its own record) and keeps the study; the reference
reports each epoch to an Optuna study on sqlite and asks whether to prune.

    python benchmarks/orchestration.py [--trials N] [--epochs N]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import optuna

from lstm3.config import Config
from lstm3.fingerprint import Provenance, first_key
from lstm3.metrics import EpochMetrics
from runner.engine import EpochTask, InProcessEngine, Progress
from runner.events import EpochFinished, Slot, Unfolded
from runner.given_up import GivenUp
from runner.optuna_adapter import make_pruner
from runner.outcome import EpochFailure, EpochResult
from runner.outcomes import RecordedOutcomes
from runner.pruning import Percentile
from runner.spec import Choices, Spec
from runner.store import EpochStore, Record
from runner.study_file import StudyFile
from runner.sweep import Places, run_sweep
from runner.unfold import Tree

RULE = Percentile(keep=75, startup_trials=8, warmup_epochs=3)
PROVENANCE = Provenance(code="none", corpus="none", weights={}, device_type="cpu", torch="none")


def bleu(key: str, epoch: int) -> float:
    """Return some BLEU that rises over the epochs."""
    return epoch + int(key[:4], 16) / 2**16


class NoOpCore:
    """Trains nothing, and stores a record of it."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        yield from ()
        metrics = EpochMetrics(
            epoch=task.epoch,
            train_loss=1.0,
            val_loss=1.0 / task.epoch,
            val_loss_no_tf=1.0,
            num_tokens=1,
            hypotheses=("nothing",),
        )
        score = bleu(task.key, task.epoch)
        record = Record(
            key=task.key,
            parent=task.parent,
            epoch=task.epoch,
            settings=task.settings,
            sweep=task.sweep,
            seconds=0.0,
            attempts=1,
            environment={},
            metrics=metrics,
            num_parameters=1,
            scores={"13a": {"bleu": score, "sinergy": score, "bp": 1.0, "signature": "none"}},
        )
        store = EpochStore(task.store)
        store.put(record)
        store.weights_path(task.key).touch()
        store.moments_path(task.key).touch()
        return record.outcome(task.bleu_tokenize)


def ours(num_trials: int, num_epochs: int, folder: Path) -> tuple[float, int]:
    """Return (seconds, epochs trained) of a sweep whose trials share nothing."""
    values = tuple(1e-3 * (1 + index / num_trials) for index in range(num_trials))
    spec = Spec(
        name="no-op",
        corpus="demo",
        base=Config(num_epochs=num_epochs),
        axes={"lr": Choices(values=values)},
        prune=RULE,
    )
    began = time.perf_counter()
    tree = Tree(spec, lambda config: first_key(config, PROVENANCE), make_pruner(RULE), None)
    engine = InProcessEngine([Slot(index=0, name="cpu 0", device="cpu")], lambda _: NoOpCore())
    study = StudyFile(folder / "study.db", spec)
    outcomes = RecordedOutcomes(
        EpochStore(folder), "13a", lambda *_: {}, GivenUp(folder / "given_up")
    )
    places = Places(corpus=lambda _: folder, store=folder)
    num_trained = 0
    for event in run_sweep(tree, outcomes, engine, places, lambda: False):
        num_trained += isinstance(event, EpochFinished)
        if isinstance(event, EpochFinished | Unfolded):
            study.sync(event.moved)
    study.close()
    return time.perf_counter() - began, num_trained


def reference(num_trials: int, num_epochs: int, folder: Path) -> tuple[float, int]:
    """Return (seconds, epochs run) of the same with a plain Optuna loop."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    num_run = 0

    def objective(trial: optuna.Trial) -> float:
        nonlocal num_run
        lr = trial.suggest_float("lr", 1e-3, 2e-3)
        for epoch in range(1, num_epochs + 1):
            num_run += 1
            trial.report(bleu(f"{int(lr * 1e9) % 65536:04x}", epoch), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return lr

    began = time.perf_counter()
    study = optuna.create_study(
        storage=f"sqlite:///{folder / 'reference.db'}",
        sampler=optuna.samplers.RandomSampler(seed=1),
        pruner=optuna.pruners.PercentilePruner(75.0, n_startup_trials=8, n_warmup_steps=3),
        direction="maximize",
    )
    study.optimize(objective, n_trials=num_trials)
    return time.perf_counter() - began, num_run


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            "ours": ours(options.trials, options.epochs, Path(folder)),
            "plain Optuna on sqlite": reference(options.trials, options.epochs, Path(folder)),
        }
    print(f"{options.trials} trials × {options.epochs} epochs, a core that does nothing")
    print(f"{'':24}{'ms a trial':>12}{'ms an epoch':>12}{'epochs run':>12}")
    for name, (seconds, num_epochs) in rows.items():
        per_trial, per_epoch = 1000 * seconds / options.trials, 1000 * seconds / num_epochs
        print(f"{name:24}{per_trial:12.1f}{per_epoch:12.2f}{num_epochs:12}")
    ours_ms, theirs_ms = (seconds / epochs for seconds, epochs in rows.values())
    print(f"ratio, reference / ours, an epoch: {theirs_ms / ours_ms:.2f}")


if __name__ == "__main__":
    main()

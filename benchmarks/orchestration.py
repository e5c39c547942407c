"""What does the runner itself cost a trial, compared with the simplest Optuna loop on sqlite?

Both run the same number of trials of the same length with a core that does nothing. Ours unfolds
the tree, prunes, stores every epoch durably (its own record) and keeps all mirrors of the sweep;
the reference reports each epoch to an Optuna study on sqlite and asks whether to prune.

    python -m benchmarks.orchestration [--trials N] [--epochs N] [--many N]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import optuna

from benchmarks import noop
from benchmarks.command_line import run
from benchmarks.made_up import MadeUp
from benchmarks.measures import Measure, versus


def reference(num_trials: int, num_epochs: int, folder: Path) -> tuple[float, int]:
    """Return (seconds, epochs run) of the same with a plain Optuna loop."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    made_up, num_run = MadeUp.of_demo(), 0

    def objective(trial: optuna.Trial) -> float:
        nonlocal num_run
        lr = trial.suggest_float("lr", 1e-3, 2e-3)
        for epoch in range(1, num_epochs + 1):
            num_run += 1
            _, bleu = made_up.after(f"{int(lr * 1e9):08x}", epoch)
            trial.report(bleu, epoch)
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


def measure(num_trials: int = 200, num_epochs: int = 10, many: int = 1000) -> Iterator[Measure]:
    """Yield the costs of a middling sweep and those of a large one on four workers."""
    with tempfile.TemporaryDirectory() as folder:
        cost = noop.run(num_trials, num_epochs, Path(folder) / "one")
        seconds, epochs = reference(num_trials, num_epochs, Path(folder))
        large = noop.run(many, num_epochs, Path(folder) / "many", num_workers=4)
    yield versus("runner, an epoch", "ms", cost.ms_per_epoch, 1000 * seconds / epochs, "≤ 5")
    yield versus("runner, a trial", "ms", cost.ms_per_trial, 1000 * seconds / num_trials, "≤ 20")
    what = f"{many:,} trials × {num_epochs} epochs, 4 workers"
    yield Measure(what=what, unit="s", ours=large.seconds, goal="≤ 60")
    yield Measure(what=f"{what}, end / begin", unit="×", ours=large.slowdown, goal="≤ 1.5")
    yield Measure(what="coordinator's memory", unit="MB", ours=large.megabytes, goal="≤ 300")


if __name__ == "__main__":
    run(measure)

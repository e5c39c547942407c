"""What the clock says of a sweep; all that may differ between two runs of one spec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.tree.path import Path
from runner.tree.trial import TrialState


@dataclass(frozen=True, kw_only=True)
class TrialTime:
    """Seconds of training behind one trial's curve."""

    number: int
    seconds: float  # of all its epochs, whoever trained them
    trained_seconds: float  # of those that this sweep trained, and no trial before it has


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of training that a sweep took, and those that it was spared."""

    trained_seconds: float  # of all epochs that this sweep trained, added up
    shared_seconds: float  # of epochs that trials got from each other
    reused_seconds: float  # of epochs that trials got from other sweeps
    pruned_seconds: float  # about what pruned trials had left, at their own pace
    repeated: int  # epochs begun again, after a crash or since their state was dropped
    trials: Sequence[TrialTime]  # by number


def make_timing(paths: Sequence[Path], sweep: str) -> Timing:
    """Return what the clock says of these trials, given by number."""
    seconds = {"trained": 0.0, "shared": 0.0, "reused": 0.0}
    pruned = 0.0
    repeated = 0
    trials = []
    seen = set[str]()
    for path in paths:
        before = seconds["trained"]
        for key, result in zip(path.keys, path.results, strict=True):
            origin = result.origin(sweep, is_first=key not in seen)
            seconds[origin] += result.seconds
            if origin == "trained":
                repeated += result.attempts - 1
            seen.add(key)
        total = sum(result.seconds for result in path.results)
        trained = seconds["trained"] - before
        trials.append(TrialTime(number=path.trial.number, seconds=total, trained_seconds=trained))
        if path.state is TrialState.PRUNED and path.results:
            num_left = path.trial.config.num_epochs - path.num_epochs
            pruned += num_left * total / path.num_epochs
    return Timing(
        trained_seconds=seconds["trained"],
        shared_seconds=seconds["shared"],
        reused_seconds=seconds["reused"],
        pruned_seconds=pruned,
        repeated=repeated,
        trials=trials,
    )

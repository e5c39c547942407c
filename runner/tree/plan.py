"""What a sweep would do, as far as that can be known before it is done.

Validation losses to come are unknown, so each is taken to be better than all before it (the
learning rate then falls at no plateau), and no trial that goes on is taken to be pruned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm3.config import Acts, Config, select
from lstm3.schedule import EpochSettings, Schedule
from runner.tree.path import Path, num_resumable
from runner.tree.unfold import KnownOutcomes, Tree, unfold

_MOST_DRAWN = 40  # stretches of a tree that one still takes in at a glance


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What is still to train."""

    num_epochs: int
    longest: int  # epochs of the trial that has most left; they follow each other
    num_repeated: int = 0  # known epochs to train again, since the states are gone to go on from

    def seconds(self, per_epoch: float, num_workers: int, num_done: float = 0.0) -> float:
        """Return about how long it takes when `num_done` epochs of it have been done since."""
        num_epochs = self.num_epochs + self.num_repeated
        rounds = max(num_epochs / num_workers, self.longest) - num_done / num_workers
        return max(0.0, rounds) * per_epoch


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Epochs in a row that the same trials go through, and where these part."""

    first_epoch: int
    last_epoch: int
    first: EpochSettings
    last: EpochSettings
    is_known: bool
    trials: Sequence[int]  # their numbers
    model: Mapping[str, Any]  # keys that tell its trunk from other trunks; empty on a branch
    branches: Sequence[Stretch]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a sweep would do: `planned` is known + ahead.num_epochs + shared + cut."""

    sweep: str
    question: str
    num_trials: int
    shortest: int  # epochs of the shortest trial in full length
    longest: int
    planned: int  # epochs of all trials' full length
    known: int  # distinct epochs
    ahead: Ahead  # with what nobody can know of yet counted in full
    shared: int
    cut: int  # epochs that pruned, failed and stopped trials never run
    num_unborn: int  # trials that are proposed only once others are done
    seconds_per_epoch: float | None  # mean of the known ones
    stretches: Sequence[Stretch] | None  # None if they are too many to draw


def make_plan(
    tree: Tree, outcomes: KnownOutcomes, has_state: Callable[[str], bool] = lambda _: True
) -> Plan:
    """Return the plan of a tree, which unfolds as far as is known."""
    unfold(tree, outcomes)
    paths = tree.paths
    num_stretches = known = 0
    for stage in _stages(paths):
        known += stage.is_known
        num_stretches += stage.starts_stretch
    ahead = look_ahead(tree, has_state)
    num_unborn = tree.num_trials - len(paths)
    unborn = num_unborn * tree.spec.base.num_epochs
    planned = unborn + sum(path.trial.config.num_epochs for path in paths)
    lengths = {path.trial.config.num_epochs for path in paths} or {tree.spec.base.num_epochs}
    cut = sum(_num_left(path) for path in paths if path.state.is_final)
    return Plan(
        sweep=tree.spec.name,
        question=tree.spec.question,
        num_trials=tree.num_trials,
        shortest=min(lengths),
        longest=max(lengths),
        planned=planned,
        known=known,
        ahead=ahead,
        shared=planned - known - ahead.num_epochs - cut,
        cut=cut,
        num_unborn=num_unborn,
        seconds_per_epoch=mean_seconds(paths),
        stretches=_stretches(paths) if not num_unborn and num_stretches <= _MOST_DRAWN else None,
    )


def look_ahead(tree: Tree, has_state: Callable[[str], bool] = lambda _: True) -> Ahead:
    """Return what a tree has still to train; costs about 10 µs an epoch of the trials that run.

    `has_state` says from which known epochs training can go on.
    """
    paths = tree.paths
    unborn = (tree.num_trials - len(paths)) * tree.spec.base.num_epochs
    running = [path for path in paths if not path.state.is_final]
    gone = {path: path.keys[num_resumable(path.keys, has_state) :] for path in running}
    longest = max((_num_left(path) + len(gone[path]) for path in running), default=0)
    return Ahead(
        num_epochs=unborn + sum(not stage.is_known for stage in _stages(running)),
        longest=max(longest, tree.spec.base.num_epochs if unborn else 0),
        num_repeated=len({key for keys in gone.values() for key in keys}),
    )


def _num_left(path: Path) -> int:
    return path.trial.config.num_epochs - path.num_epochs


def mean_seconds(paths: Sequence[Path]) -> float | None:
    """Return the mean of the distinct epochs of these trials, or None if they have none."""
    seconds = {
        key: result.seconds
        for path in paths
        for key, result in zip(path.keys, path.results, strict=True)
    }
    return sum(seconds.values()) / len(seconds) if seconds else None


_Walkers = list[tuple[Path, Schedule]]  # a trial and where it stands, if it is past what is known


@dataclass(kw_only=True, slots=True)
class _Stage:
    """An epoch, known or to come, and the trials that go through it."""

    epoch: int
    settings: EpochSettings
    is_known: bool
    starts_stretch: bool
    walkers: _Walkers


def _roots(paths: Sequence[Path]) -> Iterator[_Stage]:
    by_first_key = defaultdict[str, _Walkers](list)
    for path in paths:
        by_first_key[path.first_key].append((path, path.schedule))
    for walkers in by_first_key.values():
        stages = _after(0, walkers)
        for stage in stages:
            stage.starts_stretch = True
        yield from stages


def _stages(paths: Sequence[Path]) -> Iterator[_Stage]:
    """Return each distinct epoch of these trials once."""
    waiting = list(_roots(paths))
    while waiting:
        stage = waiting.pop()
        yield stage
        waiting += _next(stage)


def _next(stage: _Stage) -> list[_Stage]:
    stages = _after(stage.epoch, stage.walkers)
    for following in stages:
        following.starts_stretch = (
            len(following.walkers) < len(stage.walkers) or following.is_known != stage.is_known
        )
    return stages


def _after(epoch: int, walkers: _Walkers) -> list[_Stage]:
    """Return the epochs that trials go on to after `epoch`, which they all have gone through."""
    stages: dict[EpochSettings, _Stage] = {}
    for path, stands in walkers:
        schedule, config, num_known = stands, path.trial.config, path.num_epochs
        if epoch < num_known:
            settings = path.settings[epoch]
        elif epoch == config.num_epochs or path.state.is_final:
            continue
        else:
            if epoch > num_known:
                schedule = schedule.after(-float(epoch), config)  # -1, -2, … always gets better
            settings = schedule.settings(config)
        stage = stages.get(settings)
        if stage is None:
            stage = stages[settings] = _Stage(
                epoch=epoch + 1,
                settings=settings,
                is_known=False,
                starts_stretch=False,
                walkers=[],
            )
        stage.is_known |= epoch < num_known
        stage.walkers.append((path, schedule))
    return list(stages.values())


def _order(stretch: Stretch) -> tuple[Any, ...]:
    """Return what puts the branches with most trials first, then those with gentler settings."""
    return -len(stretch.trials), -stretch.first.lr, -stretch.first.teacher_forcing


def _stretches(paths: Sequence[Path]) -> list[Stretch]:
    roots = list(_roots(paths))
    models = [select(_config(root), Acts.ON_EVERY_EPOCH) for root in roots]
    telling = [name for name in models[0] if len({model[name] for model in models}) > 1]
    stretches = [
        _stretch(root, {name: model[name] for name in telling})
        for root, model in zip(roots, models, strict=True)
    ]
    return sorted(stretches, key=_order)


def _config(stage: _Stage) -> Config:
    path, _ = stage.walkers[0]
    return path.trial.config


def _stretch(first: _Stage, model: Mapping[str, Any]) -> Stretch:
    last = first
    following = _next(last)
    while len(following) == 1 and not following[0].starts_stretch:
        last = following[0]
        following = _next(last)
    return Stretch(
        first_epoch=first.epoch,
        last_epoch=last.epoch,
        first=first.settings,
        last=last.settings,
        is_known=first.is_known,
        trials=[path.trial.number for path, _ in first.walkers],
        model=model,
        branches=sorted((_stretch(stage, {}) for stage in following), key=_order),
    )

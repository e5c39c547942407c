"""A sweep spec, resolved: what is asked, over which axes, and how the answer is searched for."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lstm3.config import Config
from runner.specs.rules import SAFE, Rule

SEARCHES = ("grid", "random", "qmc", "tpe")
WANDB_MODES = ("auto", "online", "offline", "off")
FINALS_SUFFIX = "-finals"  # of the name of a sweep that is another's finals
KEEPS = ("all", "branches", "ends", "needed")  # each keeps the states of those after it too


@dataclass(frozen=True, kw_only=True)
class Choices:
    """An axis with listed values: a grid takes each, a sampler draws from them."""

    values: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Range:
    """An axis from `low` to `high`, both included, for samplers only."""

    low: float
    high: float
    log: bool = False
    is_whole: bool = False


Axis = Choices | Range


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """How long an epoch may take: a multiple of the longest such one, and no less than a floor."""

    factor: float = 5.0
    floor_seconds: float = 120.0

    def seconds(self, longest: float | None) -> float:
        """Return the deadline, given the longest epoch's seconds, if there was one.

        Before any, nothing can be told of an epoch but that it should show some progress soon.
        """
        if longest is None:
            return self.factor * self.floor_seconds
        return max(self.floor_seconds, self.factor * longest)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """When a sweep stops starting epochs; it carries on where it stopped."""

    hours: float | None = None
    epochs: int | None = None


@dataclass(frozen=True, kw_only=True)
class StorePolicy:
    """Which states a sweep keeps in the epoch store, and how large the store may become."""

    keep: str = "branches"
    max_gb: float | None = None  # of 10⁹ bytes


@dataclass(frozen=True, kw_only=True)
class Finals:
    """Which cells are trained once more, with more seeds, and scored on the test set."""

    top: int = 3  # cells that cannot be told apart from the best, that included
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A sweep. `corpus` is a known corpus's name or {split: (source file, target file)}."""

    name: str
    question: str = ""
    corpus: str | Mapping[str, tuple[str, str]]
    base: Config
    axes: Mapping[str, Axis]
    search: str = "grid"
    trials: int | None = None  # cells of a sampled search
    cells: tuple[Mapping[str, Any], ...] = ()  # of a grid, if not all of them
    baseline: bool = False  # the base config itself is a trial too
    seeds: tuple[int, ...] = (1,)
    finals: Finals | None = None
    prune: Rule | None = SAFE
    grace_epochs: int = 4
    objective: str = "bleu"
    parallel: int = 4
    budget: Budget = field(default_factory=Budget)
    deadline: Deadline = field(default_factory=Deadline)
    slots_per_device: int = 1  # of a GPU
    store: StorePolicy = field(default_factory=StorePolicy)
    wandb: str = "auto"
    max_trials: int = 100_000

    @property
    def is_grid(self) -> bool:
        return self.search == "grid"

    @property
    def is_finals(self) -> bool:
        return self.name.endswith(FINALS_SUFFIX)

    @property
    def num_cells(self) -> int:
        """Return how many cells there are at most, the baseline aside."""
        if self.cells:
            return len(self.cells)
        if self.is_grid:
            sizes = [len(axis.values) for axis in self.axes.values() if isinstance(axis, Choices)]
            return math.prod(sizes)
        return self.trials or 0

    @property
    def weights(self) -> tuple[str, ...]:
        """Return the pretrained weights that trials start from."""
        axis = self.axes.get("weights")
        values = axis.values if isinstance(axis, Choices) else ()
        if axis is None or self.baseline:
            values = (*values, self.base.weights)
        return tuple(value for value in values if value is not None)

    def largest(self, key: str) -> int:
        """Return the largest value that a trial has of a whole-numbered key."""
        axis, of_base = self.axes.get(key), int(getattr(self.base, key))
        if axis is None:
            return of_base
        of_cells = int(max(axis.values) if isinstance(axis, Choices) else axis.high)
        return max(of_cells, of_base) if self.baseline else of_cells

    def grid(self) -> Iterator[dict[str, Any]]:
        """Return the parameters of each cell of a grid."""
        if self.cells:
            yield from map(dict, self.cells)
            return
        axes = [axis.values for axis in self.axes.values() if isinstance(axis, Choices)]
        for values in itertools.product(*axes):
            yield dict(zip(self.axes, values, strict=True))

    def narrowed(self, *, axes: Mapping[str, Axis], seeds: tuple[int, ...], **changes: Any) -> Spec:
        """Return the grid of these axes and seeds alone, trained to its end unless changed."""
        whole: dict[str, Any] = {
            "search": "grid",
            "trials": None,
            "cells": (),
            "baseline": False,
            "finals": None,
            "prune": None,
            "budget": Budget(),
        }
        return dataclasses.replace(self, axes=axes, seeds=seeds, **whole | changes)

    def of_base(self) -> dict[str, Any]:
        """Return the parameters of the base config itself."""
        return self.of(self.base)

    def of(self, config: Config) -> dict[str, Any]:
        """Return the swept parameters of a config."""
        return {name: getattr(config, name) for name in self.axes}

    def config(self, params: Mapping[str, Any], seed: int) -> Config:
        """Return the config of a trial."""
        return dataclasses.replace(self.base, **params, seed=seed)

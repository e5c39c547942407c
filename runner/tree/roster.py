"""Which trials a sweep has so far, and which number each of them has."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from lstm3.config import Config
from lstm3.fingerprint import weights_by_content
from lstm3.schedule import Schedule
from runner.specs.spec import Spec
from runner.tree.path import Path
from runner.tree.proposing import Params
from runner.tree.trial import UNDECIDED, Decision, cell_id, make_trial


class Roster:
    """A sweep's trials, by cell and seed; those of its baseline come last, beside the cells."""

    def __init__(
        self,
        spec: Spec,
        first_key: Callable[[Config], str],
        decisions: Mapping[str, Decision],
        weights: Mapping[str, str],
    ) -> None:
        self._spec, self._first_key, self._decisions = spec, first_key, decisions
        self._weights = weights
        self._by_seed: list[list[Path]] = [[] for _ in spec.seeds]  # each in the order of cells
        self.firsts = self._by_seed[0]
        self.baseline = self._make_baseline() if spec.baseline else []

    @property
    def paths(self) -> list[Path]:
        """Return the trials by number."""
        return [*itertools.chain(*self._by_seed), *self.baseline]

    def cell_id(self, params: Params) -> str:
        """Return the hash of a cell."""
        base = self._spec.base
        weights = weights_by_content(params.get("weights", base.weights), self._weights)
        return cell_id(params, base, weights)

    def append(self, params: Params) -> Path:
        """Add a cell's trials, and return the one of the first seed."""
        place, num_cells = len(self.firsts), self._spec.num_cells
        for index, seed in enumerate(self._spec.seeds):
            path = self._make_path(index * num_cells + place, params, seed, place)
            self._by_seed[index].append(path)
        return self.firsts[place]

    def is_first(self, path: Path) -> bool:
        """Return whether a trial is the one of its cell that is judged, and seen by a search."""
        return path.trial.seed == self._spec.seeds[0] and not path.is_baseline

    def others(self, first: Path) -> list[Path]:
        """Return a cell's trials of the other seeds."""
        return [paths[first.cell] for paths in self._by_seed[1:]]

    def _make_baseline(self) -> list[Path]:
        """Return the trials of the base config, unless it is one of the grid's cells."""
        spec, params = self._spec, self._spec.of_base()
        if spec.is_grid and params in spec.grid():
            return []
        first, place = spec.num_cells * len(spec.seeds), spec.num_cells
        return [
            self._make_path(first + index, params, seed, place, is_baseline=True)
            for index, seed in enumerate(spec.seeds)
        ]

    def _make_path(
        self, number: int, params: Params, seed: int, place: int, *, is_baseline: bool = False
    ) -> Path:
        config = self._spec.config(params, seed)
        weights = weights_by_content(config.weights, self._weights)
        trial = make_trial(number, params, config, weights)
        return Path(
            trial=trial,
            cell=place,
            first_key=self._first_key(config),
            schedule=Schedule.start(config),
            decision=self._decisions.get(trial.id, UNDECIDED),
            is_baseline=is_baseline,
        )

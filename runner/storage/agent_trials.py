"""Trials that were sent one by one, as by a W&B agent: a file each, for tables and for pruning.

No sweep reads them: what its own trials are follows from its spec and the epoch store.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from lstm3.config import Config
from lstm3.durable import write_durably
from lstm3.schedule import EpochSettings, Schedule
from runner.specs.spec import Spec
from runner.storage.outcomes import RecordedOutcomes
from runner.storage.sweep_folder import SweepFolder
from runner.tree.outcome import EpochResult
from runner.tree.path import Path
from runner.tree.trial import TrialState, make_trial


@dataclass(frozen=True, kw_only=True)
class AgentTrial:
    """A trial as far as it has come."""

    name: str  # its W&B run, or its id where there is none
    arrived: float  # seconds since 1970
    params: Mapping[str, Any]
    config: Mapping[str, Any]
    weights: str | None  # digest of the pretrained ones that it starts from
    state: TrialState
    reason: str | None
    keys: Sequence[str]
    settings: Sequence[EpochSettings]
    results: Sequence[EpochResult]

    @property
    def values(self) -> Sequence[float]:
        """Return the objective after each epoch."""
        return [result.bleu for result in self.results]

    @property
    def reached(self) -> tuple[int, bool, bool]:
        """Return what grows as it goes on: its epochs, and whether it ended there or was left."""
        return len(self.results), self.state.is_final, self.state is not TrialState.RUNNING

    def fits(self, spec: Spec) -> bool:
        """Return whether it is a trial of this spec, whose axes may be fewer than they were."""
        others = {name: value for name, value in self.params.items() if name not in spec.axes}
        return all(value == getattr(spec.base, name) for name, value in others.items())

    def path(self, number: int) -> Path:
        """Return its way through the epochs, as tables read it."""
        config = Config(**self.config)
        return Path(
            trial=make_trial(number, self.params, config, self.weights),
            cell=number,
            first_key="",
            schedule=Schedule.start(config),
            keys=list(self.keys),
            settings=list(self.settings),
            results=list(self.results),
            state=self.state,
            reason=self.reason,
        )


def agent_trial(name: str, arrived: float, path: Path) -> AgentTrial:
    """Return what is to be kept of a trial."""
    return AgentTrial(
        name=name,
        arrived=arrived,
        params=path.trial.params,
        config=dataclasses.asdict(path.trial.config),
        weights=path.trial.weights,
        state=path.state,
        reason=path.reason,
        keys=path.keys,
        settings=path.settings,
        results=path.results,
    )


class AgentTrials:
    """The trials of one sweep that were sent one by one, in a folder that many write to."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder.agents / "trials"

    def put(self, trial: AgentTrial) -> None:
        """Keep how far a trial has come."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{trial.name}.json"
        write_durably(path, json.dumps(dataclasses.asdict(trial)) + "\n")

    def get(self, name: str) -> AgentTrial | None:
        """Return what is kept of a trial, if anything is that can be read."""
        return _read(self._folder / f"{name}.json")

    def all(self) -> list[AgentTrial]:
        """Return all trials in the order in which they came; what cannot be read is left out."""
        found = [_read(path) for path in self._folder.glob("*.json")]
        known = [trial for trial in found if trial is not None]
        return sorted(known, key=lambda trial: (trial.arrived, trial.name))


def _read(path: FilePath) -> AgentTrial | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values["state"] = TrialState(values["state"])
        values["settings"] = [EpochSettings(**found) for found in values["settings"]]
        values["results"] = [EpochResult(**found) for found in values["results"]]
        trial = AgentTrial(**values)
        trial.path(0)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return trial


@dataclass(frozen=True, kw_only=True)
class KnownTrials:
    """A sweep's own trials and those that were sent, as tables read them."""

    spec: Spec
    paths: Sequence[Path]
    own_paths: Sequence[Path]
    num_trials: int
    search_ended: str | None = None
    baseline: Path | None = None


def scored(trial: AgentTrial, outcomes: RecordedOutcomes) -> AgentTrial | None:
    """Return a trial with the scores that `outcomes` give its epochs, as a sweep's own have them.

    An epoch without a record here, as of another machine, has the scores that were kept; None if
    those are of another tokenizer.
    """
    config = Config(**trial.config)
    is_alike = config.bleu_tokenize == outcomes.tokenize
    results = []
    for key, kept in zip(trial.keys, trial.results, strict=True):
        known = outcomes.get(key)
        if not (is_alike or isinstance(known, EpochResult)):
            return None
        results.append(known if isinstance(known, EpochResult) else kept)
    as_read = dataclasses.replace(config, bleu_tokenize=outcomes.tokenize)
    return dataclasses.replace(trial, config=dataclasses.asdict(as_read), results=results)


def beside(paths: Sequence[Path], sent: Sequence[AgentTrial]) -> list[Path]:
    """Return a sweep's own trials and those that were sent, each trial once.

    Of a trial that is in both, the one that has ended counts, the sweep's own first; else the
    one that has come further.
    """
    found = {path.trial.id: path for path in paths}
    for trial in sent:
        path = trial.path(len(found))
        known = found.get(path.trial.id)
        if known is None:
            found[path.trial.id] = path
        elif not known.state.is_final and _comes_first(path, known):
            found[path.trial.id] = trial.path(known.trial.number)
    return list(found.values())


def _comes_first(path: Path, known: Path) -> bool:
    return path.state.is_final or path.num_epochs > known.num_epochs

"""An agent's W&B run as a trial: what the server has of one that ran on another machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm3.config import Config, coerce
from lstm3.fingerprint import Provenance, first_key, next_key, weights_by_content
from lstm3.schedule import EpochSettings, Schedule
from runner.storage.agent_trials import AgentTrial
from runner.storage.origin import Origin
from runner.tree.outcome import EpochResult
from runner.tree.trial import TrialState


@dataclass(frozen=True, kw_only=True)
class PulledRun:
    """A run as the server has it."""

    name: str
    arrived: float  # seconds since 1970
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]


def pulled_trial(run: PulledRun, origin: Origin) -> AgentTrial:
    """Return the trial of a run that is one of a sweep started with `origin`.

    Its epochs have the keys that they have where they were trained. Raises ValueError if the run
    says too little, or is about another corpus text.
    """
    spec = origin.spec
    try:
        config = Config(**_typed(run.config["config"]))
        # W&B drops what is empty.
        made_by = Provenance(**{"weights": {}, **run.config["provenance"]})
        if made_by.corpus != origin.provenance.corpus:
            raise ValueError("its corpus text is another")
        rows = sorted((row for row in run.rows if "epoch" in row), key=lambda row: row["epoch"])
        results = [_result(row, run.config, spec.name) for row in rows]
        parent, stands = first_key(config, made_by), Schedule.start(config)
        keys: list[str] = []
        settings: list[EpochSettings] = []
        for result in results:
            settings.append(stands.settings(config))
            parent = next_key(parent, settings[-1])
            keys.append(parent)
            stands = stands.after(result.val_loss, config)
        return AgentTrial(
            name=run.name,
            arrived=run.arrived,
            params=_typed({name: run.config[name] for name in spec.axes}),
            config=dataclasses.asdict(config),
            weights=weights_by_content(config.weights, made_by.weights),
            state=_state(run.summary.get("state")),
            reason=run.summary.get("reason"),
            keys=keys,
            settings=settings,
            results=results,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"run {run.name}: not a trial of this sweep ({error})") from None


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of config keys as they were; the server writes 1.0 as 1."""
    return {name: coerce(name, value) for name, value in values.items()}


def _result(row: Mapping[str, Any], config: Mapping[str, Any], sweep: str) -> EpochResult:
    names = ("train_loss", "val_loss", "val_loss_no_tf", "bleu", "sinergy", "bp", "seconds")
    measured: dict[str, Any] = {name: float(row[name]) for name in names}
    return EpochResult(
        sweep=sweep,
        environment={},
        signature=config["signature"],
        num_tokens=round(row["tokens_per_second"] * row["seconds"]),
        num_parameters=config["parameters"],
        **measured,
    )


def _state(said: object) -> TrialState:
    known = [state for state in TrialState if state.value == said]
    return known[0] if known else TrialState.WAITING

"""`trial`: train one trial of a spec, by hand or as the program of a W&B agent."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm3.command_line import FAILED, OK, Commands
from lstm3.config import ALIASES, KEYS
from runner.commands import arguments, known

if TYPE_CHECKING:
    from runner.execution.events import Event


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "trial", _trial, "train one trial, by hand or under an agent")
    arguments.add_overridden(parser)
    arguments.add_name(parser)
    parser.add_argument("--devices", metavar="D", help="such as cuda:1 or cpu")
    parser.add_argument(
        "--args_json_file", type=Path, metavar="FILE", help="parameters, as W&B writes them"
    )
    for key in (*KEYS, *ALIASES):
        if key != "device":
            parser.add_argument(f"--{key}", dest=f"key {key}", help=argparse.SUPPRESS)
    parser.epilog = "--KEY=VALUE gives the trial's value of any config key."


def _trial(options: argparse.Namespace) -> int:
    from runner import words
    from runner.execution.devices import make_slots
    from runner.execution.interrupts import Interrupts
    from runner.jobs.lone_trial import LoneTrial, Sent
    from runner.specs.one_trial import one_trial
    from runner.specs.rules import Hyperband
    from runner.tree.trial import TrialState
    from runner.views import news

    spec = known.named_spec(options, options.overrides)
    trial = one_trial(spec, *_parameters(options))
    agent_run = os.environ.get("WANDB_RUN_ID") if "WANDB_SWEEP_ID" in os.environ else None
    if agent_run and isinstance(spec.prune, Hyperband):
        trial = dataclasses.replace(trial, prune=None)  # W&B's early_terminate decides
    threads = trial.largest("threads")
    [slot] = make_slots(devices=options.devices, workers=1, threads=threads, per_device=1)
    sent = Sent(sweep=spec, trial=trial, agent_run=agent_run, slot=slot)
    with Interrupts() as interrupts:
        lone = LoneTrial(sent, options.results)
        num_said = 0
        print(words.params({**lone.path.trial.params, "seed": lone.path.trial.seed}), flush=True)
        try:
            for event in lone.events(interrupts.is_set):
                _warn(event)
                path = lone.path
                for epoch in range(num_said + 1, path.num_epochs + 1):
                    done = path.settings[epoch - 1], path.results[epoch - 1]
                    print(news.epoch(epoch, *done), flush=True)
                num_said = path.num_epochs
        finally:
            for warning in lone.close():
                print(f"warning: {warning}", file=sys.stderr)
    path = lone.path
    best = f"; {news.best(path)}" if path.results else ""
    print(words.standing(path.state, path.reason) + best)
    if path.state is TrialState.WAITING:
        return 128 + interrupts.received if interrupts.received else FAILED
    return FAILED if path.state is TrialState.FAILED else OK


def _warn(event: Event) -> None:
    from runner.execution.events import Warned

    if isinstance(event, Warned):
        print(f"warning: {event.message}", file=sys.stderr, flush=True)


def _parameters(options: argparse.Namespace) -> tuple[Mapping[str, Any], Callable[[str], str]]:
    """Return the trial's values of config keys as they were given, and where each was."""
    from lstm3.config_file import on_command_line
    from lstm3.yaml_file import parse_value, read_yaml

    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    file = options.args_json_file or os.environ.get("WANDB_SWEEP_PARAM_PATH")
    if file:
        document = read_yaml(Path(file))  # JSON is YAML too
        for key, value in document.values.items():
            if key != "wandb_version":
                wrapped = isinstance(value, dict) and "value" in value
                values[key] = value["value"] if wrapped else value
                places[key] = document.point(key)
    for key in (*KEYS, *ALIASES):
        text = getattr(options, f"key {key}", None)
        if text is not None:
            values[key] = parse_value(text, on_command_line(key))
            places[key] = on_command_line(key)
    return values, places.__getitem__

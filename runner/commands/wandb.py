"""`wandb`: what a sweep has to do with W&B."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from lstm3.command_line import FAILED, OK, Commands
from runner.commands import arguments, known

_UPLOAD_SECONDS = 24 * 3600.0


def register(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("wandb", help="what a sweep has to do with W&B")
    parts = group.add_subparsers(required=True, metavar="COMMAND")
    config = arguments.add(parts, "config", _config, "print a spec as a W&B sweep config")
    create = arguments.add(parts, "create", _create, "register a spec as a W&B sweep")
    for parser in (config, create):
        arguments.add_overridden(parser)
        arguments.add_name(parser)
    pull = arguments.add(parts, "pull", _pull, "fetch the trials of agents on other machines")
    arguments.add_sweep(pull)
    for parser in (create, pull):
        parser.add_argument("--project", metavar="P", help="of W&B; else WANDB_PROJECT")
        parser.add_argument("--entity", metavar="E", help="a user or team of W&B; else your own")
    sync = arguments.add(parts, "sync", _sync, "upload runs that were kept offline, each once")
    arguments.add_sweep(sync)


def _config(options: argparse.Namespace) -> int:
    from lstm3.yaml_file import dump_yaml

    sys.stdout.write(dump_yaml(_sweep_config(options)))
    return OK


def _create(options: argparse.Namespace) -> int:
    from runner.tracking.wandb_api import create_sweep

    path = create_sweep(_sweep_config(options), project=options.project, entity=options.entity)
    print(path)
    print(f"each agent trains one trial after the other: wandb agent {path}", file=sys.stderr)
    return OK


def _sweep_config(options: argparse.Namespace) -> dict[str, Any]:
    """Return the W&B sweep config of a spec, whose agents run `runner trial` with this Python."""
    from runner.tracking.wandb_sweep import notes, sweep_config

    spec = known.named_spec(options, options.overrides)
    for note in notes(spec):
        print(f"note: {note}", file=sys.stderr)
    results = Path(options.results).absolute()
    command = [sys.executable, "-m", "runner", "trial", str(options.spec.absolute())]
    command += [*options.overrides, "--results", str(results)]
    return sweep_config(spec, command + (["--name", options.name] if options.name else []))


def _pull(options: argparse.Namespace) -> int:
    from runner import words
    from runner.storage.agent_trials import AgentTrials
    from runner.storage.starts import agents_origin
    from runner.storage.sweep_folder import find_sweep, load_origin
    from runner.tracking.pulled import pulled_trial
    from runner.tracking.wandb_api import pull_runs

    folder = find_sweep(options.sweep, options.results)
    origin = agents_origin(folder) or load_origin(folder)
    trials = AgentTrials(folder)
    num_new = 0
    for run in pull_runs(folder.name, project=options.project, entity=options.entity):
        try:
            pulled = pulled_trial(run, origin)
        except ValueError as error:
            print(f"warning: {error}", file=sys.stderr)
            continue
        known = trials.get(run.name)
        if known is None or known.reached < pulled.reached:
            trials.put(pulled)
            num_new += 1
    print(f"{folder.name}: {words.count(num_new, 'trial')} fetched")
    return OK


def _sync(options: argparse.Namespace) -> int:
    from runner.storage.sweep_folder import find_sweep, load_origin
    from runner.tracking.wandb_runs import WandbRuns

    folder = find_sweep(options.sweep, options.results)
    load_origin(folder)  # or there is nothing to lock
    with folder.lock.held(folder.name):
        _, origin, tree = known.known_sweep(options)
        online = dataclasses.replace(origin, spec=dataclasses.replace(origin.spec, wandb="online"))
        runs = WandbRuns(folder, online)
        runs.show(tree.paths)
        runs.close(_UPLOAD_SECONDS)
    warnings = runs.warnings()
    for warning in warnings:
        print(warning, file=sys.stderr)
    if warnings:
        return FAILED
    print(f"{folder.name}: all of its runs are in W&B")
    return OK

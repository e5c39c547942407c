"""`rerun`: train a trial again from nothing, and say whether it comes out the same."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm3.command_line import FAILED, OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known

if TYPE_CHECKING:
    from runner.results.rerun import Rerun
    from runner.storage.origin import Origin
    from runner.tree.path import Path as TrialPath


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(
        commands, "rerun", _rerun, "train a trial from nothing; does it come out the same?"
    )
    arguments.add_sweep(parser)
    arguments.add_trial(parser)
    parser.add_argument("--devices", metavar="D", help="else the type that it was trained on")


def _rerun(options: argparse.Namespace) -> int:
    from runner.execution.devices import make_slots
    from runner.jobs.running import held_job
    from runner.results.rerun import compare, rerun_spec
    from runner.tree.trial import TrialState
    from runner.views.live import make_view
    from runner.views.rerun_view import rerun_view
    from runner.views.terminal import make_console

    folder, origin, trials = known.known_trials(options)
    path = known.find_trial(trials, options.trial)
    name = f"{folder.name} #{path.trial.number}"
    if not path.keys and path.state is not TrialState.FAILED:
        raise ConfigError(f"{name} has no epoch yet; there is nothing to compare with")
    spec = rerun_spec(origin.spec, path)
    slots = make_slots(
        devices=options.devices or _devices(origin),
        workers=1,
        threads=path.trial.config.threads,
        per_device=1,
    )
    console = make_console()
    with (
        tempfile.TemporaryDirectory(prefix="lstm3-rerun-") as empty,
        held_job(spec, Path(empty), slots) as job,
    ):
        ending = job.run(make_view(job.tree, slots, console))
    if ending.signal is not None:
        print("interrupted; nothing is kept")
        return 128 + ending.signal
    [alone] = job.tree.paths
    found = compare(path, alone)
    console.print(rerun_view(name, found, _changed(found, path, alone, origin, job.origin)))
    return OK if found.is_same else FAILED


def _devices(origin: Origin) -> str | None:
    """Return where it was trained; None lets the first GPU be found."""
    device_type = origin.provenance.device_type
    return None if device_type == "cuda" else device_type


def _changed(
    found: Rerun, before: TrialPath, again: TrialPath, origin: Origin, new: Origin
) -> Mapping[str, tuple[Any, Any]]:
    """Return what an epoch depends on, or ran on, that is not what it was."""
    from runner.storage.origin import field_title

    old_environment, new_environment = found.environments
    old_facts = {**_facts(origin, before), **old_environment}
    new_facts = {**_facts(new, again), **new_environment}
    return {
        field_title(name): (old_facts.get(name), value)
        for name, value in new_facts.items()
        if name in old_facts and old_facts[name] != value
    }


def _facts(origin: Origin, path: TrialPath) -> dict[str, Any]:
    weights = {"weights": path.trial.weights}  # of this trial alone
    return dataclasses.asdict(origin.provenance) | weights

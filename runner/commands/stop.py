"""`stop`: end a running sweep, or one of its trials."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import signal
import time
from typing import TYPE_CHECKING

from lstm3.command_line import OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known

if TYPE_CHECKING:
    from runner.storage.sweep_folder import SweepFolder

_POLL_SECONDS = 0.1


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "stop", _stop, "end a running sweep, or one of its trials")
    arguments.add_sweep(parser)
    arguments.add_trial(parser, is_needed=False)


def _stop(options: argparse.Namespace) -> int:
    from runner.storage.sweep_folder import find_sweep, load_origin

    if options.trial is None:
        folder = find_sweep(options.sweep, options.results)
        load_origin(folder)
        return _stop_sweep(folder)
    return _stop_trial(options)


def _stop_trial(options: argparse.Namespace) -> int:
    from runner import words

    folder, _, tree = known.known_sweep(options)
    path = known.find_trial(tree, options.trial)
    if path.state.is_final:
        standing = words.standing(path.state, path.reason)
        raise ConfigError(f"{folder.name}: trial #{path.trial.number} has ended: {standing}")
    decision = dataclasses.replace(path.decision, stopped_after=path.num_epochs)
    folder.decisions.put(path.trial.id, decision)
    epochs = f"after epoch {path.num_epochs}" if path.num_epochs else "before its first epoch"
    print(f"trial #{path.trial.number} is stopped {epochs}; {known.who_heeds(folder)}")
    return OK


def _stop_sweep(folder: SweepFolder) -> int:
    """End the process that runs a sweep as Ctrl-C does, and wait until it is gone."""
    holder = folder.lock.holder()
    if holder is None:
        raise ConfigError(f"{folder.name}: no process runs it")
    if not holder.is_here or not holder.process:
        raise ConfigError(f"{folder.name}: {holder} runs it; end it there")
    with contextlib.suppress(ProcessLookupError):  # it is just gone
        os.kill(holder.process, signal.SIGTERM)
    print(f"{folder.name}: asked {holder} to end", flush=True)
    while folder.lock.holder() == holder:
        time.sleep(_POLL_SECONDS)
    print("it has ended; every finished epoch is kept, and the same command carries on")
    return OK

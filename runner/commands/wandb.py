"""`wandb`: what a sweep has to do with W&B."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from lstm3.command_line import FAILED, OK, Commands
from runner.commands import arguments

_UPLOAD_SECONDS = 24 * 3600.0


def register(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("wandb", help="what a sweep has to do with W&B")
    parts = group.add_subparsers(required=True, metavar="COMMAND")
    sync = arguments.add(parts, "sync", _sync, "upload runs that were kept offline, each once")
    arguments.add_sweep(sync)


def _sync(options: argparse.Namespace) -> int:
    from runner.wandb_runs import WandbRuns

    folder, origin, tree = arguments.known_sweep(options)
    online = dataclasses.replace(origin, spec=dataclasses.replace(origin.spec, wandb="online"))
    with folder.lock.held(folder.name):
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

"""`store`: show what is kept and why, or drop what nobody wants."""

from __future__ import annotations

import argparse
import json
import sys

from lstm3.command_line import OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "store", _store, "show which states are kept, and why")
    parser.add_argument(
        "action", nargs="?", choices=("prune",), help="drop what no sweep wants; no table changes"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what prune would drop")
    parser.add_argument(
        "--keep",
        choices=("branches", "ends", "needed"),
        help="keep no more than that of sweeps that do not run, this time",
    )
    parser.add_argument("--format", choices=("rich", "json"), default="rich")


def _store(options: argparse.Namespace) -> int:
    if options.action is None and (options.dry_run or options.keep):
        raise ConfigError("--dry-run and --keep go with 'store prune'")
    if not options.results.is_dir():
        raise ConfigError(f"{options.results}: no such folder; expected one that sweeps wrote to")
    return _prune(options) if options.action == "prune" else _show(options)


def _show(options: argparse.Namespace) -> int:
    from runner.storage.store_survey import survey
    from runner.views import store_view
    from runner.views.terminal import make_console

    found = survey(options.results)
    if options.format == "json":
        sys.stdout.write(json.dumps(store_view.to_json(found), indent=2) + "\n")
    else:
        make_console().print(store_view.store_view(found))
    return OK


def _prune(options: argparse.Namespace) -> int:
    from runner.storage.store_survey import drop, prunable, survey
    from runner.views.store_view import pruned_view
    from runner.views.terminal import make_console

    going = prunable(survey(options.results, options.keep or "all"))
    if not options.dry_run:
        going = drop(going, options.results)
    make_console().print(pruned_view(going, is_done=not options.dry_run))
    return OK

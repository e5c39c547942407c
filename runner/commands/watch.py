"""`watch`: the live view of a sweep that another process runs."""

from __future__ import annotations

import argparse

from lstm3.command_line import FAILED, OK, Commands
from runner.commands import arguments, outcome


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "watch", _watch, "watch a sweep that another process runs")
    arguments.add_sweep(parser)
    arguments.add_top(parser)


def _watch(options: argparse.Namespace) -> int:
    from runner.jobs.watching import scenes
    from runner.storage.sweep_folder import find_sweep, load_origin
    from runner.tree.trial import TrialState
    from runner.views.live import make_view
    from runner.views.terminal import make_console

    console = make_console()
    folder = find_sweep(options.sweep, options.results)
    for scene in scenes(folder):
        with make_view(scene.tree, scene.slots, console, scene.seconds) as view:
            for event in scene.events:
                view.show(event)
        tree = scene.tree
    table = outcome.show_table(folder, load_origin(folder), tree, top=options.top)
    return FAILED if any(row.state is TrialState.FAILED for row in table.rows) else OK

"""`show`: one trial, with its config, curve and samples."""

from __future__ import annotations

import argparse

from lstm3.command_line import OK, Commands
from runner.commands import arguments, known


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "show", _show, "show one trial: config, curve, samples")
    arguments.add_sweep(parser)
    arguments.add_trial(parser)


def _show(options: argparse.Namespace) -> int:
    from runner.models.samples import best_samples
    from runner.results.cells import make_cells
    from runner.results.history import history
    from runner.results.table import make_table
    from runner.views.terminal import make_console
    from runner.views.trial_view import trial_view

    folder, origin, trials = known.known_trials(options)
    path = known.find_trial(trials, options.trial)
    trial_folder = folder.trial_path(path.trial.id)
    files = [str(file) for file in sorted(trial_folder.glob("*.safetensors"))]
    samples = best_samples(folder, origin, path)
    cell = next(
        cell for cell in make_cells(make_table(trials).rows) if cell.holds(path.trial.number)
    )
    shown = trial_view(folder.name, path, history(trials, path), samples, files, cell)
    make_console().print(shown)
    return OK

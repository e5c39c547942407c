"""`export`: take a trial's model away."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lstm3.command_line import OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known

if TYPE_CHECKING:
    from runner.results.table import Trials
    from runner.tree.path import Path as TrialPath


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(
        commands, "export", _export, "write the best trial's model to a folder of its own"
    )
    arguments.add_sweep(parser)
    parser.add_argument("dir", type=Path, metavar="DIR", help="a new folder")
    parser.add_argument("--trial", metavar="TRIAL", help="another than the best: number or id")
    parser.add_argument(
        "--license", default="unknown", metavar="NAME", help="what the model card says"
    )


def _export(options: argparse.Namespace) -> int:
    from runner import words
    from runner.models.export import export, find_model
    from runner.models.model_card import model_card
    from runner.results.sureness import interval_of

    folder, origin, trials = known.known_trials(options)
    path = known.find_trial(trials, options.trial) if options.trial else _best(trials)
    model = find_model(folder, origin, path)
    card = model_card(
        model,
        origin,
        interval_of(folder, origin, path),
        num_trials=len(trials.paths),
        license_name=options.license,
    )
    export(model, card, options.dir)
    print(
        f"{options.dir}: trial #{path.trial.number} at epoch {path.best_epoch}, "
        f"{words.bleu(max(path.values))} BLEU"
    )
    print(f"translate with it:  python -m lstm3 translate {options.dir} FILE")
    return OK


def _best(trials: Trials) -> TrialPath:
    done = [path for path in trials.paths if path.keys]
    if not done:
        raise ConfigError(f"{trials.spec.name}: no trial has an epoch yet")
    return max(done, key=lambda path: max(path.values))

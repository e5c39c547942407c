"""`unprune`: take up a trial that was pruned or stopped."""

from __future__ import annotations

import argparse
import dataclasses

from lstm3.command_line import OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(
        commands, "unprune", _unprune, "take up a pruned or stopped trial where it ended"
    )
    arguments.add_sweep(parser)
    arguments.add_trial(parser)


def _unprune(options: argparse.Namespace) -> int:
    from runner import words
    from runner.tree.trial import TrialState

    folder, _, tree = known.known_sweep(options)
    path = known.find_trial(tree, options.trial)
    number, is_pruned = path.trial.number, path.state is TrialState.PRUNED
    if not is_pruned and path.state is not TrialState.STOPPED:
        raise ConfigError(
            f"{folder.name}: trial #{number} is {words.standing(path.state, path.reason)}; "
            "only one that was pruned or stopped can be taken up"
        )
    decision = dataclasses.replace(
        path.decision,
        stopped_after=None,
        is_brought_back=path.decision.is_brought_back or is_pruned,
    )
    folder.decisions.put(path.trial.id, decision)
    print(f"trial #{number} goes on after epoch {path.num_epochs}; {known.who_heeds(folder)}")
    return OK

"""`plan`: say what a sweep would do, and do nothing."""

from __future__ import annotations

import argparse

from lstm3.command_line import OK, Commands
from runner.commands import arguments, known


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "plan", _plan, "say what a sweep would do, and do nothing")
    arguments.add_spec(parser)


def _plan(options: argparse.Namespace) -> int:
    from lstm3.corpus import read_corpus
    from runner.execution.devices import device_type
    from runner.execution.preparation import make_outcomes, make_provenance, make_tree
    from runner.storage.starts import changes_since
    from runner.storage.sweep_folder import SweepFolder
    from runner.tree.plan import make_plan
    from runner.views.plan_view import plan_view
    from runner.views.terminal import make_console

    spec, slots = known.spec_and_slots(options)
    folder = SweepFolder(results=options.results, name=spec.name)
    text = read_corpus(spec.corpus)
    provenance = make_provenance(spec, text, device_type(slots[0].device))
    for change in changes_since(folder, spec, provenance):
        print(f"changed since the last start: {change}")
    outcomes = make_outcomes(folder, spec, lambda: text.valid.trg)
    tree = make_tree(spec, provenance, folder.decisions.all())
    plan = make_plan(tree, outcomes, folder.store.has_state)
    make_console().print(plan_view(plan, len(slots)))
    return OK

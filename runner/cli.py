"""The command line: which commands there are."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from lstm3.command_line import Parser, run_command
from runner.commands import (
    export,
    finals,
    plan,
    report,
    rerun,
    show,
    stop,
    store,
    sweep,
    table,
    trial,
    unprune,
    wandb,
    watch,
)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    return run_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m runner",
        description="Sweeps of LSTM_3: no epoch is ever trained twice, and a table is a function "
        "of its spec alone.",
        epilog="Exit codes: 0 done, 1 some trials failed, 2 wrong input, 3 the sweep is held by "
        "another process; 129, 130 and 143 interrupted by SIGHUP, SIGINT and SIGTERM (the same "
        "command carries on).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (
        sweep,
        plan,
        watch,
        table,
        show,
        finals,
        report,
        export,
        rerun,
        stop,
        unprune,
        store,
        trial,
        wandb,
    ):
        command.register(commands)
    return parser

"""Arguments that commands have in common."""

from __future__ import annotations

import argparse
from pathlib import Path as FilePath

from lstm3.command_line import Command, Commands, add_command
from runner.invocation import RESULTS, invocation
from runner.results.level import LEVEL


def add(commands: Commands, name: str, command: Command, what: str) -> argparse.ArgumentParser:
    """Return the parser of a new command, which knows where results are."""
    parser = add_command(commands, name, command, what)
    parser.add_argument("--results", type=FilePath, default=RESULTS, metavar="DIR")
    return parser


def add_overridden(parser: argparse.ArgumentParser) -> None:
    """Let a command take a spec, and other values of config keys."""
    parser.add_argument("spec", type=FilePath, metavar="SPEC", help="a sweep spec (YAML)")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="a config key's value in all trials"
    )


def add_name(parser: argparse.ArgumentParser) -> None:
    """Let a command name the sweep otherwise than its spec."""
    parser.add_argument("--name", help="results go to DIR/NAME instead of DIR/<spec's file name>")


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Let a command take a spec, and what changes it for this start."""
    add_overridden(parser)
    add_name(parser)
    add_slots(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="the same as threads=N")


def add_slots(parser: argparse.ArgumentParser) -> None:
    """Let a command say where epochs are trained."""
    parser.add_argument("--devices", metavar="D,D", help="such as cuda:0,cuda:1 or cpu")
    parser.add_argument("--workers", type=int, metavar="N", help="how many train at a time")


def add_level(parser: argparse.ArgumentParser) -> None:
    """Let a command judge at another level of significance."""
    parser.add_argument(
        "--level",
        type=_level,
        default=LEVEL,
        metavar="P",
        help="level of significance (default: %(default)s)",
    )


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not 0 < level < 1:
        raise argparse.ArgumentTypeError(f"found '{text}'; expected a number between 0 and 1")
    return level


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Let a command take a sweep that was started before."""
    parser.add_argument("sweep", metavar="SWEEP", help="its name, spec file or results folder")


def add_trial(parser: argparse.ArgumentParser, *, is_needed: bool = True) -> None:
    """Let a command take one of a sweep's trials."""
    parser.add_argument(
        "trial",
        metavar="TRIAL",
        nargs=None if is_needed else "?",
        help="its number, or the beginning of its id",
    )


def add_top(parser: argparse.ArgumentParser) -> None:
    """Let a command show only the best rows of a table."""
    parser.add_argument("--top", type=positive, metavar="N", help="show the best N trials")


def other_command(options: argparse.Namespace, *words: str) -> str:
    """Return a command line about the same results."""
    return invocation(options.results, *words)


def positive(text: str) -> int:
    """Return a whole number above 0, as an argument gives it."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found '{text}'; expected a whole number ≥ 1")
    return int(text)

"""What the project's command lines have in common: how arguments are read and how commands end."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeAlias

from lstm3.errors import ExplainedError, said_of_file

OK, FAILED, INTERRUPTED, TERMINATED = 0, 1, 130, 143

Command = Callable[[argparse.Namespace], int]  # does its work and returns its exit code
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are a line too."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see --help\n")


class _Terminated(BaseException):
    """SIGTERM came."""


def add_command(
    commands: Commands, name: str, command: Command, what: str
) -> argparse.ArgumentParser:
    """Return the parser of a new command; `what` says in a few words what it does.

    `unread_code` is its exit code when whoever reads its output has gone.
    """
    parser = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
    parser.set_defaults(command=command, unread_code=OK)
    return parser


def run_command(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name and return its exit code; it has no other end."""
    _make_writable()
    options = _parse(parser, arguments)
    if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except ExplainedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except _Terminated:
        return TERMINATED
    except BrokenPipeError:  # as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        unread_code: int = options.unread_code
        return unread_code
    except OSError as error:  # as when the disk is full
        print(said_of_file(error), file=sys.stderr)
        return FAILED
    return code


def _parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; a key=value may follow them, which argparse by itself refuses."""
    options, rest = parser.parse_known_args(arguments)
    if any(text.startswith("-") for text in rest) or (rest and "overrides" not in options):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.overrides += rest
    options.arguments = arguments
    return options


def _make_writable() -> None:
    """Let standard output and error take any text, even if they are closed or know few letters."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (until the end)
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler)
    raise _Terminated

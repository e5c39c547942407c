"""What can go wrong through no fault of ours, said so that a person can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class ExplainedError(Exception):
    """An end that its message explains in full: command lines print it and exit with the code."""

    exit_code: ClassVar[int] = 1


class UserError(ExplainedError):
    """Input that cannot be used: a line a problem, with where, what was found, what is right."""

    exit_code = 2

    def __init__(self, problems: str | Iterable[str]) -> None:
        given = (problems,) if isinstance(problems, str) else problems
        self.problems = tuple(_one_line(problem) for problem in given)
        super().__init__("\n".join(self.problems))


def said_of_file(error: OSError) -> str:
    """Return what the system says was wrong, after the file that it was wrong with."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def _one_line(text: str) -> str:
    """Return a text that may quote anything as a line that a terminal shows as it is."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class ConfigError(UserError):
    """A config, spec or command-line value is wrong."""


class CorpusError(UserError):
    """Parallel text is missing or broken."""


class StateError(UserError):
    """A training state or model folder is unreadable or belongs to another model."""


class NonFiniteLossError(ExplainedError):
    """Training diverged: a fact about the trial, not a fault of the program."""

    def __init__(self, *, epoch: int, step: int, lr: float) -> None:
        self.epoch, self.step, self.lr = epoch, step, lr
        super().__init__(f"loss is not finite at epoch {epoch}, step {step} (lr {lr:g})")

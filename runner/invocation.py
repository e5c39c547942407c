"""Command lines that are said to a user."""

from __future__ import annotations

import shlex
from pathlib import Path

RESULTS = Path("results")  # where sweeps are unless `--results` says otherwise


def invocation(results: Path, *words: str) -> str:
    """Return a command line about what is in a results folder."""
    where = [] if results == RESULTS else ["--results", str(results)]
    return shlex.join(["python", "-m", "runner", *words, *where])

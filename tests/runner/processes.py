"""The runner's command line as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Return (exit code, standard output, standard error) of a command."""
    process = start(folder, *arguments)
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


def table(folder: Path, *arguments: str, sweep: str = "small") -> dict:
    """Return a sweep's table without what the clock says."""
    code, output, errors = run(folder, "table", sweep, "--format", "json", *arguments)
    assert code == 0, errors
    found = json.loads(output)
    found.pop("timing")
    return found


def num_records(results: Path) -> int:
    return len(list((results / ".epochs").rglob("*.record")))

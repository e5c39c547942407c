"""How many epochs does the epoch tree train, compared with a plain grid of the same trials?

Counts, exact: the shipped specs are run (what is remembered from before is not trained again), and
their tables say how many distinct epochs were trained. The reference trains every trial by itself:
as many epochs as the paths of all trials are long, so pruning saves as much in both.

    python -m benchmarks.epochs_saved [SPEC ...] [--results DIR]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measures import Measure, show, versus

SPECS = ("tf", "schedule", "regularisation", "lr")


def runner(*arguments: str) -> str:
    """Return what a command of the runner prints."""
    command = [sys.executable, "-m", "runner", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def counts(spec: str, results: str) -> dict[str, Any]:
    """Run a spec and return its counts of epochs."""
    path = Path(__file__).parent.parent / "sweeps" / f"{spec}.yaml"
    runner("sweep", str(path), "--quiet", "--results", results)
    table = json.loads(runner("table", spec, "--format", "json", "--results", results))
    epochs: dict[str, Any] = table["epochs"]
    return epochs


def measure(specs: Sequence[str], results: str) -> Iterator[Measure]:
    """Yield the epochs that each spec trains, of those that its trials have."""
    for spec in specs:
        epochs = counts(spec, results)
        ours = epochs["trained"] + epochs["reused"]
        yield versus(f"epochs trained for sweeps/{spec}.yaml", "", ours, ours + epochs["shared"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("specs", nargs="*", default=SPECS, metavar="SPEC")
    parser.add_argument("--results", default="results", metavar="DIR")
    options = parser.parse_args()
    show(measure(options.specs, options.results))


if __name__ == "__main__":
    main()

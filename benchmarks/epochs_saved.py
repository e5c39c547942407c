"""How many epochs does the epoch tree train, compared with a plain grid of the same trials?

Counts, exact: the shipped specs are run (what is remembered from before is not trained again), and
their tables say how many distinct epochs were trained. The reference trains every trial by itself:
as many epochs as the paths of all trials are long, so pruning saves as much in both.

    python benchmarks/epochs_saved.py [SPEC ...] [--results DIR]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("specs", nargs="*", default=SPECS, metavar="SPEC")
    parser.add_argument("--results", default="results", metavar="DIR")
    options = parser.parse_args()
    print(f"{'spec':16}{'planned':>9}{'pruned':>8}{'plain grid':>12}{'ours':>7}{'ratio':>7}")
    for spec in options.specs:
        epochs = counts(spec, options.results)
        ours = epochs["trained"] + epochs["reused"]
        plain = ours + epochs["shared"]
        row = f"{spec:16}{epochs['planned']:9}{epochs['pruned']:8}{plain:12}{ours:7}"
        print(f"{row}{plain / ours:7.2f}", flush=True)


if __name__ == "__main__":
    main()

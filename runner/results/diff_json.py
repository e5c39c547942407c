"""Two sweeps, cell by cell, as JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from runner.results.sweep_diff import Pair, SweepDiff
from runner.tree.path import Path


def diff_json(diff: SweepDiff) -> str:
    """Return common trials as one object with floats in full."""
    content = {
        "sweeps": diff.names,
        "pairs": list(map(_pair, diff.pairs)),
        "only": diff.only,
        "reasons": diff.reasons,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "params": pair.params,
        "seed": pair.seed,
        "trials": [_trial(path) for path in (pair.ours, pair.theirs)],
        "difference": pair.difference,
        "comparison": dataclasses.asdict(pair.comparison) if pair.comparison else None,
    }


def _trial(path: Path) -> dict[str, Any]:
    return {"number": path.trial.number, "bleu": max(path.values, default=None)}

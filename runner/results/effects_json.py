"""What swept keys did, and what fewer cells would have found, as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence

from runner.results.effects import KeyEffect
from runner.results.expected_best import ExpectedBest
from runner.results.importances import EVALUATOR
from runner.results.interactions import Interactions


def effects_json(
    sweep: str,
    keys: Sequence[KeyEffect],
    importances: Mapping[str, float],
    pairs: Interactions,
    best: Sequence[ExpectedBest],
) -> str:
    """Return all of it as one object with floats in full; `importance` is null where unknown."""
    content = {
        "sweep": sweep,
        "evaluator": EVALUATOR,
        "keys": [
            {"name": key.name, "importance": importances.get(key.name)}
            | {"levels": [dataclasses.asdict(level) for level in key.levels]}
            for key in keys
        ],
        "interactions": list(map(dataclasses.asdict, pairs.found)),
        "interactions_note": pairs.note,
        "expected_best": list(map(dataclasses.asdict, best)),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

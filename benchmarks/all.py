"""All benchmarks, one after the other, as one table.

    python -m benchmarks [demo | FOLDER] [--only NAME ...] [--json FILE] [--markdown FILE]

FOLDER holds train.de, train.en, val.de and val.en, as Multi30k comes; only what depends on the
model's size is measured on it. Each benchmark has a process of its own, and the machine to itself.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measures import Measure, show, to_json, to_markdown

NAMES = (
    "epochs_saved",
    "training",
    "ceiling",
    "validation",
    "decoding",
    "quality",
    "memory",
    "placement",
    "orchestration",
    "view",
    "growth",
    "commands",
    "start",
)


def settings(name: str, corpus: str, results: str) -> Mapping[str, Any]:
    """Return the arguments with which a benchmark fits into a minute or two."""
    on_corpus: Mapping[str, Mapping[str, Any]] = {
        "training": {"turns": 3, "steps": 2},
        "ceiling": {"turns": 3, "steps": 2},
        "validation": {"steps": 40, "rounds": 1},
        "decoding": {"steps": 40, "rounds": 1},
        "memory": {"num_epochs": 4, "num_pairs": 1500},
        "placement": {"steps": 10},
    }
    if name == "epochs_saved":
        return {"specs": ["tf"], "results": results}
    if name in on_corpus:
        return {"source": corpus, **({} if corpus == "demo" else on_corpus[name])}
    return {}


def measure(name: str, arguments: Mapping[str, Any]) -> list[Measure]:
    """Run one benchmark."""
    module = importlib.import_module(f"benchmarks.{name}")
    return list(module.measure(**arguments))


def measure_all(names: list[str], corpus: str) -> Iterator[Measure]:
    """Run benchmarks, each in a fresh process of one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as results:
        for name in names:
            with ProcessPoolExecutor(1, mp_context=spawn) as process:
                yield from process.submit(measure, name, settings(name, corpus, results)).result()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("corpus", nargs="?", default="demo")
    parser.add_argument("--only", nargs="+", default=list(NAMES), choices=NAMES, metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    options = parser.parse_args()
    found = show(measure_all(options.only, options.corpus))
    if options.json:
        options.json.write_text(to_json(found), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(to_markdown(found), encoding="utf-8")

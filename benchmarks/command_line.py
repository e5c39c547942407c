"""The command line of a benchmark: its options are the arguments of its `measure`."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.measures import Measure, show

_CORPUS = "source"  # the argument that names a corpus stands first, without a name


def run(measure: Callable[..., Iterable[Measure]]) -> None:
    """Measure what the command line asks for, and show it."""
    question = inspect.getdoc(sys.modules[measure.__module__]) or ""
    parser = argparse.ArgumentParser(description=question.partition("\n")[0])
    for name, argument in inspect.signature(measure).parameters.items():
        default: Any = argument.default
        if name == _CORPUS:
            parser.add_argument(name, nargs="?", default=default, help="demo, or a folder")
            continue
        parser.add_argument(
            f"--{name.removeprefix('num_')}",
            dest=name,
            type=type(default),
            default=default,
            metavar=type(default).__name__,
            help="default: %(default)s",
        )
    show(measure(**vars(parser.parse_args())))

"""`report`: a sweep as one HTML page."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from lstm3.command_line import OK, Commands
from lstm3.errors import ConfigError
from runner.commands import arguments, known

_SECONDS_TO_NEXT = 20


def register(commands: Commands) -> None:
    """Add the command."""
    parser = arguments.add(commands, "report", _report, "write a sweep as one HTML page")
    arguments.add_sweep(parser)
    arguments.add_level(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="else DIR/<sweep>/report.html", dest="file"
    )
    parser.add_argument(
        "--watch", action="store_true", help="write it again and again while the sweep runs"
    )


def _report(options: argparse.Namespace) -> int:
    from runner import words
    from runner.storage.starts import agents_origin
    from runner.storage.sweep_folder import find_sweep, load_origin

    folder = find_sweep(options.sweep, options.results)
    if agents_origin(folder) is None:
        load_origin(folder)
    file = options.file or folder.path / "report.html"
    if not file.parent.is_dir() or file.is_dir():
        raise ConfigError(f"--out: found {file}; expected a file in a folder that is there")
    try:
        while options.watch and folder.lock.holder() is not None:
            _write(options, file, _SECONDS_TO_NEXT)
            time.sleep(_SECONDS_TO_NEXT)
    finally:  # a page that nobody writes again does not say that somebody will
        _write(options, file, None)
    print(f"{file}: {words.size(file.stat().st_size)}")
    return OK


def _write(options: argparse.Namespace, file: Path, seconds_to_next: int | None) -> None:
    from lstm3.durable import write_whole
    from runner.report.page import make_page

    page = make_page(
        *known.known_trials(options), level=options.level, seconds_to_next=seconds_to_next
    )
    write_whole(file, page)

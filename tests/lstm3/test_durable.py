"""Files are there whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lstm3.durable import durably, remove_leftovers, temporary_name, write_durably

ROOT = Path(__file__).parents[2]
DIES_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from lstm3.durable import durably
with durably(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write_half_and_fail(path: Path) -> None:
    path.write_text("half")
    raise RuntimeError


def test_a_writer_that_fails_leaves_the_old_content_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    write_durably(path, "old")
    with pytest.raises(RuntimeError), durably(path) as temporary:
        write_half_and_fail(temporary)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    path = tmp_path / "file"
    write_durably(path, "old")
    command = [sys.executable, "-c", DIES_WHILE_WRITING, str(path)]
    subprocess.run(command, cwd=ROOT, check=False)
    assert len(list(tmp_path.iterdir())) == 2
    ours = temporary_name(tmp_path / "other")
    ours.write_text("half")
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([path, ours])
    assert path.read_text() == "old"

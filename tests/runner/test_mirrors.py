"""What follows a sweep goes on whatever happens to one of its files."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from fakes import PROVENANCE, make_spec, simulated_result

from runner.execution.events import Unfolded
from runner.mirrors.mirrors import Mirrors
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tree.unfold import Tree
from tests.runner.sweeping import make_tree


def trained(tree: Tree) -> Unfolded:
    """Return what happens when one epoch was trained."""
    key, node = min(tree.ready.items())
    tree.add(key, simulated_result(key, node.epoch))
    return Unfolded(moved=tree.take_moved())


@pytest.mark.slow
def test_a_study_that_a_dashboard_holds_up_is_told_of_once_and_whole_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 10**9, 60))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(seconds)))
    spec = make_spec()
    folder, tree = SweepFolder(results=tmp_path, name=spec.name), make_tree(spec)
    mirrors = Mirrors(folder, Origin(spec=spec, provenance=PROVENANCE, encoded=()), tree)
    assert list(mirrors.follow(trained(tree))) == []
    reader = sqlite3.connect(folder.study_path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM trials").fetchone()
    [warning] = [*mirrors.follow(trained(tree)), *mirrors.follow(trained(tree))]
    assert "study.db: database is locked; it is tried again" in warning
    reader.close()
    assert list(mirrors.follow(trained(tree))) == []
    with closing(sqlite3.connect(folder.study_path)) as reader:
        counted = reader.execute("SELECT COUNT(*) FROM trial_intermediate_values").fetchone()
    assert counted == (sum(path.num_epochs for path in tree.paths),)
    assert mirrors.close() == []

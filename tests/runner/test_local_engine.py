"""Workers as processes of this machine."""

from __future__ import annotations

import functools

import pytest
from fakes import make_core_after_meeting, make_spec

from runner.execution.local_engine import LocalEngine
from tests.runner.sweeping import run


@pytest.mark.slow
def test_workers_start_in_parallel(tmp_path):
    """Each waits for all others before it is ready, so none could be waited for by itself."""
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    tree, _ = run(
        make_spec(),
        tmp_path / "store",
        num_workers=3,
        engine_type=LocalEngine,
        make_core=functools.partial(make_core_after_meeting, meeting, 3),
    )
    assert {path.state for path in tree.paths} == {"complete"}

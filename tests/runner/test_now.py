from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.execution.events import EpochProgressed, EpochStarted
from runner.mirrors.now import Doing, Publisher, read_now
from tests.runner.sweeps_for_tests import SLOTS, make_spec, make_tree


def test_what_is_published_is_what_workers_do(tmp_path: Path) -> None:
    path = tmp_path / "now.json"
    node = next(iter(make_tree(make_spec()).ready.values()))
    publisher = Publisher(path, SLOTS)
    idle = [Doing(slot=slot.name, device=slot.device) for slot in SLOTS]
    before = read_now(path)
    assert before is not None
    assert before.workers == idle
    assert before.process == os.getpid()
    publisher.note(EpochStarted(slot=SLOTS[1], node=node, is_repeated=True))
    publisher.note(
        EpochProgressed(slot=SLOTS[1], node=node, fraction=0.5, tokens_per_second=7915.0)
    )
    while (now := read_now(path)) is None or not now.workers[1].fraction:
        pass
    assert now.workers[0] == idle[0]
    assert now.workers[1] == Doing(
        slot="cpu 1",
        device="cpu",
        key=node.key,
        epoch=1,
        trial=0,
        is_repeated=True,
        fraction=0.5,
        tokens_per_second=7915.0,
    )
    publisher.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"{}", b"[]", b"null", b"[" * 100_000, b'{"process": 1, "workers": 3}'],
    ids=["empty", "binary", "lacking", "list", "null", "deep", "wrong"],
)
def test_what_cannot_be_read_counts_as_not_published(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "now.json"
    path.write_bytes(content)
    assert read_now(path) is None


def test_a_sweep_goes_on_where_nothing_can_be_published(tmp_path: Path) -> None:
    path = tmp_path / "now.json"
    path.mkdir()
    Publisher(path, SLOTS).close()
    assert read_now(path) is None
    assert list(tmp_path.iterdir()) == [path]

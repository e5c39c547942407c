from __future__ import annotations

from runner.results import phrases
from runner.results.table import EpochCounts


def test_headings_without_epochs_are_left_out_of_the_counts() -> None:
    counts = EpochCounts(
        planned=135, trained=97, shared=24, reused=0, pruned=14, stopped=0, failed=0, waiting=0
    )
    assert phrases.epochs(counts) == "97 epochs trained of 135 planned: 24 shared, 14 pruned"

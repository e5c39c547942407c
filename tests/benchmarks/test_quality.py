"""BLEU against seconds: what is read off between epochs."""

from __future__ import annotations

import pytest

from benchmarks.quality import seconds_to


def test_the_seconds_to_a_bleu_lie_on_the_line_between_the_epochs_around_it():
    points = [(10.0, 20.0), (20.0, 10.0), (30.0, 50.0)]
    assert seconds_to(5.0, points) == 2.5
    assert seconds_to(20.0, points) == 10
    assert seconds_to(30.0, points) == 25
    with pytest.raises(ValueError, match="never"):
        seconds_to(51.0, points)

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lstm3.bleu import SentenceCounter, score
from runner.results.sentence_counts import SentenceCounts
from runner.storage.store import EpochStore
from tests.runner.test_store import make_record

REFERENCES = ["Ein Satz.", "noch einer", "und noch ein ganz langer Satz dazu", "last"]
HYPOTHESES = ("Ein Satz.", "", "und noch ein ganz langer Ball dazu", "last")
BLEU = score(HYPOTHESES, REFERENCES, "13a").bleu


class Asked:
    """References, and how often they were wanted."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Sequence[str]:
        self.times += 1
        return REFERENCES


def make_counts(folder: Path, asked: Asked) -> SentenceCounts:
    return SentenceCounts(EpochStore(folder / "store"), folder / "cache", "13a", asked)


@pytest.fixture
def filled(tmp_path):
    """Return a folder whose store has an epoch with these hypotheses."""
    record = make_record()
    metrics = record.metrics.__class__(**vars(record.metrics) | {"hypotheses": HYPOTHESES})
    EpochStore(tmp_path / "store").put(make_record(metrics=metrics))
    return tmp_path


def test_counts_are_sacrebleus_and_need_the_references_once(filled):
    asked = Asked()
    found = make_counts(filled, asked).get("abcd", BLEU)
    assert found.tolist() == SentenceCounter(REFERENCES, "13a").counts(HYPOTHESES)
    again = make_counts(filled, asked).get("abcd", BLEU)
    assert np.array_equal(found, again)
    assert asked.times == 1


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", None])
def test_damaged_counts_are_made_anew(filled, damage):
    found = make_counts(filled, Asked()).get("abcd", BLEU)
    [path] = (filled / "cache").rglob("*.npy")
    whole = path.read_bytes()
    path.write_bytes(whole[:-4] + b"\x07\0\0\0" if damage is None else damage)
    assert np.array_equal(make_counts(filled, Asked()).get("abcd", BLEU), found)
    assert path.read_bytes() == whole


def test_what_does_not_give_the_recorded_bleu_counts_for_nothing(filled):
    assert make_counts(filled, Asked()).get("abcd", BLEU + 0.01) is None
    assert make_counts(filled, Asked()).get("none", BLEU) is None


def test_where_nothing_can_be_written_counts_are_made_all_the_same(filled):
    (filled / "cache").write_text("a file where a folder should be")
    assert make_counts(filled, Asked()).get("abcd", BLEU) is not None

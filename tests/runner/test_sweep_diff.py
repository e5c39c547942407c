from __future__ import annotations

import dataclasses

import pytest
from fakes import PROVENANCE

from runner.results.level import LEVEL
from runner.results.significance import Counts, score
from runner.results.sweep_diff import differing, make_diff
from runner.specs.spec import Spec
from runner.storage.origin import Origin
from runner.tree.path import Path
from runner.tree.unfold import Tree
from runner.views.diff_view import diff_view
from tests.runner.sweeps_for_tests import finished, make_spec, text_of, weights_of
from tests.runner.test_confidence import made_up


def sweep(spec: Spec) -> tuple[Origin, Tree]:
    provenance = dataclasses.replace(PROVENANCE, weights=weights_of(spec))
    return Origin(spec=spec, provenance=provenance, encoded=()), finished(spec)


def counts_of(path: Path, is_ours: bool) -> Counts:
    return made_up(0.8 if is_ours else 0.5, path.trial.number)


def test_the_same_cells_of_two_sweeps_are_compared_whatever_either_swept() -> None:
    ours = make_spec({"tf_from_epoch": (3, 5), "tf_decrease": (0.02, 0.05)})
    theirs = make_spec({"tf_decrease": (0.05, 0.1)}, name="other")
    diff = make_diff(sweep(ours), sweep(theirs), counts_of, LEVEL)
    [pair] = diff.pairs
    assert pair.params == {"tf_from_epoch": 5, "tf_decrease": 0.05}
    assert diff.only == (3, 1)
    assert pair.ours.trial.config == pair.theirs.trial.config
    assert pair.comparison is not None
    number, other = pair.ours.trial.number, pair.theirs.trial.number
    expected = score(made_up(0.8, number)) - score(made_up(0.5, other))
    assert pair.comparison.difference == pytest.approx(expected)
    assert pair.comparison.is_different
    text = text_of(diff_view(diff))
    assert pair.comparison.p_holm < 1e-6
    assert "< 0.001" in text
    assert "1 trial in both, 3 only in tf, 1 only in other" in text
    assert "other → tf: spec: tf_from_epoch" in text


def test_weights_that_were_moved_are_no_difference_between_sweeps() -> None:
    here, there = (
        sweep(make_spec({"weights": (None, f"{folder}/w"), "lr": (1e-3, 2e-3)}))
        for folder in ("/here", "/there")
    )
    diff = make_diff(here, there, counts_of, LEVEL)
    assert (len(diff.pairs), diff.only, diff.reasons) == (4, (0, 0), [])
    other = sweep(make_spec({"weights": (None, "/here/v"), "lr": (1e-3, 2e-3)}))
    diff = make_diff(here, other, counts_of, LEVEL)
    assert (len(diff.pairs), diff.only) == (2, (2, 2))
    assert [reason.partition(":")[2] for reason in diff.reasons] == [
        " weights: [nothing, 'v'] → [nothing, 'w']"
    ]


def test_without_the_same_sentences_there_is_a_difference_but_no_test() -> None:
    diff = make_diff(sweep(make_spec()), sweep(make_spec(name="other")), lambda *_: None, LEVEL)
    assert len(diff.pairs) == 9
    assert all(pair.comparison is None and pair.difference == 0.0 for pair in diff.pairs)
    assert "+0.00" in text_of(diff_view(diff))


def test_the_best_common_trials_alone_are_compared_and_all_are_counted() -> None:
    asked = []

    def asking(path: Path, is_ours: bool) -> Counts:
        asked.append(path.trial.number)
        return counts_of(path, is_ours)

    ours, theirs = sweep(make_spec()), sweep(make_spec(name="other"))
    whole = make_diff(ours, theirs, counts_of, LEVEL)
    best = make_diff(ours, theirs, asking, LEVEL, top=2)
    assert best.pairs == whole.pairs[:2]
    assert len(asked) == 4
    assert list(best.varied) == ["tf_from_epoch", "tf_decrease"]
    assert "9 trials in both" in text_of(diff_view(best))


def test_sweeps_without_a_common_cell_say_so() -> None:
    ours, theirs = (make_spec({"lr": (value,)}) for value in (1e-3, 2e-3))
    text = text_of(diff_view(make_diff(sweep(ours), sweep(theirs), counts_of, LEVEL)))
    assert "0 trials in both, 1 only in tf, 1 only in tf" in text


def test_it_is_said_where_spec_code_and_corpus_differ() -> None:
    origin, _ = sweep(make_spec())
    assert list(differing(origin, origin)) == []
    changed = dataclasses.replace(
        origin,
        spec=make_spec(grace_epochs=1),
        provenance=dataclasses.replace(PROVENANCE, code="new", corpus="longer"),
    )
    said = list(differing(changed, origin))
    assert said[0].startswith("spec: grace_epochs: 4 → 1")
    assert [line.partition(":")[0] for line in said[1:]] == ["training code", "corpus text"]

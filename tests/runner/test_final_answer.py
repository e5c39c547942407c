"""Finals that were simulated, and what is known of them afterwards."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from lstm3.corpus import CorpusText, read_corpus
from lstm3.errors import UserError
from lstm3.fingerprint import digest
from runner import cli
from runner.models.final_answer import known_final_answer
from runner.results.finals import finals_spec
from runner.results.level import LEVEL
from runner.specs.spec import Finals, Spec
from runner.storage.sweep_folder import SweepFolder
from runner.tree.unfold import Tree
from tests.fakes import PROVENANCE, make_spec
from tests.runner.test_commands import simulate

GOOD, BAD = ({"tf_from_epoch": 1, "tf_decrease": decrease} for decrease in (0.1, 0.2))
SIZES = {"train": 8, "valid": 1, "test": 20}


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    """Return a sweep over a corpus that there is."""
    corpus = {}
    for split, num_pairs in SIZES.items():
        files = tmp_path / f"{split}.de", tmp_path / f"{split}.en"
        for file in files:
            file.write_text("".join(f"{split} a b c d e {pair}\n" for pair in range(num_pairs)))
        corpus[split] = str(files[0]), str(files[1])
    return make_spec(corpus=corpus, finals=Finals(seeds=(1, 2, 3)))


@pytest.fixture
def folder(tmp_path: Path, spec: Spec) -> SweepFolder:
    found = SweepFolder(results=tmp_path, name=spec.name)
    simulate(found, spec)
    return found


def run_finals(folder: SweepFolder, spec: Spec, most: int | None = None) -> Tree:
    """Simulate finals of two cells; each seed translates the test set a little worse."""
    finals = SweepFolder(results=folder.results, name="small-finals")
    text = read_corpus(spec.corpus)
    provenance = dataclasses.replace(PROVENANCE, corpus=text.digest)
    tree = simulate(finals, finals_spec(spec, [GOOD, BAD]), most, provenance)
    if text.test is not None:
        (finals.path / "test").mkdir(exist_ok=True)
        for path in tree.paths:
            num_wrong = path.trial.seed + 10 * (path.trial.params == BAD)
            translate(finals, path.best_key, text, num_wrong)
    return tree


def translate(finals: SweepFolder, key: str, text: CorpusText, num_wrong: int) -> None:
    assert text.test is not None
    src, trg = text.test.src, text.test.trg
    outputs = ["test a b c d wrong"] * num_wrong + list(trg[num_wrong:])
    content = {"digest": digest([digest([src, trg]), outputs]), "hypotheses": outputs}
    (finals.path / "test" / f"{key}.json").write_text(json.dumps(content))


def test_without_finals_there_is_no_answer(folder: SweepFolder, spec: Spec) -> None:
    assert known_final_answer(folder, spec, LEVEL) is None


def test_the_answer_is_that_of_the_test_translations_that_were_kept(
    folder: SweepFolder, spec: Spec
) -> None:
    run_finals(folder, spec)
    found = known_final_answer(folder, spec, LEVEL)
    assert found is not None
    means = {str(each.params): sum(s.score for s in each.systems) / 3 for each in found.finalists}
    assert means[str(GOOD)] > means[str(BAD)]
    [said] = found.duels
    assert said.startswith("tf_decrease 0.1 beats 0.2")
    assert "3 seeds each, 20 test sentences" in said
    assert found.notes[0] == "seed 1 also chose these cells out of the sweep, which favours them"
    assert "20 sentences: too few" in found.notes[-1]
    baseline = dataclasses.replace(spec, baseline=True, base=spec.config(BAD, 1))
    found = known_final_answer(folder, baseline, 0.01)
    assert found is not None
    assert "beats 0.2 (the baseline)" in found.duels[0]
    assert "at level 0.01" in found.duels[0]


def test_without_a_test_set_validation_answers_and_that_is_said(
    folder: SweepFolder, spec: Spec
) -> None:
    assert not isinstance(spec.corpus, str)
    corpus = {split: files for split, files in spec.corpus.items() if split != "test"}
    run_finals(folder, dataclasses.replace(spec, corpus=corpus))
    found = known_final_answer(folder, dataclasses.replace(spec, seeds=(5,)), LEVEL)
    assert found is not None
    assert "1 validation sentences" in found.duels[0]
    assert found.notes[0].startswith("there is no test set")


def test_finals_under_way_or_of_other_text_have_no_answer(folder: SweepFolder, spec: Spec) -> None:
    run_finals(folder, spec, most=3)
    with pytest.raises(UserError, match="small-finals: not every trial is complete"):
        known_final_answer(folder, spec, LEVEL)
    tree = run_finals(folder, spec)
    kept = folder.results / f"small-finals/test/{tree.paths[0].best_key}.json"
    kept.unlink()
    with pytest.raises(UserError, match="trial #0 has no translations of this test set"):
        known_final_answer(folder, spec, LEVEL)
    (folder.results / "valid.en").write_text("another sentence\n")
    with pytest.raises(UserError, match="text has changed since"):
        known_final_answer(folder, spec, LEVEL)


def test_the_page_begins_with_the_answer_or_says_why_there_is_none(
    folder: SweepFolder, spec: Spec
) -> None:
    def page(*options: str) -> str:
        assert cli.run(["report", "small", "--results", str(folder.results), *options]) == 0
        return (folder.path / "report.html").read_text()

    assert "Finals: " not in page()
    run_finals(folder, spec)
    shown = page()
    assert 'class="answer">Finals: tf_decrease 0.1 beats 0.2' in shown
    assert "`finals` would compare other cells" in shown, "these are not the two best"
    assert len(shown) < 6_000_000
    assert "at level 0.05" in shown
    assert "at level 0.01" in page("--level", "0.01")
    (folder.results / "test.en").unlink()
    shown = page()
    assert 'class="answer">Finals' not in shown
    assert "the finals have no answer to show here: " in shown

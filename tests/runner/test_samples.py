"""Samples of a sweep that was simulated, over a corpus that there is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from lstm3.corpus import read_corpus
from runner import cli
from runner.execution.preparation import Corpora
from runner.models.samples import best_samples, epoch_samples
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tree import path as tree_path
from tests.fakes import PROVENANCE, make_spec
from tests.runner.test_commands import simulate

Shown = tuple[Origin, tree_path.Path]


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return SweepFolder(results=tmp_path, name="small")


@pytest.fixture
def shown(folder: SweepFolder) -> Shown:
    """Return a sweep with an encoded corpus of one validation pair, and one of its trials."""
    files = {language: folder.results / f"text.{language}" for language in ("de", "en")}
    for language, file in files.items():
        file.write_text(f"ein Satz in {language}\n")
    pair = str(files["de"]), str(files["en"])
    spec = make_spec(corpus={"train": pair, "valid": pair})
    tree = simulate(folder, spec)
    encoded = Corpora(read_corpus(spec.corpus), folder.corpora).folder(spec.base).name
    origin = Origin(spec=spec, provenance=PROVENANCE, encoded=(encoded,))
    folder.save(origin)
    return origin, tree.paths[0]


def test_samples_are_what_an_epoch_made_of_the_first_sentences(
    folder: SweepFolder, shown: Shown
) -> None:
    origin, path = shown
    [sample] = best_samples(folder, origin, path)
    assert (sample.source, sample.reference) == ("ein Satz in de", "ein Satz in en")
    assert sample.output == f"hypothesis of {path.best_key}"
    every_other = dataclasses.replace(path.trial.config, samples_every=2)
    found = epoch_samples(folder, origin, path.keys, every_other)
    assert [(epoch, output) for epoch, _, _, output in found] == [
        (2, f"hypothesis of {path.keys[1]}"),
        (4, f"hypothesis of {path.keys[3]}"),
    ]


def test_a_trial_whose_translations_are_damaged_is_shown_without_samples(
    folder: SweepFolder, shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    origin, path = shown
    command = ["show", "small", "0", "--results", str(folder.results)]
    assert cli.run(command) == 0
    assert "hypothesis of" in capsys.readouterr().out
    with folder.store.record_path(path.best_key).open("a") as record:
        record.write("one line more\n")
    assert best_samples(folder, origin, path) == []
    assert cli.run(command) == 0
    output, errors = capsys.readouterr()
    assert "hypothesis of" not in output
    assert errors == ""
    others = epoch_samples(folder, origin, path.keys, path.trial.config)
    assert len(others) == path.num_epochs - 1

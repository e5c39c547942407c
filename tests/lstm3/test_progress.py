"""A person sees how far training is, what each epoch came to, and what it says."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from lstm3.config import Config
from lstm3.encoding import EncodedCorpus
from lstm3.progress import TrainingView
from lstm3.train import train
from tests.lstm3.tiny import CPU, make_config, make_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> EncodedCorpus:
    return make_corpus(tmp_path / "corpora")


def _shown(config: Config, corpus: EncodedCorpus, folder: Path, **kind: object) -> str:
    out = io.StringIO()
    console = Console(file=out, width=120, **kind)  # type: ignore[arg-type]
    with TrainingView(config, corpus, console) as view:
        for event in train(config, corpus, CPU, folder):
            view.show(event)
    return out.getvalue()


def test_a_file_gets_one_line_an_epoch_and_no_bar(corpus: EncodedCorpus, tmp_path: Path) -> None:
    config = make_config(num_epochs=2, num_samples=0, tf_from_epoch=1, tf_decrease=0.25)
    head, first, second = _shown(config, corpus, tmp_path / "m").splitlines()
    assert "parameters" in head
    assert "nrefs:1|" in head
    assert first.startswith("epoch 1/2  train loss ")
    assert second.startswith("epoch 2/2  train loss ")
    assert "tf 1  " in first
    assert "tf 0.75  " in second
    for word in ("val loss", "without teacher forcing", "BLEU", "sinergy", "BP", "lr 0.002"):
        assert word in second


def test_samples_are_shown_every_so_many_epochs_and_so_many(
    corpus: EncodedCorpus, tmp_path: Path
) -> None:
    config = make_config(num_epochs=5, num_samples=2, samples_every=2)
    lines = _shown(config, corpus, tmp_path / "m").splitlines()
    kinds = [line.split()[0] for line in lines[1:]]
    samples = ["source", "reference", "output"] * 2
    assert kinds == ["epoch", "epoch", *samples, "epoch", "epoch", *samples, "epoch"]
    sources = [line.split(maxsplit=1)[1] for line in lines if line.startswith("  source")]
    assert sources == [*corpus.valid_src[:2], *corpus.valid_src[:2]]


def test_more_samples_than_there_are_sentences_are_all_of_them(
    corpus: EncodedCorpus, tmp_path: Path
) -> None:
    shown = _shown(make_config(num_epochs=1, num_samples=99), corpus, tmp_path / "m")
    assert shown.count("  source") == len(corpus.valid_src)


def test_a_terminal_gets_a_bar_beside_the_lines(corpus: EncodedCorpus, tmp_path: Path) -> None:
    config = make_config(num_epochs=2, num_samples=0)
    shown = _shown(config, corpus, tmp_path / "m", force_terminal=True, color_system=None)
    assert "━" in shown
    for epoch in (1, 2):
        assert f"epoch {epoch}/2  train loss" in shown
    assert "epoch 3" not in shown

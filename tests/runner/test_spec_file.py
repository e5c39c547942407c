"""Specs: what is understood, and what is said about what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstm3.errors import ConfigError
from runner.specs.resolved_spec import write_spec
from runner.specs.rules import Hyperband, Percentile
from runner.specs.spec import Choices, Range, Spec
from runner.specs.spec_file import parse_spec, read_spec


def parse(text: str) -> Spec:
    return parse_spec(text, name="a", folder=Path("/specs"), where="a.yaml")


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return list(caught.value.problems)


GRID = """\
# Does it help,
# and when?
corpus: demo
base: {num_epochs: 4, learning_rate: 2e-3}
sweep:
  tf_from_epoch: [1, 2, 3]
  tf_decrease: [0, 5e-2]
seeds: [1, 2]
"""


def test_a_grid_is_the_product_of_its_lists():
    spec = parse(GRID)
    assert spec.question == "Does it help, and when?"
    assert spec.base.lr == 0.002
    assert spec.num_cells == len(list(spec.grid())) == 6
    assert {"tf_from_epoch": 2, "tf_decrease": 0.05} in list(spec.grid())


def test_a_resolved_spec_is_read_back_as_the_same_spec():
    sampled = (
        "corpus: {train: [a.de, a.en], valid: [b.de, b.en]}\nsearch: tpe\ntrials: 7\n"
        "sweep: {lr: {min: 1e-4, max: 1e-2, log: true}, patience: {min: 1, max: 4},"
        " gamma: {values: [0.5, 0.1]}}\nprune: {hyperband: {max_resource: 9}}\nbudget: {hours: 2}\n"
        "store: {keep: ends, max_gb: 1.5}"
    )
    for text in (GRID, sampled):
        spec = parse(text)
        again = parse_spec(write_spec(spec), name="a", folder=Path("/specs"), where="b")
        assert again == (spec if text is GRID else again)
        assert write_spec(again) == write_spec(spec)


def test_ranges_have_the_type_of_their_key():
    text = "corpus: demo\nsearch: random\ntrials: 3\nsweep: {lr: {min: 1e-4, max: 1}, patience: "
    spec = parse(text + "{min: 1, max: 4}}")
    assert spec.axes["lr"] == Range(low=1e-4, high=1.0)
    assert spec.axes["patience"] == Range(low=1, high=4, is_whole=True)
    assert "expected a whole number" in problems_of(text + "{min: 0.5, max: 4}}")[0]


def test_pruners_are_named_with_or_without_parameters():
    assert parse("corpus: demo").prune == Percentile(keep=75, startup_trials=8, warmup_epochs=7)
    assert parse("corpus: demo\nprune: none").prune is None
    assert parse("corpus: demo\nprune: {percentile: {keep: 50}}").prune == Percentile(keep=50)
    hyperband = parse("corpus: demo\nprune: {hyperband: {max_resource: 27}}").prune
    assert hyperband == Hyperband(max_resource=27)


def test_hyperband_without_its_largest_resource_is_refused_with_the_reason():
    assert "max_resource" in problems_of("corpus: demo\nprune: hyperband")[0]


def test_off_needs_no_quotes():
    assert parse("corpus: demo\nwandb: off").wandb == "off"
    assert parse('corpus: demo\nwandb: "off"').wandb == "off"
    assert parse("corpus: demo\nwandb: false").wandb == "off"


def test_all_problems_of_a_spec_are_reported_at_once_with_file_line_and_key():
    text = """\
corpus: 3
base: {label_smothing: 0.1, seed: 4, gamma: 2}
sweep:
  gamma: []
  weight_decay: ["1e-4", 1e-4]
  patience: 3
prune: strictly
seeds: [1, 1]
serch: grid
lr: 1
"""
    assert problems_of(text) == [
        "a.yaml:9: serch: unknown key; did you mean 'search'?",
        "a.yaml:10: lr: it goes under 'base:'",
        "a.yaml:2: base.seed: there is 'seeds' for this",
        "a.yaml:2: base.label_smothing: unknown key; did you mean 'label_smoothing'?",
        "a.yaml:2: base.gamma: found 2.0; expected a number > 0 and < 1",
        "a.yaml:4: sweep.gamma: found an empty list; expected at least one value",
        "a.yaml:5: sweep.weight_decay: found '1e-4'; expected a number",
        "a.yaml:6: sweep.patience: found 3; expected a list such as [1, 2], or a range such as "
        "{min: 1, max: 2}",
        "a.yaml:1: corpus: found 3; expected a known corpus such as demo, or {train: [source file,"
        " target file], valid: […]}",
        "a.yaml:8: seeds: a seed is listed twice",
        "a.yaml:7: prune: found 'strictly'; expected one of safe, none, percentile, median, "
        "threshold, patient, halving, hyperband, or one with its parameters such as "
        "{percentile: {keep: 75}}",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sweep: {lr: [1e-3], learning_rate: [1e-3]}", "they are one key"),
        ("base: {lr: 1e-3}\nsweep: {learning_rate: [1e-3]}", "keep one"),
        ("sweep: {lr: [1e-3, 0.001]}", "listed twice"),
        ("sweep: {lr: {min: 1, max: 2}}", "a grid needs a list"),
        ("sweep: {lr: {min: 2, max: 1}}\nsearch: tpe\ntrials: 2", "min < max"),
        ("sweep: {weight_decay: {min: 0, max: 1, log: true}}\nsearch: tpe\ntrials: 2", "min > 0"),
        ("sweep: {use_tf: {min: 0, max: 1}}\nsearch: tpe\ntrials: 2", "only a number"),
        ("sweep: {lr: [1e-3]}\nsearch: tpe", "trials: N"),
        ("sweep: {lr: [1e-3]}\ntrials: 4", "leave it out"),
        ("sweep: {seed: [1, 2]}", "there is 'seeds'"),
        ("sweep: {bleu_tokenize: [13a, none]}", "depend"),
        ("sweep: {lr: [.nan]}", "found nan"),
        ("sweep: {lr: [[1]]}", "expected a number"),
        ("sweep: 3", "expected keys with values"),
        ("base: [1]", "expected keys with values"),
        ("seeds: 1", "expected a list"),
        ("parallel: 0", "expected a whole number ≥ 1"),
        ("trials: true\nsearch: random\nsweep: {lr: [1]}", "expected a whole number ≥ 1"),
        ("max_trials: 1\nsweep: {lr: [1, 2]}", "makes 2 trials"),
        ("objective: loss", "expected bleu"),
        ("budget: {hours: -1}", "expected a number > 0"),
        ("store: {keep: nothing}", "store.keep: found 'nothing'; expected one of all, branches"),
        ("store: {keep: []}", "expected one of all"),
        ("store: {max_gb: 0}", "expected a number > 0"),
        ("store: {max_gb: .nan}", "expected a number > 0"),
        ("store: {max_gb: true}", "expected a number > 0"),
        ("store: {maxgb: 1}", "did you mean 'max_gb'?"),
        ("store: all", "expected keys with values"),
        ("prune: {percentile: {keep: 101}}", "≤ 100"),
        ("prune: {percentile: {kep: 50}}", "did you mean 'keep'?"),
        ("prune: {median: 5}", "expected one of"),
    ],
)
def test_each_mistake_gets_a_line_that_says_what_would_be_right(text, said):
    assert said in "\n".join(problems_of("corpus: demo\n" + text))


def test_values_on_the_command_line_override_and_take_their_axis_away(tmp_path):
    path = tmp_path / "tf.yaml"
    path.write_text(GRID)
    spec = read_spec(path, ["tf_decrease=0.1", "num_epochs=7"])
    assert spec.name == "tf"
    assert spec.base.num_epochs == 7
    assert spec.base.tf_decrease == 0.1
    assert spec.axes == {"tf_from_epoch": Choices(values=(1, 2, 3))}


def test_an_override_of_a_key_that_cells_list_is_one_line_that_names_it(tmp_path):
    path = tmp_path / "tf.yaml"
    path.write_text(GRID + "cells: [{tf_from_epoch: 1, tf_decrease: 0.05}]\n")
    assert len(read_spec(path, ["num_epochs=7"]).cells) == 1
    with pytest.raises(ConfigError) as caught:
        read_spec(path, ["tf_decrease=0.1"])
    [line] = caught.value.problems
    assert line.startswith("command line: tf_decrease: ")
    assert line.endswith("cells lists a value for each cell; expected a key that is not swept")


@pytest.mark.parametrize("text", ["lr", "lr=", "lr=-1", "lr=[1", "nothing=1", "seed=1", "lr=1e400"])
def test_a_wrong_override_is_a_line_about_the_command_line(tmp_path, text):
    path = tmp_path / "tf.yaml"
    path.write_text(GRID)
    with pytest.raises(ConfigError, match="command line"):
        read_spec(path, [text])


def test_relative_paths_are_relative_to_the_specs_folder(tmp_path):
    folder = tmp_path / "specs"
    folder.mkdir()
    for name in ("a.de", "a.en"):
        (folder / name).write_text("x\n")
    path = folder / "own.yaml"
    path.write_text("corpus: {train: [a.de, a.en], valid: [a.de, a.en]}")
    corpus = read_spec(path).corpus
    assert corpus["train"] == (str(folder / "a.de"), str(folder / "a.en"))


def test_a_missing_corpus_or_weights_file_is_reported_with_its_line_among_the_others(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "corpus: {train: [a.de, a.en],\n  valid: [a.de, a.en]}\n"
        "base: {weights: none.safetensors}\nfoo: 1\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_spec(path)
    lines = "\n".join(caught.value.problems)
    assert "own.yaml:4: foo" in lines
    assert "own.yaml:1: corpus.train" in lines
    assert "own.yaml:3: base.weights" in lines


def test_an_unknown_corpus_names_the_nearest_known_one(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("corpus: demmo")
    with pytest.raises(ConfigError, match=r"own.yaml:1: corpus: .*demo"):
        read_spec(path)

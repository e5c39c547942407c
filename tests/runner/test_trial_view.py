from __future__ import annotations

import dataclasses

import pytest

from lstm3.config import KEYS
from runner import words
from runner.results.cells import Cell, make_cells
from runner.results.history import Sample, history
from runner.results.table import make_table
from runner.tree.path import Node, Path
from runner.tree.trial import TrialState
from runner.tree.unfold import AnyOutcome, Tree
from runner.views.trial_view import trial_view
from tests.runner.sweeps_for_tests import (
    failure,
    finished,
    make_spec,
    make_tree,
    result_of,
    text_of,
)


def test_a_trial_is_shown_with_its_epochs_samples_config_and_files() -> None:
    tree = finished(make_spec())
    path = tree.paths[4]
    sample = Sample(source="ein [Hund]", reference="a dog", output="a [dog]", bleu=34.216)
    text = text_of(trial_view("tf", path, history(tree, path), [sample], ["trials/x.safetensors"]))
    assert f"trial #4  {path.trial.id}  complete" in text
    for result in path.results:
        assert f"{result.val_loss:.3f}" in text
        assert f"{result.bleu:.2f}" in text
    assert "shared with #0" in text
    assert "ein [Hund]" in text
    assert "a [dog]  BLEU 34.22" in text
    assert all(name in text for name in KEYS)
    assert text.index("tf_decrease") < text.index("weight_decay")
    assert "trials/x.safetensors" in text


def test_every_number_of_an_epoch_is_whole_beside_a_sweep_with_a_long_name() -> None:
    def simulate(node: Node) -> AnyOutcome:
        return result_of(node, "tf" if node.epoch > 5 else "regularisation")

    tree = finished(make_spec({"lr": (0.0012345, 0.012345)}), simulate)
    for path in tree.paths:
        epochs = history(tree, path)
        lines = text_of(trial_view("tf", path, epochs, [], []), 80).splitlines()
        for past, line in zip(epochs, lines[lines.index("") + 5 :], strict=False):
            result = past.result
            losses = (result.train_loss, result.val_loss, result.val_loss_no_tf)
            settings = (past.settings.lr, past.settings.teacher_forcing)
            numbers = [str(past.epoch), *map(words.value, settings)]
            numbers += [*map(words.loss, losses), words.bleu(result.bleu)]
            assert line.split()[:7] == numbers
            assert line.rstrip().endswith(past.origin)
        assert any("reused from regularisation" in line for line in lines)
        assert any(line.startswith("no room here for sinergy") for line in lines)


def test_where_epochs_were_trained_is_told_once_for_all_in_a_row() -> None:
    here, there = {"torch": "2.5", "device": "cpu"}, {"torch": "2.5", "device": "cuda:0"}

    def moves(node: Node) -> AnyOutcome:
        environment = there if node.epoch == 4 else here
        return dataclasses.replace(
            result_of(node, "tf" if node.epoch > 1 else "other"), environment=environment
        )

    tree = finished(make_spec(), moves)
    path = tree.paths[4]
    text = text_of(trial_view("tf", path, history(tree, path), [], []))
    assert "epochs 1–3: torch 2.5, device cpu" in text
    assert "epoch 4: torch 2.5, device cuda:0" in text
    assert "epochs 5–10: torch 2.5, device cpu" in text


def test_what_a_trial_took_is_told_with_what_others_share_of_it() -> None:
    tree = finished(make_spec(), lambda node: result_of(node, "tf" if node.epoch > 1 else "other"))
    for path in tree.paths:
        epochs = history(tree, path)
        text = text_of(trial_view("tf", path, epochs, [], []))
        assert ("shared with trials before" in text) == any(
            past.shared_with is not None for past in epochs
        )
        assert ("by other sweeps" in text) == (epochs[0].shared_with is None)


def test_the_curve_has_a_bar_an_epoch_and_its_peak_at_the_best() -> None:
    tree = finished(make_spec())
    for path in tree.paths:
        lines = text_of(trial_view("tf", path, history(tree, path), [], [])).splitlines()
        curve = next(line for line in lines if "▁" in line).split()[2]
        assert len(curve) == path.num_epochs
        assert curve[path.best_epoch - 1] == "█"


@pytest.mark.parametrize("num_epochs", [50, 55, 56, 57, 200])
def test_the_curve_fits_its_line_however_many_epochs_it_has(num_epochs: int) -> None:
    tree = finished(make_spec({"lr": (1e-3,)}, num_epochs=num_epochs))
    [path] = tree.paths
    lines = text_of(trial_view("tf", path, history(tree, path), [], [])).splitlines()
    curve = next(line for line in lines if line.startswith("BLEU "))
    assert curve.endswith(f"{max(path.values):.2f} at epoch {path.best_epoch}")
    bars = curve.split()[2]
    size = -(-num_epochs // len(bars))
    assert bars[(path.best_epoch - 1) // size] == "█"
    assert (f"a bar is the best of {size} epochs" in lines) == (size > 1)


def test_a_trial_that_has_no_epoch_can_be_shown() -> None:
    waiting = make_tree(make_spec()).paths[0]
    assert "waiting" in text_of(trial_view("tf", waiting, [], [], []))
    failed = finished(make_spec(), lambda _: failure("diverged")).paths[0]
    assert "failed: diverged" in text_of(trial_view("tf", failed, [], [], []))


def cell_of(tree: Tree, path: Path) -> Cell:
    rows = make_table(tree).rows
    return next(cell for cell in make_cells(rows) if cell.holds(path.trial.number))


def test_a_trial_of_several_seeds_is_shown_beside_the_others_of_its_cell() -> None:
    tree = finished(make_spec(seeds=(1, 7)))
    path, other = (each for each in tree.paths if each.cell == 3)
    text = text_of(trial_view("tf", path, [], [], [], cell_of(tree, path)), 200)
    said = [
        f"{each.trial.seed} (#{each.trial.number}): {max(each.values):.2f}"
        for each in (path, other)
    ]
    mean = (max(path.values) + max(other.values)) / 2
    assert f"BLEU by seed: {', '.join(said)}; mean {mean:.2f}, sd " in text


def test_a_seed_that_failed_is_shown_and_takes_no_part_in_the_mean() -> None:
    tree = finished(make_spec(seeds=(1, 7, 9)))
    paths = [each for each in tree.paths if each.cell == 3]
    paths[1].state = TrialState.FAILED
    text = text_of(trial_view("tf", paths[0], [], [], [], cell_of(tree, paths[0])), 200)
    assert f"{max(paths[1].values):.2f} (failed)" in text
    assert ", n 2" in text

from __future__ import annotations

from lstm3.config import KEYS
from runner.history import Sample, history
from runner.trial_view import trial_view
from tests.runner.sweeps_for_tests import failure, finished, make_spec, make_tree, text_of


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


def test_the_curve_has_a_bar_an_epoch_and_its_peak_at_the_best() -> None:
    tree = finished(make_spec())
    for path in tree.paths:
        lines = text_of(trial_view("tf", path, history(tree, path), [], [])).splitlines()
        curve = next(line for line in lines if "▁" in line).split()[2]
        assert len(curve) == path.num_epochs
        assert curve[path.best_epoch - 1] == "█"


def test_a_trial_that_has_no_epoch_can_be_shown() -> None:
    waiting = make_tree(make_spec()).paths[0]
    assert "waiting" in text_of(trial_view("tf", waiting, [], [], []))
    failed = finished(make_spec(), lambda _: failure("diverged")).paths[0]
    assert "failed: diverged" in text_of(trial_view("tf", failed, [], [], []))

from __future__ import annotations

import dataclasses

from runner.tree.plan import make_plan
from runner.tree.unfold import AnyOutcome
from runner.views.plan_view import plan_view
from tests.runner.sweeps_for_tests import make_spec, make_tree, run, text_of


def test_a_plan_says_trials_epochs_shares_assumption_and_time() -> None:
    lines = text_of(plan_view(make_plan(make_tree(make_spec()), {}), 2)).splitlines()
    assert "9 trials × 10 epochs = 90 epochs" in lines
    assert "52  58%  to train" in [line.rstrip() for line in lines]
    assert "38  42%  shared between trials" in [line.rstrip() for line in lines]
    assert "time: unknown until one epoch has been trained" in lines
    assert any("every validation loss is better" in line for line in lines)


def test_the_tree_of_a_small_sweep_is_drawn() -> None:
    text = text_of(plan_view(make_plan(make_tree(make_spec()), {}), 2))
    assert "epochs 1–3 · lr 0.002 · tf 1 · 9 trials" in text
    assert "├── epochs 4–5 · tf 1 · #0, #2–#3, #5–#7" in text
    assert "epochs 8–10 · tf 0.95 → 0.85 · #7" in text


def test_known_epochs_are_marked_and_give_an_estimate() -> None:
    known: dict[str, AnyOutcome] = {}
    for _ in run(make_tree(make_spec()), known):
        if len(known) == 3:
            break
    known = {key: dataclasses.replace(each, seconds=60.0) for key, each in known.items()}
    text = text_of(plan_view(make_plan(make_tree(make_spec()), known), 7))
    assert "epochs 1–3 · lr 0.002 · tf 1 · 9 trials · known" in text
    assert "about 7 min on 7 workers, at 60 s an epoch" in text


def test_trials_of_different_length_are_said_to_be() -> None:
    plan = make_plan(make_tree(make_spec({"num_epochs": (5, 8)})), {})
    assert "2 trials of 5 to 8 epochs: 13 epochs" in text_of(plan_view(plan, 1))


def test_what_can_not_be_known_is_called_an_upper_bound() -> None:
    plan = dataclasses.replace(make_plan(make_tree(make_spec()), {}), num_unborn=3)
    text = text_of(plan_view(plan, 1))
    assert "to train, at most" in text
    assert "3 trials will be proposed when results of others are known" in text


def test_a_finished_sweep_has_nothing_left_to_train() -> None:
    known: dict[str, AnyOutcome] = {}
    for _ in run(make_tree(make_spec()), known):
        pass
    assert "nothing is left to train" in text_of(
        plan_view(make_plan(make_tree(make_spec()), known), 1)
    )

from __future__ import annotations

import dataclasses

import pytest

from runner.results.rerun import FACTS, compare, rerun_spec
from runner.views.rerun_view import rerun_view
from tests.runner.sweeps_for_tests import (
    TF_AXES,
    failure,
    finished,
    make_spec,
    prunes_early,
    result_of,
    text_of,
)

CELLS = ({"tf_from_epoch": 7, "tf_decrease": 0.1}, {"tf_from_epoch": 3, "tf_decrease": 0.05})


def weighed(node):
    return dataclasses.replace(result_of(node), weights=f"weights of {node.key}")


def fails_at_4(node):
    return failure("diverged") if node.epoch == 4 else weighed(node)


@pytest.mark.parametrize("simulate", [weighed, fails_at_4])
def test_a_trial_trained_alone_goes_the_very_same_epochs(simulate) -> None:
    spec = make_spec(prune=prunes_early(), seeds=(1, 2))
    for path in finished(spec, simulate).paths:
        if path.keys:
            [again] = finished(rerun_spec(spec, path), simulate).paths
            assert again.keys == path.keys
            assert compare(path, again).is_same


@pytest.mark.parametrize("changes", [{"baseline": True}, {"cells": CELLS}])
def test_a_trial_of_a_listed_cell_or_beside_a_baseline_is_trained_alone(changes) -> None:
    spec = make_spec(TF_AXES, **changes)
    paths = finished(spec).paths
    assert len(paths) > 1
    for path in paths:
        [again] = finished(rerun_spec(spec, path)).paths
        assert again.trial.id == path.trial.id
        assert again.keys == path.keys


@pytest.mark.parametrize("fact", [*FACTS, "weights"])
def test_any_difference_at_any_epoch_is_found_and_said(fact: str) -> None:
    def otherwise(node):
        result = weighed(node)
        if node.epoch != 5:
            return result
        value = "others" if fact == "weights" else getattr(result, fact) + 2**-40
        return dataclasses.replace(result, **{fact: value})

    spec = make_spec({"lr": (1e-3,)})
    [path], [again] = finished(spec, weighed).paths, finished(spec, otherwise).paths
    found = compare(path, again)
    assert [pair.epoch for pair in found.epochs if not pair.is_same] == [5]
    text = text_of(rerun_view("tf #0", found, {"torch": ("2.13", "2.14")}))
    assert "tf #0 came out differently from epoch 5 on" in text
    assert "torch: 2.13 then, 2.14 now" in text


def test_a_record_without_weights_is_compared_by_what_it_has() -> None:
    spec = make_spec({"lr": (1e-3,)})
    [path], [again] = finished(spec).paths, finished(spec, weighed).paths
    assert compare(path, again).is_same
    text = " ".join(text_of(rerun_view("tf #0", compare(path, again), {})).split())
    assert (
        "the same in its losses and BLEU: 10 epochs; the weights of 10 epochs are not known" in text
    )
    assert "bit for bit" not in text
    [path] = finished(spec, weighed).paths
    assert "bit for bit: 10 epochs" in text_of(rerun_view("tf #0", compare(path, again), {}))


@pytest.mark.parametrize("is_before", [True, False])
def test_a_trial_that_fails_only_once_is_not_the_same(is_before: bool) -> None:
    spec = make_spec({"lr": (1e-3,)}, num_epochs=4)
    order = (fails_at_4, weighed) if is_before else (weighed, fails_at_4)
    [path], [again] = (finished(spec, simulate).paths for simulate in order)
    found = compare(path, again)
    assert not found.is_same
    text = text_of(rerun_view("tf #0", found, {}))
    assert "diverged" in text
    assert "it did not fail" in text


def test_what_the_first_different_epoch_ran_on_is_compared_and_else_the_last_that_both_went() -> (
    None
):
    def on(device: str, differs_at: int, otherwise=weighed):
        def simulate(node):
            place = device if node.epoch >= differs_at else "cpu"
            found = otherwise(node) if node.epoch >= differs_at else weighed(node)
            return dataclasses.replace(found, environment={"device": place})

        return simulate

    def worse(node):
        return dataclasses.replace(weighed(node), bleu=1.0)

    spec = make_spec({"lr": (1e-3,)})
    [path] = finished(spec, on("cpu", 1)).paths
    [again] = finished(spec, on("cuda:0", 5, worse)).paths
    assert compare(path, again).environments == ({"device": "cpu"}, {"device": "cuda:0"})
    [failing] = finished(spec, on("cuda:0", 3, fails_at_4)).paths
    assert compare(path, failing).environments == ({"device": "cpu"}, {"device": "cuda:0"})
    [never] = finished(spec, lambda _: failure("x")).paths
    assert compare(path, never).environments == ({}, {})

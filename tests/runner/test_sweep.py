"""A sweep is a pure function of its spec, whoever trains it and however often it is interrupted."""

from __future__ import annotations

import pytest
from fakes import (
    SimulatedCore,
    make_diverging_core,
    make_doomed_core,
    make_frozen_core,
    make_mortal_core,
    make_spec,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm3.config import Config
from runner.execution.events import BudgetReached, EpochFinished, EpochStarted, SlotFreed, Warned
from runner.execution.in_process_engine import InProcessEngine
from runner.execution.local_engine import LocalEngine
from runner.execution.sweep import Places, run_sweep
from runner.results.formats import to_json
from runner.results.table import make_table
from runner.specs.rules import Percentile
from runner.specs.spec import Budget, Choices, Deadline, Range
from runner.storage.store import EpochStore
from runner.tree.judges import make_proposer, make_pruner
from runner.tree.trial import Decision
from runner.tree.unfold import unfold
from tests.runner.sweeping import make_outcomes, make_tree, num_trained, run, slots, table_of

PRUNED = Percentile(keep=50, startup_trials=2, warmup_epochs=1)


SPECS = {
    "grid": make_spec(),
    "pruned": make_spec(prune=PRUNED, grace_epochs=1, seeds=(1, 2)),
    "tpe": make_spec(
        search="tpe",
        trials=7,
        parallel=2,
        prune=PRUNED,
        grace_epochs=0,
        axes={"lr": Range(low=1e-4, high=1e-1, log=True), "patience": Choices(values=(0, 1))},
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_every_epoch_is_trained_once_and_as_many_as_there_are_keys(name, tmp_path):
    tree, events = run(SPECS[name], tmp_path)
    keys = {key for path in tree.paths for key in path.keys}
    assert num_trained(events) == len(keys) == len(list(tmp_path.rglob("*.record")))
    assert make_table(tree).epochs.trained == len(keys)


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=20)
@given(num_workers=st.integers(1, 8), stops=st.lists(st.integers(1, 40), max_size=4))
def test_any_number_of_workers_and_interruptions_gives_the_same_table(
    name, num_workers, stops, tmp_path_factory
):
    spec = SPECS[name]
    undisturbed, disturbed = tmp_path_factory.mktemp("a"), tmp_path_factory.mktemp("b")
    run(spec, undisturbed)
    finished = []
    for stop in [*stops, None]:
        _, events = run(spec, disturbed, num_workers=num_workers, num_events=stop)
        finished += [event.node.key for event in events if isinstance(event, EpochFinished)]
    assert table_of(spec, disturbed) == table_of(spec, undisturbed)
    assert len(finished) == len(set(finished)), "an epoch was trained twice"


def test_sharing_changes_no_trial(tmp_path):
    spec = SPECS["grid"]
    shared, _ = run(spec, tmp_path / "shared")
    for path in shared.paths:
        axes = {key: Choices(values=(value,)) for key, value in path.trial.params.items()}
        alone, _ = run(make_spec(axes=axes), tmp_path / path.trial.id)
        assert alone.paths[0].results == path.results
        assert alone.paths[0].trial.id == path.trial.id


def test_a_longer_sweep_trains_only_what_is_new(tmp_path):
    _, first = run(make_spec(base=Config(num_epochs=3)), tmp_path)
    tree, second = run(make_spec(base=Config(num_epochs=5)), tmp_path)
    assert num_trained(first) + num_trained(second) == make_table(tree).epochs.trained


def test_what_another_sweep_trained_is_reused(tmp_path):
    run(make_spec(), tmp_path)
    tree, events = run(make_spec(name="other"), tmp_path)
    counts = make_table(tree).epochs
    assert num_trained(events) == counts.trained == 0
    assert counts.reused == make_table(run(make_spec(), tmp_path)[0]).epochs.trained


def test_a_lost_state_is_made_again_before_its_child_and_changes_nothing(tmp_path):
    run(make_spec(base=Config(num_epochs=3)), tmp_path)
    for file in [*tmp_path.rglob("*.weights"), *tmp_path.rglob("*.moments")]:
        file.unlink()
    tree, events = run(make_spec(), tmp_path, num_workers=3)
    repeated = [e for e in events if isinstance(e, EpochStarted) and e.is_repeated]
    assert repeated
    again, _ = run(make_spec(), tmp_path)
    assert make_table(again).timing.repeated == len(repeated)
    fresh, _ = run(make_spec(), tmp_path / "fresh")
    assert to_json(make_table(tree)).partition('"timing"')[0] == table_of(make_spec(), tmp_path)
    assert [path.values for path in tree.paths] == [path.values for path in fresh.paths]


def test_a_state_with_a_changed_byte_is_set_aside_and_made_again(tmp_path):
    run(make_spec(base=Config(num_epochs=3)), tmp_path)
    for file in tmp_path.rglob("*.weights"):
        file.write_bytes(b"x" + file.read_bytes()[1:])
    tree, events = run(make_spec(), tmp_path, num_workers=3)
    assert any("set aside" in event.message for event in events if isinstance(event, Warned))
    assert {path.state for path in tree.paths} == {"complete"}
    run(make_spec(), tmp_path / "fresh")
    fresh = table_of(make_spec(), tmp_path / "fresh")
    assert table_of(make_spec(), tmp_path) == fresh


def test_a_loss_that_is_not_finite_fails_the_trials_on_it_and_is_never_tried_again(tmp_path):
    tree, _ = run(make_spec(), tmp_path, make_core=make_diverging_core)
    failed = [path for path in tree.paths if path.state == "failed"]
    assert failed
    assert all("not finite" in path.reason for path in failed)
    assert {path.state for path in tree.paths if path not in failed} == {"complete"}
    _, events = run(make_spec(), tmp_path, make_core=make_diverging_core)
    assert num_trained(events) == 0


def test_an_epoch_that_fails_after_its_trial_was_stopped_frees_its_slot_and_says_nothing(tmp_path):
    spec = make_spec(axes={"lr": Choices(values=(1e-3, 2e-3, 3e-3))})
    tree, store = make_tree(spec), EpochStore(tmp_path)
    stopped, is_decided = tree.paths[1].trial.id, iter([True])

    def heed_decisions() -> bool:
        if not next(is_decided, False):
            return False
        decisions = {stopped: Decision(stopped_after=0)}
        tree.restart(make_pruner(spec.prune), make_proposer(spec), decisions)
        return True

    engine = InProcessEngine(slots(2), lambda slot: SimulatedCore(slot, diverges=frozenset({1.0})))
    places = Places(corpus=lambda _: tmp_path, store=tmp_path)
    events = list(
        run_sweep(tree, make_outcomes(store), engine, places, lambda: False, heed_decisions)
    )
    assert [path.state for path in tree.paths] == ["failed", "stopped", "failed"]
    assert sum(isinstance(event, SlotFreed) for event in events) == 1
    assert not [event for event in events if isinstance(event, Warned)]


def test_a_budget_ends_the_sweep_and_the_same_spec_carries_on(tmp_path):
    spec = make_spec(budget=Budget(epochs=4))
    tree, events = run(spec, tmp_path, num_workers=2)
    assert isinstance(events[-1], BudgetReached)
    assert num_trained(events) == 4
    assert make_table(tree).epochs.waiting > 0
    run(make_spec(), tmp_path)
    assert table_of(make_spec(), tmp_path) == table_of(make_spec(), tmp_path)


@pytest.mark.slow
def test_real_worker_processes_give_the_table_of_this_process(tmp_path):
    spec = SPECS["pruned"]
    run(spec, tmp_path / "here")
    run(spec, tmp_path / "there", num_workers=3, engine_type=LocalEngine)
    assert table_of(spec, tmp_path / "there") == table_of(spec, tmp_path / "here")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make_core", "said"),
    [(make_mortal_core, "killed by SIGKILL"), (make_frozen_core, "no end after")],
)
def test_a_killed_or_frozen_worker_costs_one_epoch_and_nothing_else(make_core, said, tmp_path):
    spec = make_spec(deadline=Deadline(factor=1.0, floor_seconds=5.0))
    run(spec, tmp_path / "here")
    tree, events = run(
        spec,
        tmp_path / "there",
        num_workers=2,
        engine_type=LocalEngine,
        make_core=make_core,
    )
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert warnings
    assert all(said in message for message in warnings)
    assert 0 < make_table(tree).timing.repeated <= len(warnings)
    assert table_of(spec, tmp_path / "there") == table_of(spec, tmp_path / "here")


@pytest.mark.slow
def test_an_epoch_that_always_breaks_fails_its_trials_with_the_reason_and_no_others(tmp_path):
    tree, _ = run(make_spec(), tmp_path, engine_type=LocalEngine, make_core=make_doomed_core)
    failed = [path for path in tree.paths if path.state == "failed"]
    assert failed
    assert all("no such number" in path.reason for path in failed)
    assert all("3 times" in path.reason for path in failed)
    again = make_tree(make_spec())
    unfold(again, make_outcomes(EpochStore(tmp_path)))
    assert make_table(again).rows == make_table(tree).rows, "a table forgets what was given up"
    assert {path.state for path in tree.paths if path not in failed} == {"complete"}

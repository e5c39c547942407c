"""Dropping states costs room alone: tables and what is trained once stay as they are."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import make_simulated_core, make_spec
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm3.config import Config
from runner.execution.engine import EpochTask
from runner.execution.events import EpochFinished, EpochStarted, Event, Slot, Warned
from runner.execution.in_process_engine import InProcessEngine
from runner.execution.sweep import Places, run_sweep
from runner.mirrors.rhythm import Rhythm
from runner.mirrors.state_keeper import StateKeeper
from runner.results.formats import to_json
from runner.results.table import make_table
from runner.specs.spec import KEEPS, Choices, Spec, StorePolicy
from runner.storage.retention import Why
from runner.storage.state_lists import FILE_NAME, read_wants
from runner.storage.store import EpochStore
from runner.storage.sweep_folder import SweepFolder
from runner.tree.plan import make_plan
from runner.tree.unfold import Tree, unfold
from tests.runner.sweeping import make_outcomes, make_tree, num_trained, slots, warnings
from tests.runner.test_sweep import PRUNED, SPECS

STATE = 2 * 32  # bytes of a simulated one


def run(
    spec: Spec,
    results: Path,
    *,
    num_workers: int = 1,
    num_events: int | None = None,
    engine_type: type[InProcessEngine] = InProcessEngine,
) -> tuple[Tree, list[Event]]:
    """Run a sweep that keeps and drops states as it goes to its end, or to so many events."""
    folder = SweepFolder(results=results, name=spec.name)
    folder.path.mkdir(parents=True, exist_ok=True)
    (folder.path / "origin.json").touch()
    tree = make_tree(spec)
    places = Places(corpus=lambda _: results, store=folder.store.root)
    engine = engine_type(slots(num_workers), make_simulated_core)
    keeper = StateKeeper(folder, folder.path, tree, Rhythm(0.0, costs_at_most=math.inf))
    outcomes = make_outcomes(folder.store)

    def events() -> Iterator[Event]:
        for event in run_sweep(tree, outcomes, engine, places, lambda: False):
            yield event
            for warning in keeper.follow(event):
                yield Warned(message=warning)

    seen = list(itertools.islice(events(), num_events))
    keeper.close()
    return tree, seen


def keeping(spec: Spec, keep: str = "branches", max_states: float | None = None) -> Spec:
    max_gb = None if max_states is None else max_states * STATE / 1e9
    return dataclasses.replace(spec, store=StorePolicy(keep=keep, max_gb=max_gb))


def test_a_list_of_states_that_cannot_be_written_is_told_once_and_ends_nothing(
    tmp_path: Path,
) -> None:
    spec = keeping(make_spec())
    run(spec, tmp_path / "whole")
    (tmp_path / "broken" / spec.name / FILE_NAME).mkdir(parents=True)
    _, seen = run(spec, tmp_path / "broken")
    [warning] = warnings(seen)
    assert warning.endswith(f"{FILE_NAME}: Is a directory; it is left as it was")
    assert table_of(spec, tmp_path / "broken") == table_of(spec, tmp_path / "whole")


def sent_alone(sweep: Path) -> Path:
    """Make a sweep one that only knows a trial that was sent by itself; return its folder."""
    trial = sweep / "agents" / "abc"
    trial.mkdir(parents=True)
    (sweep / "origin.json").rename(sweep / "agents" / "origin.json")
    (sweep / FILE_NAME).rename(trial / FILE_NAME)
    return trial


def table_of(spec: Spec, results: Path) -> str:
    tree = make_tree(spec)
    unfold(tree, make_outcomes(SweepFolder(results=results, name=spec.name).store))
    return to_json(make_table(tree)).partition('"timing"')[0]


def states(results: Path) -> set[str]:
    return {path.stem for path in results.rglob("*.moments")}


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=6)
@given(
    keep=st.sampled_from(KEEPS),
    max_states=st.none() | st.integers(1, 30),
    num_workers=st.integers(1, 6),
    stops=st.lists(st.integers(1, 40), max_size=3),
)
def test_no_level_or_quota_changes_the_table_whatever_interrupts(
    name, keep, max_states, num_workers, stops, tmp_path_factory
):
    kept, dropped = tmp_path_factory.mktemp("a"), tmp_path_factory.mktemp("b")
    run(keeping(SPECS[name], "all"), kept)
    spec = keeping(SPECS[name], keep, max_states)
    finished = []
    for stop in [*stops, None]:
        _, events = run(spec, dropped, num_workers=num_workers, num_events=stop)
        finished += [event.node.key for event in events if isinstance(event, EpochFinished)]
    assert table_of(spec, dropped) == table_of(spec, kept)
    if keep != "needed" and spec.is_grid and max_states is None:
        assert len(finished) == len(set(finished)), "an epoch was trained twice"


def test_each_level_keeps_fewer_states_and_the_last_none_of_a_finished_sweep(tmp_path):
    kept = []
    for keep in KEEPS:
        tree, _ = run(keeping(make_spec(), keep), tmp_path / keep)
        kept.append(states(tmp_path / keep))
    assert kept[0] == {key for path in tree.paths for key in path.keys}
    assert kept[0] > kept[1] > kept[2] > kept[3] == set()


@pytest.mark.parametrize(
    "more",
    [
        {"base": Config(num_epochs=6, patience=0)},
        {
            "axes": {
                "tf_from_epoch": Choices(values=(0, 1, 2, 3, 4)),
                "tf_decrease": Choices(values=(0.1, 0.2)),
            }
        },
        {
            "axes": {
                "tf_from_epoch": Choices(values=(1, 2, 3)),
                "tf_decrease": Choices(values=(0.05, 0.1, 0.2)),
            }
        },
        {"seeds": (1, 2)},
    ],
    ids=["num_epochs", "tf_from_epoch", "tf_decrease", "seeds"],
)
@pytest.mark.parametrize("pruned", [None, PRUNED])
def test_a_finished_sweep_that_is_extended_trains_no_epoch_twice(more, pruned, tmp_path):
    spec = make_spec(prune=pruned, grace_epochs=1)
    _, first = run(spec, tmp_path)
    _, second = run(dataclasses.replace(spec, **more), tmp_path)
    keys = [event.node.key for event in first + second if isinstance(event, EpochFinished)]
    assert num_trained(second) > 0
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("num_events", [0, 9, 21, None])
def test_a_plan_says_how_many_epochs_are_trained_again_and_is_right(keep, num_events, tmp_path):
    run(keeping(make_spec(), keep), tmp_path, num_events=num_events)
    spec = keeping(
        make_spec(
            base=Config(num_epochs=7, patience=9),
            axes={
                "tf_from_epoch": Choices(values=(1, 2, 3, 4)),
                "tf_decrease": Choices(values=(0.1, 0.2)),
            },
        ),
        keep,
    )
    store = SweepFolder(results=tmp_path, name="small").store
    plan = make_plan(make_tree(spec), make_outcomes(store), store.has_state)
    _, events = run(spec, tmp_path, num_workers=3)
    started = [event for event in events if isinstance(event, EpochStarted)]
    assert plan.ahead.num_repeated == sum(event.is_repeated for event in started)
    assert plan.ahead.num_epochs == sum(not event.is_repeated for event in started)


def test_a_plan_of_a_pruned_sweep_counts_no_trial_that_is_pruned(tmp_path):
    spec = keeping(make_spec(prune=PRUNED, grace_epochs=1), "needed")
    tree, _ = run(spec, tmp_path)
    assert any(path.state == "pruned" for path in tree.paths)
    longer = dataclasses.replace(spec, base=Config(num_epochs=6, patience=0))
    store = SweepFolder(results=tmp_path, name="small").store
    plan = make_plan(make_tree(longer), make_outcomes(store), store.has_state)
    _, events = run(longer, tmp_path)
    started = [event for event in events if isinstance(event, EpochStarted)]
    assert plan.ahead.num_repeated == sum(event.is_repeated for event in started) > 0
    assert plan.ahead.num_epochs == sum(not event.is_repeated for event in started) > 0


def test_a_quota_is_kept_and_says_beforehand_what_goes_and_what_that_costs(tmp_path):
    spec = keeping(make_spec(), "all", max_states=12)
    tree, events = run(spec, tmp_path)
    assert len(states(tmp_path)) <= 12
    said = warnings(events)
    assert said
    assert all(text.startswith("store: 0.0 MB of states, quota 0.0 MB: ") for text in said)
    assert any("anew each" in text for text in said)
    order = list(read_wants(tmp_path / "small").values())
    assert min(order) is Why.HISTORY
    ends = {path.keys[-1] for path in tree.paths}
    assert ends <= states(tmp_path), "what is dearest went first"


def test_a_quota_that_what_is_needed_exceeds_is_said_once_and_costs_nothing_else(tmp_path):
    spec = keeping(make_spec(), "needed", max_states=0.5)
    _, events = run(spec, tmp_path)
    assert sum("nothing more can be dropped" in text for text in warnings(events)) == 1
    run(keeping(make_spec(), "all"), tmp_path / "all")
    assert table_of(spec, tmp_path) == table_of(spec, tmp_path / "all")


def test_two_sweeps_on_one_store_keep_each_others_states(tmp_path):
    run(keeping(make_spec(), "all"), tmp_path)
    before = states(tmp_path)
    run(keeping(make_spec(name="other"), "needed"), tmp_path)
    assert states(tmp_path) == before
    run(keeping(make_spec(), "ends"), tmp_path)
    assert set(read_wants(tmp_path / "small")) == states(tmp_path)


def test_states_that_trials_sent_one_by_one_want_outlast_a_sweep_that_wants_none(tmp_path):
    run(keeping(make_spec(), "all"), tmp_path)
    before = states(tmp_path)
    sent_alone(tmp_path / "small")
    run(keeping(make_spec(name="other"), "needed"), tmp_path)
    assert states(tmp_path) == before
    run(keeping(make_spec(), "needed"), tmp_path)
    assert states(tmp_path) == before


@pytest.mark.parametrize("content", [None, "", "[]", '{"needed": 3}', '{"why not": []}'])
def test_what_a_sweep_trained_stays_while_it_does_not_say_what_it_wants(content, tmp_path):
    run(keeping(make_spec(), "all"), tmp_path)
    before = states(tmp_path)
    wants = tmp_path / "small" / FILE_NAME
    wants.unlink() if content is None else wants.write_text(content)
    _, events = run(keeping(make_spec(name="other"), "needed", max_states=1), tmp_path)
    assert states(tmp_path) == before
    assert sum("small: does not say" in text for text in warnings(events)) == 1


def test_weights_that_a_trials_folder_has_stay_with_the_store(tmp_path):
    run(keeping(make_spec(), "all"), tmp_path)
    store = SweepFolder(results=tmp_path, name="small").store
    key = sorted(states(tmp_path))[0]
    (tmp_path / "checkpoint").hardlink_to(store.weights_path(key))
    assert store.state_size(key) == STATE / 2
    run(keeping(make_spec(), "needed"), tmp_path)
    assert states(tmp_path) == set()
    assert [path.stem for path in tmp_path.rglob("*.weights")] == [key]
    (tmp_path / "checkpoint").unlink()
    run(keeping(make_spec(), "needed"), tmp_path)
    assert not list(tmp_path.rglob("*.weights"))


def test_an_interrupted_start_says_nothing_of_what_is_wanted(tmp_path):
    run(keeping(make_spec(), "all"), tmp_path)
    said = read_wants(tmp_path / "small")
    run(keeping(make_spec(), "all"), tmp_path, num_events=0)
    assert read_wants(tmp_path / "small") == said


class _Thief(InProcessEngine):
    """Another sweep that drops a worker's parent state just after its epoch was handed out."""

    def submit(self, slot: Slot, task: EpochTask) -> None:
        thefts = task.store / f"{task.key}.stolen"
        if task.epoch == 3 and not thefts.exists():
            thefts.touch()
            EpochStore(task.store).drop_state(task.parent)
        super().submit(slot, task)


def test_a_state_that_goes_while_its_child_is_begun_costs_an_epoch_and_fails_no_trial(tmp_path):
    _, events = run(make_spec(), tmp_path, num_workers=2, engine_type=_Thief)
    assert any(event.is_repeated for event in events if isinstance(event, EpochStarted))
    run(make_spec(), tmp_path / "fresh")
    assert table_of(make_spec(), tmp_path) == table_of(make_spec(), tmp_path / "fresh")

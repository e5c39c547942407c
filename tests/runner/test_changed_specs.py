"""Changing one's mind: only what is new is trained, and the table shows what the spec now says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from fakes import PROVENANCE, make_spec
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm3.config import KEYS, Config
from lstm3.corpus import read_corpus
from lstm3.errors import ConfigError
from runner.execution.events import EpochFinished
from runner.execution.preparation import make_provenance
from runner.execution.preparation import make_tree as make_real_tree
from runner.specs.rules import SAFE, Percentile
from runner.specs.spec import Budget, Choices, Deadline, Finals, Range, Spec, StorePolicy
from runner.specs.spec_changes import EFFECTS, changes
from runner.specs.spec_file import parse_spec
from runner.storage.origin import Origin, compare
from runner.storage.starts import changes_since, save_agents_origin
from runner.storage.store import EpochStore
from runner.storage.sweep_folder import SweepFolder
from runner.tree.plan import Plan, make_plan
from tests.runner.sweeping import make_outcomes, make_tree, num_trained, run, table_of

PRUNED = Percentile(keep=50, startup_trials=1, warmup_epochs=1)


def plan_of(spec: Spec, folder: Path) -> Plan:
    """Return the plan as `runner plan` makes it, from a store that is only read."""
    store = EpochStore(folder)
    return make_plan(make_tree(spec), make_outcomes(store), store.has_state)


def choices(values: tuple[Any, ...], **options: Any) -> st.SearchStrategy[Choices]:
    some = st.lists(st.sampled_from(values), min_size=1, unique=True, **options)
    return some.map(lambda chosen: Choices(values=tuple(chosen)))


RANGES = {
    "lr": Range(low=1e-4, high=1e-1, log=True),
    "weight_decay": Range(low=0.0, high=0.1),
    "tf_from_epoch": Range(low=1, high=3, is_whole=True),
}


@st.composite
def specs(draw: st.DrawFn, searches: tuple[str, ...], **fixed: Any) -> Spec:
    """Return a small sweep; those with ranges are sampled."""
    search = draw(st.sampled_from(searches))
    changed: dict[str, Any] = {
        "base": Config(num_epochs=draw(st.integers(1, 5)), patience=0),
        "seeds": draw(st.sampled_from([(1,), (2,), (1, 2), (2, 1), (3, 1)])),
        "search": search,
        "axes": {
            "tf_from_epoch": draw(choices((1, 2, 3))),
            "tf_decrease": draw(choices((0.1, 0.2, 0.3), max_size=2)),
        },
    }
    if search != "grid":
        names = draw(st.lists(st.sampled_from([*RANGES]), min_size=1, unique=True))
        changed["axes"] = {name: RANGES[name] for name in names}
        changed |= {"trials": draw(st.integers(1, 6)), "parallel": draw(st.integers(1, 3))}
    return make_spec(**changed | fixed)


histories = st.lists(specs(("grid", "random", "qmc")), min_size=2, max_size=3)


@pytest.mark.slow
@settings(max_examples=8)
@given(histories)
def test_a_plan_says_exactly_what_is_trained_and_the_table_is_that_of_a_fresh_sweep(
    tmp_path_factory, history
):
    folder = tmp_path_factory.mktemp("kept")
    trained: list[str] = []
    for spec in history:
        plan = plan_of(spec, folder)
        _, events = run(spec, folder, num_workers=2)
        assert plan.ahead.num_epochs == num_trained(events)
        trained += [event.node.key for event in events if isinstance(event, EpochFinished)]
        fresh = tmp_path_factory.mktemp("fresh")
        run(spec, fresh)
        assert table_of(spec, folder) == table_of(spec, fresh)
    assert len(trained) == len(set(trained)), "an epoch was trained twice"


pruned = specs(("grid", "tpe", "random"), prune=PRUNED, grace_epochs=0)


@pytest.mark.slow
@settings(max_examples=8)
@given(st.lists(pruned, min_size=2, max_size=3))
def test_pruning_and_samplers_train_no_epoch_twice_whatever_is_changed(tmp_path_factory, history):
    folder = tmp_path_factory.mktemp("kept")
    trained: list[str] = []
    for spec in history:
        _, events = run(spec, folder, num_workers=2)
        trained += [event.node.key for event in events if isinstance(event, EpochFinished)]
        fresh = tmp_path_factory.mktemp("fresh")
        run(spec, fresh)
        assert table_of(spec, folder) == table_of(spec, fresh)
    assert len(trained) == len(set(trained)), "an epoch was trained twice"


def test_more_trials_keep_the_cells_that_were_proposed(tmp_path):
    for search in ("random", "qmc", "tpe"):
        few = make_spec(search=search, trials=4, axes=RANGES, parallel=2)
        first, _ = run(few, tmp_path / search)
        more, events = run(dataclasses.replace(few, trials=7), tmp_path / search)
        assert [path.trial.id for path in first.paths] == [p.trial.id for p in more.paths[:4]]
        assert num_trained(events) == len({key for p in more.paths[4:] for key in p.keys})


def test_the_order_of_axes_changes_no_cell(tmp_path):
    for search in ("random", "qmc", "tpe"):
        spec = make_spec(search=search, trials=5, axes=RANGES)
        run(spec, tmp_path / search)
        turned = dataclasses.replace(spec, axes=dict(reversed(RANGES.items())))
        tree, events = run(turned, tmp_path / search)
        assert num_trained(events) == 0
        assert [*tree.paths[0].trial.params] == [*turned.axes]


def test_fewer_epochs_cut_every_trial_there(tmp_path):
    run(make_spec(), tmp_path)
    tree, events = run(make_spec(base=Config(num_epochs=2, patience=0)), tmp_path)
    assert num_trained(events) == 0
    assert {path.num_epochs for path in tree.paths} == {2}
    assert {path.state for path in tree.paths} == {"complete"}


def test_a_removed_value_takes_its_trials_out_of_the_table(tmp_path):
    spec = make_spec()
    run(spec, tmp_path)
    axes = {**spec.axes, "tf_from_epoch": Choices(values=(1, 3))}
    tree, events = run(dataclasses.replace(spec, axes=axes), tmp_path)
    assert num_trained(events) == 0
    assert {path.trial.params["tf_from_epoch"] for path in tree.paths} == {1, 3}


# What a change means


GRID = """\
corpus: demo
base: {num_epochs: 4, learning_rate: 2e-3}
sweep:
  tf_from_epoch: [1, 2, 3]
  tf_decrease: [0, 5e-2]
seeds: [1, 2]
prune: none
"""


def parse(text: str) -> Spec:
    return parse_spec(text, name="a", folder=Path("/specs"), where="a.yaml")


@pytest.mark.parametrize(
    ("old", "new", "is_harmless"),
    [
        ("num_epochs: 4", "num_epochs: 9", True),
        ("tf_from_epoch: [1, 2, 3]", "tf_from_epoch: [2, 3, 4]", True),
        ("tf_from_epoch: [1, 2, 3]", "tf_from_epoch: [7, 8]", True),
        ("seeds: [1, 2]", "seeds: [1, 2, 3]", True),
        ("prune: none", "prune: safe", True),
        ("learning_rate: 2e-3", "learning_rate: 3e-3", False),
        ("corpus: demo", "corpus: {train: [a, b], valid: [a, b]}", True),  # the text may be equal
        ("tf_decrease: [0, 5e-2]", "tf_decrease: [0, 5e-2]\n  gamma: [0.5, 0.1]", True),
        ("  tf_decrease: [0, 5e-2]", "  gamma: [0.1, 5e-2]", False),
        ("prune: none", "search: random\ntrials: 3", False),
    ],
)
def test_a_changed_spec_is_told_apart_by_whether_its_old_trials_still_mean_the_same(
    old, new, is_harmless
):
    harmless, serious = changes(parse(GRID), parse(GRID.replace(old, new)))
    assert bool(serious) is not is_harmless
    assert bool(harmless or serious)


# A changed value of every key of a spec, and of every key of a config that is not swept.
CHANGED: dict[str, Any] = {
    "corpus": {"train": ("a", "b"), "valid": ("a", "b")},
    "search": "tpe",
    "trials": 9,
    "cells": ({"tf_from_epoch": 1},),
    "baseline": True,
    "seeds": (1, 7),
    "finals": Finals(),
    "prune": SAFE,
    "grace_epochs": 2,
    "objective": "chrf",
    "parallel": 7,
    "budget": Budget(hours=1.0),
    "deadline": Deadline(factor=9.0),
    "slots_per_device": 2,
    "store": StorePolicy(keep="all"),
    "wandb": "offline",
    "max_trials": 9,
}
OTHER = {  # values of keys that are no numbers
    "precision": "bf16",
    "bleu_tokenize": "none",
    "weights": "w",
    "use_tf": False,
    "amsgrad": True,
}
HARMLESS_IN_CONFIGS = {
    *("num_epochs", "device", "save_from_epoch", "num_samples", "samples_every", "bleu_tokenize"),
}
BESIDE = ("name", "question", "base", "axes")  # of a spec; they are no keys of its own


def test_every_key_of_a_spec_is_classified():
    fields = {field.name for field in dataclasses.fields(Spec)} - set(BESIDE)
    assert fields == EFFECTS.keys() == CHANGED.keys()


@pytest.mark.parametrize("key", CHANGED)
def test_a_changed_key_of_a_spec_is_said_and_only_search_and_objective_are_refused(key):
    harmless, serious = changes(make_spec(), make_spec(**{key: CHANGED[key]}))
    assert [line.partition(":")[0] for line in harmless + serious] == [key]
    assert bool(serious) == (key in ("search", "objective"))


@pytest.mark.parametrize("key", [key for key in KEYS if key not in ("seed", "device")])
def test_a_changed_key_of_a_config_is_refused_unless_it_changes_no_epoch(key):
    spec, default = make_spec(axes={}), getattr(Config(), key)
    value: Any = OTHER.get(key)
    if value is None:
        value = default + 1 if isinstance(default, int) else default / 2 or 0.5
    changed = dataclasses.replace(spec, base=dataclasses.replace(spec.base, **{key: value}))
    harmless, serious = changes(spec, changed)
    assert bool(harmless) == (key in HARMLESS_IN_CONFIGS)
    assert bool(serious) == (key not in HARMLESS_IN_CONFIGS)
    axes = {key: Choices(values=(value, getattr(spec.base, key)))}
    assert changes(spec, dataclasses.replace(spec, axes=axes))[1] == []


def with_baseline(**base: Any) -> Spec:
    spec = make_spec(baseline=True)
    return dataclasses.replace(spec, base=dataclasses.replace(spec.base, **base))


def test_another_baseline_is_told_although_an_axis_has_its_key():
    said = "baseline.tf_decrease: 0.0 → 0.05"
    assert changes(with_baseline(tf_decrease=0.0), with_baseline(tf_decrease=0.05)) == ([said], [])
    swept = with_baseline(tf_decrease=0.0)
    fixed = dataclasses.replace(
        with_baseline(tf_decrease=0.1), axes={"tf_from_epoch": swept.axes["tf_from_epoch"]}
    )
    assert "baseline.tf_decrease: 0.0 → 0.1" in changes(swept, fixed)[0]
    without = dataclasses.replace(swept, baseline=False)
    other = dataclasses.replace(with_baseline(tf_decrease=0.05), baseline=False)
    assert changes(without, other) == ([], [])


def test_slots_are_sized_for_the_baseline_too():
    axes = {"threads": Choices(values=(1, 2))}
    spec = make_spec(axes=axes, base=Config(threads=8))
    assert spec.largest("threads") == 2
    assert dataclasses.replace(spec, baseline=True).largest("threads") == 8


RANDOM = {"search": "random", "trials": 3, "axes": RANGES}
TPE = {"search": "tpe", "trials": 3, "axes": RANGES}
NARROW = RANGES | {"lr": Range(low=1e-3, high=1e-2, log=True)}
LONGER = {"base": Config(num_epochs=9, patience=0)}
CELLS, PRUNES = "may propose other cells", "pruning may decide otherwise"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, LONGER, ""),
        ({"prune": SAFE}, LONGER, ""),
        (RANDOM, LONGER, ""),
        (TPE, LONGER, CELLS),
        (RANDOM, {"axes": NARROW}, CELLS),
        (TPE, {"axes": NARROW}, CELLS),
        (RANDOM, {"parallel": 2}, ""),
        (TPE, {"parallel": 2}, CELLS),
        (TPE, {"trials": 5}, ""),
        (TPE, {"seeds": (1, 2)}, ""),
        (TPE, {"seeds": (2, 1)}, CELLS),
        (TPE, {"prune": SAFE}, CELLS),
        ({"prune": SAFE}, {"seeds": (2, 1)}, PRUNES),
        ({"prune": SAFE}, {"prune": None}, PRUNES),
        ({"prune": SAFE}, {"grace_epochs": 0}, PRUNES),
        ({}, {"grace_epochs": 0}, ""),
        ({"prune": SAFE}, {"axes": {"tf_from_epoch": Choices(values=(1, 2, 3, 4))}}, PRUNES),
        ({}, {"axes": {"tf_from_epoch": Choices(values=(1, 2, 3, 4))}}, ""),
        ({}, {"store": StorePolicy(keep="all")}, ""),
    ],
)
def test_a_change_says_what_it_may_lead_to_beside_more_or_fewer_trials(before, after, said):
    fixed = {"axes": {"tf_from_epoch": Choices(values=(1, 2, 3))}} | before
    [line], serious = changes(make_spec(**fixed), make_spec(**fixed | after))
    assert not serious
    assert line.endswith(f"{said})" if said else line.partition(" (")[0])


def origin_of(axes: dict[str, Any], digests: dict[str, str]) -> Origin:
    provenance = dataclasses.replace(PROVENANCE, weights=digests)
    return Origin(spec=make_spec(axes=axes), provenance=provenance, encoded=())


def test_weights_are_compared_by_content():
    old = origin_of({"weights": Choices(values=(None, "a"))}, {"a": "1"})
    moved = origin_of({"weights": Choices(values=(None, "b"))}, {"b": "1"})
    more = origin_of({"weights": Choices(values=(None, "a", "c"))}, {"a": "1", "c": "2"})
    assert compare(old, moved.spec, moved.provenance) == []
    assert len(compare(old, more.spec, more.provenance)) == 1
    base = dataclasses.replace(old.spec, axes={}, base=Config(weights="a"))
    [before, after] = [
        dataclasses.replace(PROVENANCE, weights={"a": digest}) for digest in ("1", "2")
    ]
    with pytest.raises(ConfigError, match="weights: '1' → '2'"):
        compare(dataclasses.replace(old, spec=base, provenance=before), base, after)


def test_weights_of_a_baseline_and_of_listed_cells_are_compared_by_content_too():
    def spec_at(path: str) -> Spec:
        axes = {"weights": Choices(values=(None, path))}
        listed = ({"weights": path},)
        return make_spec(axes=axes, cells=listed, baseline=True, base=Config(weights=path))

    before, after = (dataclasses.replace(PROVENANCE, weights={path: "1"}) for path in "ab")
    assert (
        compare(Origin(spec=spec_at("a"), provenance=before, encoded=()), spec_at("b"), after) == []
    )


@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("search", [{}, {"search": "random", "trials": 3, "baseline": True}])
def test_weights_that_were_moved_change_no_trial_and_no_number(is_swept, search):
    def trials_at(path: str) -> list[tuple[str, str]]:
        values = {"lr": (1e-3, 2e-3), "patience": (1, 2, 3)}
        swept = {"weights": (None, path, "other")} if is_swept else {}
        axes = {name: Choices(values=each) for name, each in (values | swept).items()}
        spec = make_spec(axes=axes, base=Config(num_epochs=2, weights=path), **search)
        provenance = dataclasses.replace(PROVENANCE, weights={path: "1", "other": "2"})
        tree = make_real_tree(spec, provenance, {})
        return [(path.trial.id, path.first_key) for path in tree.paths]

    here = trials_at("/a/model")
    assert here == trials_at("/b/model")
    assert len(dict(here)) == len(here) > 3


def test_the_same_weights_under_two_paths_are_refused(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(b"weights")
    axes = {"weights": Choices(values=(None, str(tmp_path / "a"), str(tmp_path / "b")))}
    text = read_corpus("demo")
    with pytest.raises(ConfigError, match=r"small: weights: .*/a and .*/b are the same; keep one"):
        make_provenance(make_spec(axes=axes), text, "cpu")


def test_another_corpus_code_or_torch_is_refused_with_the_reason():
    old = origin_of({}, {})
    for key in ("corpus", "code", "torch", "device_type"):
        provenance = dataclasses.replace(old.provenance, **{key: "other"})
        with pytest.raises(ConfigError, match="give it a new name: --name small-2"):
            compare(old, old.spec, provenance)


def test_a_start_has_to_fit_both_the_sweep_and_its_agents(tmp_path):
    folder = SweepFolder(results=tmp_path, name="small")
    folder.agents.mkdir(parents=True)
    asked = make_spec(base=Config(lr=1e-3))
    assert changes_since(folder, asked, PROVENANCE) == []
    save_agents_origin(folder, Origin(spec=asked, provenance=PROVENANCE, encoded=()))
    other = make_spec(base=Config(lr=3e-3))
    with pytest.raises(ConfigError, match=r"lr: 0\.001 → 0\.003"):
        changes_since(folder, other, PROVENANCE)
    longer = dataclasses.replace(asked, base=Config(lr=1e-3, num_epochs=20))
    [since_agents] = changes_since(folder, longer, PROVENANCE)
    assert since_agents == "num_epochs: 10 → 20"
    folder.save(Origin(spec=longer, provenance=PROVENANCE, encoded=()))
    assert changes_since(folder, longer, PROVENANCE) == []
    with pytest.raises(ConfigError, match=r"lr: 0\.001 → 0\.003"):
        changes_since(folder, other, PROVENANCE)

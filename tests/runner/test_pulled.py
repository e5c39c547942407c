from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from lstm3.config import Config
from lstm3.fingerprint import Provenance, first_key
from runner.specs.spec import Spec
from runner.storage.origin import Origin
from runner.tracking.pulled import PulledRun, pulled_trial
from runner.tracking.wandb_content import Snapshot, row, run_config, summary
from runner.tree.path import Path
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree
from tests.fakes import PROVENANCE
from tests.runner.sweeps_for_tests import make_spec, result_of


def as_the_server_has_it(value: Any) -> Any:
    """Return JSON as it comes back: 1.0 as 1."""
    if isinstance(value, dict):
        return {key: as_the_server_has_it(inner) for key, inner in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return json.loads(json.dumps(value))


def pulled_run(path: Path, provenance: Provenance = PROVENANCE) -> PulledRun:
    snapshot = Snapshot(
        trial=path.trial,
        keys=tuple(path.keys),
        settings=tuple(path.settings),
        results=tuple(path.results),
        origins=("trained",) * path.num_epochs,
        best_epoch=path.best_epoch,
        state=path.state,
        reason=path.reason,
    )
    rows = [row(snapshot, epoch) for epoch in range(1, path.num_epochs + 1)]
    return PulledRun(
        name="abc",
        arrived=1.0,
        config=as_the_server_has_it(run_config(snapshot, provenance)),
        summary=as_the_server_has_it(summary(snapshot)),
        rows=[as_the_server_has_it(found) for found in reversed(rows)],
    )


def origin_of(spec: Spec) -> Origin:
    return Origin(spec=spec, provenance=PROVENANCE, encoded="")


def done(spec: Spec, provenance: Provenance = PROVENANCE) -> Path:
    """Return a trial that has come to its end."""
    tree = Tree(
        spec, lambda config: first_key(config, provenance), None, None, None, provenance.weights
    )
    while tree.ready:
        key, node = next(iter(tree.ready.items()))
        tree.add(key, result_of(node))
    return tree.paths[0]


def test_a_run_comes_back_as_the_trial_that_it_was() -> None:
    spec = make_spec({"tf_decrease": (1.0,), "weight_decay": (0.0,)}, num_epochs=3)
    path = done(spec)
    found = pulled_trial(pulled_run(path), origin_of(spec)).path(0)
    assert found.trial == path.trial
    assert found.keys == path.keys
    assert found.settings == path.settings
    assert found.values == pytest.approx(path.values)
    assert found.state is TrialState.COMPLETE


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"device_type": "cuda"},
        {"torch": "1"},
        {"code": "other"},
        {"weights": {"/data/w.safetensors": "other"}},
    ],
)
def test_a_run_of_another_kind_of_machine_has_the_keys_that_its_epochs_have_there(
    elsewhere: dict[str, Any],
) -> None:
    base = Config(num_epochs=2, weights="/data/w.safetensors")
    spec = dataclasses.replace(make_spec({"lr": (0.1,)}), base=base)
    here = dataclasses.replace(PROVENANCE, weights={"/data/w.safetensors": "here"})
    there = dataclasses.replace(here, **elsewhere)
    path = done(spec, there)
    pulled = pulled_trial(pulled_run(path, there), origin_of(spec))
    assert pulled.keys == path.keys
    assert pulled.path(0).trial == path.trial
    assert not set(path.keys) & set(done(spec, here).keys)


def test_a_run_that_says_too_little_is_no_trial() -> None:
    spec = make_spec({"lr": (0.1,)}, num_epochs=1)
    run = PulledRun(name="abc", arrived=1.0, config={"lr": 0.1}, summary={}, rows=[])
    with pytest.raises(ValueError, match=r"run abc: not a trial of this sweep \('config'\)"):
        pulled_trial(run, origin_of(spec))


def test_a_run_on_another_corpus_is_no_trial_of_the_sweep() -> None:
    spec = make_spec({"lr": (0.1,)}, num_epochs=1)
    there = dataclasses.replace(PROVENANCE, corpus="other")
    with pytest.raises(ValueError, match=r"run abc: .* \(its corpus text is another\)"):
        pulled_trial(pulled_run(done(spec, there), there), origin_of(spec))


def test_a_trial_has_come_further_with_each_epoch_and_when_it_ends_or_is_left() -> None:
    spec = make_spec({"lr": (0.1,)}, num_epochs=2)
    path = done(spec)
    states = (TrialState.RUNNING, TrialState.WAITING, TrialState.STOPPED)
    found = []
    for state in states:
        path.state = state
        found.append(pulled_trial(pulled_run(path), origin_of(spec)))
    longer = pulled_trial(
        pulled_run(done(make_spec({"lr": (0.1,)}, num_epochs=3))), origin_of(spec)
    )
    reached = [trial.reached for trial in (*found, longer)]
    assert reached == sorted(set(reached))

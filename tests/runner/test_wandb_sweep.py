from __future__ import annotations

from typing import Any

import pytest

from lstm3.config import Config
from lstm3.errors import ConfigError
from runner.specs.one_trial import one_trial
from runner.specs.rules import Hyperband
from runner.specs.spec import Budget, Choices, Finals, Range, Spec
from runner.tracking.wandb_sweep import notes, sweep_config
from tests.fakes import make_spec

COMMAND = ["python", "-m", "runner", "trial", "small.yaml"]
RANGES = {
    "lr": Range(low=1e-4, high=1e-2, log=True),
    "dropout_emb": Range(low=0.0, high=0.5),
    "patience": Range(low=0, high=4, is_whole=True),
    "batch_size": Range(low=16, high=256, log=True, is_whole=True),
    "amsgrad": Choices(values=(True, False)),
}


def test_a_grid_is_a_w_and_b_grid_with_its_seeds_and_the_base_as_constants() -> None:
    spec = make_spec(seeds=(1, 2), question="Does it?")
    assert sweep_config(spec, COMMAND) == {
        "name": "small",
        "description": "Does it?",
        "method": "grid",
        "metric": {"name": "bleu", "goal": "maximize"},
        "parameters": {
            "tf_from_epoch": {"values": [1, 2, 3]},
            "tf_decrease": {"values": [0.1, 0.2]},
            "seed": {"values": [1, 2]},
            "num_epochs": {"value": 5},
            "patience": {"value": 0},
        },
        "command": COMMAND,
    }


def test_what_a_sweep_has_beside_its_search_is_no_hindrance_but_told() -> None:
    spec = make_spec()
    more = make_spec(baseline=True, finals=Finals(top=2, seeds=(1, 2, 3)))
    assert sweep_config(more, COMMAND) == sweep_config(spec, COMMAND)
    assert not list(notes(spec))
    assert [note.rpartition("; ")[2] for note in notes(more)] == [
        "'runner sweep' trains the baseline",
        "'runner finals' trains them",
    ]


@pytest.mark.parametrize(("search", "method"), [("random", "random"), ("tpe", "bayes")])
def test_a_search_has_its_ranges_as_distributions(search: str, method: str) -> None:
    config = sweep_config(make_spec(axes=RANGES, search=search, trials=7), COMMAND)
    assert config["method"] == method
    assert config["run_cap"] == 7
    found = {name: config["parameters"][name] for name in RANGES}
    assert found == {
        "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2},
        "dropout_emb": {"distribution": "uniform", "min": 0.0, "max": 0.5},
        "patience": {"distribution": "int_uniform", "min": 0, "max": 4},
        "batch_size": {"distribution": "q_log_uniform_values", "q": 1, "min": 16, "max": 256},
        "amsgrad": {"values": [True, False]},
    }


def test_only_hyperband_becomes_w_and_bs_early_terminate() -> None:
    rule = Hyperband(max_resource=27, min_resource=3, reduction_factor=4)
    config = sweep_config(make_spec(prune=rule), COMMAND)
    assert config["early_terminate"] == {"type": "hyperband", "min_iter": 3, "eta": 4}
    assert "early_terminate" not in sweep_config(make_spec(prune=Spec.prune), COMMAND)


def test_everything_that_w_and_b_has_not_is_told_at_once() -> None:
    spec = make_spec(
        axes=RANGES, search="qmc", trials=7, seeds=(1, 2), budget=Budget(hours=8.0, epochs=9)
    )
    with pytest.raises(ConfigError) as raised:
        sweep_config(spec, COMMAND)
    assert [problem.split(";")[0] for problem in raised.value.problems] == [
        "small: search: found 'qmc', which W&B does not have",
        "small: seeds: found [1, 2]",
        "small: budget: found 'hours: 8', which W&B does not have",
        "small: budget: found 'epochs: 9', which W&B does not have",
    ]


def where(key: str) -> str:
    return f"command line: {key}"


def test_what_w_and_b_sends_makes_the_trial_that_the_sweep_would_make() -> None:
    spec = make_spec()
    sent = {"tf_from_epoch": 2.0, "tf_decrease": 0.2, "seed": 1, "num_epochs": 5, "patience": 0}
    trial = one_trial(spec, sent, where)
    [params] = trial.grid()
    assert params == {"tf_from_epoch": 2, "tf_decrease": 0.2}
    assert trial.config(params, 1) == spec.config(params, 1)
    assert trial.seeds == (1,)


def test_values_that_are_sent_win_over_the_specs_base() -> None:
    sent = {"tf_from_epoch": 2, "tf_decrease": 0.2, "learning_rate": 0.5}
    trial = one_trial(make_spec(), sent, where)
    assert trial.base == Config(num_epochs=5, patience=0, lr=0.5)
    assert list(trial.axes) == ["tf_from_epoch", "tf_decrease"]


@pytest.mark.parametrize(
    ("sent", "problems"),
    [
        (
            {},
            [
                "small: tf_from_epoch: the spec sweeps it; expected --tf_from_epoch=VALUE",
                "small: tf_decrease: the spec sweeps it; expected --tf_decrease=VALUE",
                "small: seed: the spec sweeps it; expected --seed=VALUE",
            ],
        ),
        (
            {"tf_from_epoch": 1, "tf_decrease": 0.2, "seed": 1.5, "lrr": 1},
            [
                "command line: seed: found 1.5; expected a whole number",
                "command line: lrr: unknown key; did you mean 'lr'?",
            ],
        ),
    ],
    ids=["missing", "wrong"],
)
def test_a_trial_that_cannot_be_made_says_all_that_is_wrong(
    sent: dict[str, Any], problems: list[str]
) -> None:
    with pytest.raises(ConfigError) as raised:
        one_trial(make_spec(seeds=(1, 2)), sent, where)
    assert list(raised.value.problems) == problems

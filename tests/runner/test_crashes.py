"""Whatever dies or fails, at whichever system call: the same command ends in the same table."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import optuna
import pytest
from hypothesis import given, settings

from runner.cli import run
from tests.runner.crashing import KINDS, Disaster, num_calls, sweep

pytestmark = pytest.mark.slow

WORDS = [("Hund", "dog"), ("Mann", "man"), ("Ball", "ball"), ("Baum", "tree")]
PAIRS = [
    (f"Der {a} sieht den {b} .", f"The {c} sees the {d} .")
    for (a, c), (b, d) in itertools.permutations(WORDS, 2)
]
BASE = """\
corpus: {train: [train.de, train.en], valid: [valid.de, valid.en]}
base: {num_epochs: 3, hidden_size: 4, embedding_dim: 4, num_layers: 1, batch_size: 4,
       min_freq_src: 1, min_freq_trg: 1, save_from_epoch: 2}
grace_epochs: 0
wandb: off
"""
AXES = {
    "tf_from_epoch": [1, 2],
    "tf_decrease": [0.2, 0.4],
    "lr": [0.01, 0.02],
    "patience": [0, 3],
}
PRUNE = ["none", {"percentile": {"keep": 50, "startup_trials": 1, "warmup_epochs": 1}}]


def make_folder(folder: Path, name: str, text: str) -> Path:
    """Return a new folder with a corpus and a spec."""
    place = folder / name
    place.mkdir()
    for split, part in (("train", PAIRS[:8]), ("valid", PAIRS[8:])):
        for side, language in enumerate(("de", "en")):
            lines = "".join(f"{pair[side]}\n" for pair in part)
            (place / f"{split}.{language}").write_text(lines)
    (place / "some.yaml").write_text(text)
    return place


@st.composite
def specs(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(sorted(AXES)), min_size=1, max_size=2, unique=True))
    extra: dict[str, Any] = {
        "sweep": {name: AXES[name] for name in names},
        "prune": draw(st.sampled_from(PRUNE)),
        "seeds": draw(st.sampled_from([[1], [1, 2]])),
    }
    return BASE + "".join(f"{key}: {json.dumps(value)}\n" for key, value in extra.items())


def table(folder: Path) -> dict[str, Any]:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        assert run(["table", "some", "--results", str(folder / "results"), "--format=json"]) == 0
    found: dict[str, Any] = json.loads(text.getvalue())
    return found


def check_leftovers(results: Path) -> None:
    files = [path for path in results.rglob("*") if path.is_file()]
    left = [path for path in files if path.suffix in (".tmp", ".begun", ".damaged")]
    assert not left


def check_study(results: Path, trials: list[dict[str, Any]]) -> None:
    """Check that Optuna's view of the sweep is that of the table."""
    study = optuna.load_study(study_name="some", storage=f"sqlite:///{results}/some/study.db")
    found = {trial.user_attrs["trial_id"]: trial for trial in study.trials}
    states = {"complete": "COMPLETE", "pruned": "PRUNED"}
    for trial in trials:
        if trial["epochs"]:
            known = found[trial["id"]]
            assert known.state.name == states[trial["state"]]
            assert len(known.intermediate_values) == trial["epochs"]
            assert max(known.intermediate_values.values()) == trial["bleu"]


@settings(max_examples=5)
@given(
    text=specs(),
    disasters=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(KINDS)),
        min_size=1,
        max_size=4,
    ),
)
def test_any_crash_or_failing_call_costs_at_most_the_epoch_in_flight_and_changes_no_table(
    text, disasters, tmp_path_factory
):
    root = tmp_path_factory.mktemp("crashes")
    calm, rough = make_folder(root, "calm", text), make_folder(root, "rough", text)
    code, output = sweep(calm, ["sweep", "some.yaml", "--quiet"])
    assert code == 0, output
    total = num_calls(calm)
    for share, kind in disasters:
        disaster = Disaster(call=1 + int(share * total), kind=kind)
        code, output = sweep(rough, ["sweep", "some.yaml", "--quiet"], disaster)
        assert code in (0, 1, -9), output
        assert "Traceback" not in output
        if code == 1:
            assert "No space left" in output or "Input/output error" in output
    code, output = sweep(rough, ["sweep", "some.yaml", "--quiet"])
    assert code == 0, output
    expected, found = table(calm), table(rough)
    timing = found.pop("timing")
    expected.pop("timing")
    assert found == expected
    assert timing["repeated"] <= len(disasters)
    check_leftovers(rough / "results")
    check_study(rough / "results", found["trials"])

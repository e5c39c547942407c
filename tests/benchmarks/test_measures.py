"""Rows of figures with goals, and the benchmarks that yield them."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from benchmarks.all import NAMES
from benchmarks.command_line import run
from benchmarks.measures import Measure, rate, to_json, to_markdown, versus

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.mark.parametrize(
    ("goal", "ours", "reference", "is_met"),
    [
        ("≤ 5", 5.0, None, True),
        ("≤ 5", 5.1, None, False),
        ("≥ 2", 2.0, None, True),
        ("ratio ≥ 2", 4.0, 8.0, True),
        ("ratio ≥ 2", 4.1, 8.0, False),
        ("", 4.1, 8.0, None),
    ],
)
def test_a_goal_is_about_what_it_says(goal, ours, reference, is_met):
    ratio = None if reference is None else reference / ours
    measure = Measure(what="it", unit="s", ours=ours, reference=reference, ratio=ratio, goal=goal)
    assert measure.is_met is is_met


def test_a_ratio_above_one_is_always_in_our_favour():
    assert versus("seconds", "s", ours=1.0, reference=2.0).ratio == 2
    assert rate("speed", "1/s", ours=2.0, reference=1.0).ratio == 2


def test_what_is_written_holds_every_measure_and_the_machine():
    measures = [versus("an epoch", "ms", 2.0, 4.0, "≤ 5"), rate("epochs", "", 3.0, 2.0)]
    written = json.loads(to_json(measures))
    assert [row["what"] for row in written["measures"]] == ["an epoch", "epochs"]
    assert "torch" in written["machine"]
    assert to_markdown(measures).splitlines()[2:] == [
        "| what | ours | reference | ratio | goal |  |",
        "| --- | --- | --- | --- | --- | --- |",
        "| an epoch, ms | 2 | 4 | 2 | ≤ 5 | met |",
        "| epochs | 3 | 2 | 1.5 |  |  |",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_opens_with_its_question_and_yields_measures(name):
    module = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    assert (ast.get_docstring(module) or "").splitlines()[0].endswith("?")
    functions = [part.name for part in module.body if isinstance(part, ast.FunctionDef)]
    assert "measure" in functions


def test_a_benchmark_takes_the_arguments_of_its_measure_as_options(monkeypatch, capsys):
    def measure(source: str = "demo", num_pairs: int = 3) -> list[Measure]:
        return [Measure(what=f"pairs of {source}", unit="", ours=num_pairs)]

    monkeypatch.setattr("sys.argv", ["benchmark", "folder", "--pairs", "5"])
    run(measure)
    assert "pairs of folder: 5" in capsys.readouterr().out

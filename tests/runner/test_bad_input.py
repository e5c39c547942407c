"""Whatever a spec, a config or a corpus holds: a line a problem, or a plan, soon."""

from __future__ import annotations

import copy
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes import PROVENANCE
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm3.config import KEYS
from lstm3.config_file import read_config
from lstm3.corpus import read_corpus
from lstm3.errors import UserError
from runner.cli import run
from runner.execution.preparation import make_tree
from runner.specs.resolved_spec import write_spec
from runner.specs.spec import Spec
from runner.specs.spec_file import parse_spec, read_spec
from runner.tree.plan import make_plan

GRID: dict[str, Any] = {
    "corpus": "demo",
    "base": {"num_epochs": 4, "lr": 2e-3, "use_tf": True},
    "sweep": {"tf_from_epoch": [1, 2, 3], "tf_decrease": [0, 0.05]},
    "seeds": [1, 2],
    "prune": {"percentile": {"keep": 50, "startup_trials": 1}},
}
SAMPLED: dict[str, Any] = {
    "corpus": {"train": ["a.de", "a.en"], "valid": ["b.de", "b.en"]},
    "base": {"num_epochs": 3, "weights": None},
    "sweep": {
        "lr": {"min": 1e-4, "max": 1e-2, "log": True},
        "patience": {"min": 0, "max": 4},
        "gamma": {"values": [0.5, 0.1]},
    },
    "search": "tpe",
    "trials": 6,
    "parallel": 2,
    "prune": {"hyperband": {"max_resource": 9}},
    "budget": {"hours": 2, "epochs": 100},
    "wandb": "off",
    "grace_epochs": 1,
    "max_trials": 1000,
}
SPLIT_KEYS = ("train", "valid", "test")
RULE_KEYS = ("safe", "none", "median", "halving", "patient", "threshold", "min_resource", "lower")
ALL_KEYS = (
    *GRID,
    *SAMPLED,
    *KEYS,
    *SPLIT_KEYS,
    *RULE_KEYS,
    "learning_rate",
    "values",
    "min",
    "max",
)

odd_numbers = st.sampled_from(
    [0, -1, 1, 2, 0.5, -0.0, 1e-320, 1e308, math.inf, -math.inf, math.nan, 10**6, 10**30, 10**399]
)
odd_texts = st.sampled_from(
    ["", " ", "ß", "0x10", "a\nb", "\x1b[31m", "demo", "é" * 300, "1e-4", "off", "tpe", "grid", "~"]
)
scalars = st.none() | st.booleans() | odd_numbers | odd_texts | st.floats() | st.integers()
keys = st.sampled_from(ALL_KEYS) | st.sampled_from(["", "<<", "ключ", "a.b", "x" * 2000, "a\nb"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=6,
)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Return (container, key or index) of everything in a nest of mappings and lists."""
    items = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    found = []
    for key, value in items:
        found += [(tree, key), *places(value)]
    return found


@st.composite
def mutated_specs(draw: st.DrawFn) -> dict[str, Any]:
    """Return a valid spec with a few things changed, removed, added or swapped."""
    spec = copy.deepcopy(draw(st.sampled_from([GRID, SAMPLED])))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(spec)))
        kind = draw(st.sampled_from(["change", "change", "remove", "add", "swap", "repeat"]))
        if kind == "change":
            container[key] = draw(values)
        elif kind == "remove":
            del container[key]
        elif kind == "add" and isinstance(container, dict):
            container[draw(keys)] = draw(values)
        elif kind == "swap":
            other, place = draw(st.sampled_from(places(spec)))
            container[key] = copy.deepcopy(other[place])
        elif kind == "repeat" and isinstance(container, list):
            container.extend(range(1, draw(st.sampled_from([2, 300, 3000]))))
        if not spec:
            break
    return spec


def written(values: Any) -> str:
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False)


def check_problems(error: UserError, place: str) -> None:
    """Every problem is one readable line that begins with where it is."""
    assert error.problems
    for problem in error.problems:
        assert len(problem.splitlines()) == 1
        assert problem.isprintable()
        assert re.match(rf"({re.escape(place)}(:\d+)?|command line|--\w+): ", problem), problem
        assert not re.search(
            r"<class|object at|Error\b|([\[{]|found )(None|True|False)\b|\{'", problem
        )
        assert len(problem) < 400


def check_plan(spec: Spec) -> None:
    """A valid spec has a plan that adds up, and is kept without loss."""
    plan = make_plan(make_tree(spec, PROVENANCE, {}), {})
    assert plan.planned == plan.ahead.num_epochs + plan.shared
    assert plan.shortest * plan.num_trials <= plan.planned <= plan.longest * plan.num_trials
    again = parse_spec(write_spec(spec), name=spec.name, folder=Path("/"), where="again")
    assert write_spec(again) == write_spec(spec)
    assert set(again.axes.items()) == set(spec.axes.items())
    assert again.seeds == spec.seeds


def judge(text: str) -> Spec | None:
    """Return the spec of a text, or None if it was refused as it should be."""
    try:
        spec = parse_spec(text, name="a", folder=Path("/specs"), where="a.yaml")
    except UserError as error:
        check_problems(error, "a.yaml")
        return None
    if not spec.weights:
        check_plan(spec)
    return spec


def test_the_specs_that_are_mutated_are_valid():
    assert judge(written(GRID))
    assert judge(written(SAMPLED))


@settings(max_examples=150)
@given(mutated_specs())
def test_a_mutated_spec_is_refused_line_by_line_or_has_a_plan(spec):
    judge(written(spec))


@settings(max_examples=100)
@given(st.dictionaries(keys, values, max_size=6))
def test_any_mapping_is_refused_line_by_line_or_has_a_plan(spec):
    judge(written(spec))


@pytest.mark.parametrize(
    "text",
    [
        "sweep: {lr: {min: 1e-320, max: 1e308, log: true}}\nsearch: SEARCH\ntrials: 4",
        "sweep: {weight_decay: {min: 0, max: 1e308}}\nsearch: SEARCH\ntrials: 4",
        "sweep: {seed: {min: 0, max: 3}}\nsearch: SEARCH\ntrials: 4",
        "sweep: {num_epochs: {min: 1, max: 20000, log: true}}\nsearch: SEARCH\ntrials: 4",
        "sweep: {patience: {min: 0, max: 1}}\nsearch: SEARCH\ntrials: 4000",
        "sweep: {use_tf: [true, false], precision: [fp32]}\nsearch: SEARCH\ntrials: 4",
        "sweep: {lr: {min: 1e-9, max: 1}}\nsearch: SEARCH\ntrials: 1000000\nmax_trials: 1000000",
    ],
)
@pytest.mark.parametrize("search", ["random", "qmc", "tpe"])
def test_extreme_searches_are_refused_or_planned(text, search):
    judge("corpus: demo\n" + text.replace("SEARCH", search))


@pytest.mark.parametrize("number", ["0", "-1", "1", "1e9", "100000", "1" + "0" * 30, "9" * 4500])
def test_an_absurd_number_in_any_place_for_a_whole_one_is_refused_or_planned(number):
    for key in ("trials", "parallel", "grace_epochs", "max_trials"):
        judge(f"corpus: demo\nsearch: tpe\nsweep: {{lr: {{min: 1e-4, max: 1}}}}\n{key}: {number}")
    for rule in ("halving", "hyperband", "patient", "percentile"):
        for key in ("max_resource", "reduction_factor", "min_early_stopping_rate", "patience"):
            judge(f"corpus: demo\nprune: {{{rule}: {{{key}: {number}, min_resource: {number}}}}}")
    judge(f"corpus: demo\nseeds: [{number}]")
    judge(f"corpus: demo\nbudget: {{hours: {number}, epochs: {number}}}")
    for key in KEYS:
        judge(f"corpus: demo\nbase: {{{key}: {number}}}\nmax_trials: 1000000")


def test_a_grid_of_more_cells_than_atoms_is_refused_at_once():
    values = ", ".join(f"{number}e-6" for number in range(1, 3000))
    axes = "".join(f"  {key}: [{values}]\n" for key in ("lr", "weight_decay", "gamma", "threshold"))
    assert judge(f"corpus: demo\nsweep:\n{axes}") is None


def test_a_very_long_axis_is_read_in_no_more_than_linear_time():
    values = ", ".join(map(str, range(30_000)))
    text = f"corpus: demo\nsweep: {{cooldown: [{values}]}}\nsearch: random\ntrials: 2"
    spec = parse_spec(text, name="a", folder=Path("/specs"), where="a.yaml")
    assert len(spec.axes["cooldown"].values) == 30_000


def test_a_sweep_with_more_epochs_than_a_lifetime_is_refused_with_both_numbers(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "corpus: demo\nseeds: [" + ", ".join(map(str, range(2000))) + "]\n"
        "base:\n  num_epochs: 90000\n"
    )
    for overrides, place in (([], f"{path}:4: base.num_epochs"), (["num_epochs=9999"], "command")):
        with pytest.raises(
            UserError, match=r"makes 2,000 trials of .* at most 2,000,000"
        ) as caught:
            read_spec(path, overrides)
        assert caught.value.problems[0].startswith(place)


# Text


ODD_TEXTS = {
    "a tab": "corpus: demo\nbase:\n\tlr: 1",
    "an anchor used twice": "corpus: &c demo\nbase: &b {lr: 1e-3}\nsweep: *b",
    "a merge": "corpus: demo\nx: &x {lr: 1}\nbase: {<<: *x}",
    "a merge of nothing": "<<: {}\ncorpus: demo",
    "an alias of itself": "corpus: demo\nbase: &b {lr: *b}",
    "a key twice": "corpus: demo\ncorpus: demo",
    "a long key twice": "? " + "k" * 5000 + "\n: 1\n? " + "k" * 5000 + "\n: 2\n",
    "a Python object": "!!python/object/apply:os.system [echo]",
    "a tagged mapping": "corpus: demo\nbase: !!python/object:os.system {lr: 1}",
    "a number that is none": "corpus: demo\nbase: {lr: !!float many}",
    "a truth that is none": "corpus: demo\nbase: {use_tf: !!bool maybe}",
    "a set": "corpus: demo\nbase: !!set {lr}",
    "bytes": "corpus: !!binary aGFsbG8=",
    "two documents": "corpus: demo\n---\ncorpus: demo",
    "two documents' starts": "---\n---\ncorpus: demo",
    "carriage returns": "corpus: demo\r\nbase:\r\n  lr: 1e-3\r\n",
    "old Mac lines": "corpus: demo\rbase:\r  lr: 1e-3\r",
    "a NUL": "corpus: demo\0",
    "a NUL that is escaped": 'corpus: {train: ["a\\0", b], valid: [a, b]}',
    "a letter beyond Unicode": 'corpus: "\\U00110000"',
    "half a surrogate pair": 'corpus: {train: ["\\ud800", b], valid: [a, b]}',
    "a version that is too long": "%YAML 1." + "1" * 5000 + "\n---\ncorpus: demo",
    "deep lists": "corpus: " + "[" * 2000,
    "deep lists that end": "corpus: " + "[" * 200 + "]" * 200,
    "deep mappings": "corpus: " + "{a: " * 5000,
    "deep indentation": "\n".join(" " * depth + "a:" for depth in range(2000)),
    "deep dashes": "- " * 5000 + "a",
    "dots": "corpus: demo\nbase: {lr: ._, gamma: ., patience: _, threshold: -._}",
    "underscores": "corpus: demo\nbase: {lr: 1__0_, patience: 1_}",
    "other digits": "corpus: demo\nbase: {patience: 1٣}",
    "nearly a number, long": "corpus: demo\nbase: {lr: " + "1" * 400_000 + "x}",
    "nearly a float, long": "corpus: demo\nbase: {lr: 1." + "_1" * 200_000 + "x}",
    "a number, long": "corpus: demo\nbase: {lr: " + "1" * 400_000 + "}",
    "a number, large": "corpus: demo\nbase: {lr: 1e" + "9" * 9999 + "}",
    "a long value": "corpus: " + "x" * 300_000,
    "a long comment": "#" + "x" * 300_000 + "\ncorpus: demo",
    "comment signs": "# # a\n#\n## b\n#  \ncorpus: demo",
    "an empty first comment": "#\n# a\ncorpus: demo",
    "unusual line ends": "# a\u2028b: 1\u0085c: 2\ncorpus: demo",
    "nothing": "",
    "null": "~",
    "a word": "demo",
    "a list": "- corpus: demo",
    "an empty key": "corpus: demo\n: 1\n",
    "a key that is a list": "corpus: demo\n? [a]\n: 1",
    "a key that is null": "corpus: demo\n~: 1",
    "an empty base": "corpus: demo\nbase:\nsweep:\nbudget:\n",
    "a key for a terminal": 'corpus: demo\n"\\e[31mred\\n": 1',
    "many anchors": "corpus: demo\nx: [" + ", ".join(f"&a{n} {n}" for n in range(5_000)) + "]",
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_yaml_is_refused_line_by_line_or_has_a_plan(name):
    judge(ODD_TEXTS[name])


def test_laughs_are_refused_whatever_they_consist_of():
    for first, open_, close in (("ha", "[", "]"), ("{a: b}", "[", "]"), ("ha", "{a: ", "}")):
        laughs = [f"a0: &a0 {first}"]
        for depth in range(1, 30):
            inner = f"*a{depth - 1} " if open_ != "[" else f"*a{depth - 1} , *a{depth - 1} "
            laughs.append(f"a{depth}: &a{depth} {open_}{inner}{close}")
        assert judge("\n".join(laughs)) is None


fragments = st.sampled_from(
    [
        *("corpus: demo", "base:", "sweep:", "lr: 1e-3", "lr: [1, 2]", "seeds: [1]", "- 1"),
        *("\n", "\n  ", "\n\t", ": ", "? ", "<<: *a", "---\n", "...\n", "%YAML 1.2\n"),
        *("&a ", "*a", "!!int ", "!x ", "~", "@", "`"),
        *("{", "}", "[", "]", ",", "'", '"', "|\n", ">\n", "# ", "\\", "\ufeff", "\r", "\0"),
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(fragments | st.text(max_size=3), max_size=25).map("".join))
def test_text_of_fragments_is_refused_line_by_line_or_has_a_plan(text):
    judge(text)


@settings(max_examples=100)
@given(
    st.binary(max_size=60)
    | st.lists(fragments, max_size=9).map(lambda f: "".join(f).encode("utf-16"))
)
def test_bytes_in_files_are_refused_line_by_line_or_read(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "a.yaml"
    path.write_bytes(data)
    for read in (read_spec, read_config):
        try:
            read(path, [])
        except UserError as error:
            check_problems(error, str(path))


def test_a_byte_order_mark_is_not_part_of_a_spec(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeff# Why?\ncorpus: demo".encode())
    assert read_spec(path).question == "Why?"


def test_a_file_too_large_to_be_meant_is_refused_unread(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("corpus: " + "x" * 10_000_000)
    with pytest.raises(UserError, match=r"found 10,000,008 bytes; expected at most 1,000,000"):
        read_spec(path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_refused_wherever_one_is_named(make, tmp_path):
    odd = tmp_path / "odd.yaml"
    make(odd)
    own = tmp_path / "own.yaml"
    corpus = "{train: [odd.yaml, odd.yaml], valid: [own.yaml, own.yaml]}"
    own.write_text(f"corpus: {corpus}\nbase: {{weights: odd.yaml}}")
    for path, place in ((odd, odd), (own, own)):
        with pytest.raises(UserError) as caught:
            read_spec(path)
        check_problems(caught.value, str(place))
    assert len(caught.value.problems) == 3
    with pytest.raises(UserError, match="expected a YAML file"):
        read_config(odd, [])


def test_a_missing_file_on_the_command_line_is_not_blamed_on_the_spec(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("corpus: demo\nbase: {weights: here}\n")
    with pytest.raises(UserError) as caught:
        read_spec(path, ["weights=none/" + "x" * 300])
    assert caught.value.problems[0].startswith("command line: weights: ")


# Overrides and configs


@settings(max_examples=200)
@given(
    st.lists(
        st.builds("{}{}{}".format, keys, st.sampled_from(["=", "", "=="]), odd_texts | st.text())
        | st.builds("{}={}".format, st.sampled_from([*KEYS]), scalars)
        | st.sampled_from(["lr=&a 1", "lr=*a", "lr=!!int x", "lr=1\nseed: 2", "lr=---", "lr='"]),
        max_size=4,
    )
)
def test_overrides_are_refused_line_by_line_or_have_a_plan(tmp_path_factory, texts):
    path = tmp_path_factory.getbasetemp() / "overrides.yaml"
    path.write_text(written(GRID))
    try:
        spec = read_spec(path, texts)
    except UserError as error:
        check_problems(error, str(path))
    else:
        check_plan(spec)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from([*KEYS, "corpus"]) | keys, values, max_size=6))
def test_any_config_is_refused_line_by_line_or_read(tmp_path_factory, config):
    path = tmp_path_factory.getbasetemp() / "config.yaml"
    path.write_text(written(config))
    try:
        read_config(path, [])
    except UserError as error:
        check_problems(error, str(path))


# Corpora and command lines


corpora = st.sampled_from(
    [
        *(
            b"",
            b"\n",
            b"a\n",
            b"a",
            b"a\nb\n",
            b"a\n\n",
            b" \n",
            b"\0\n",
            b"\xff\n",
            b"\xef\xbb\xbf",
        ),
        *(
            b"\r",
            b"\xef\xbb\xbf",
            b"\r\n",
            b"x" * 200_000,
            "\u2028\n".encode(),
            "a\n".encode("utf-16"),
            None,
        ),
    ]
)


@settings(max_examples=60)
@given(corpora, corpora, st.sampled_from(["", ".gz"]))
def test_any_corpus_is_refused_line_by_line_or_read(tmp_path_factory, src, trg, suffix):
    folder = tmp_path_factory.mktemp("corpus")
    pair = (str(folder / f"a.src{suffix}"), str(folder / f"a.trg{suffix}"))
    for name, data in zip(pair, (src, trg), strict=True):
        if data is not None:
            Path(name).write_bytes(data)
    try:
        text = read_corpus({"train": pair, "valid": pair})
    except UserError as error:
        for problem in error.problems:
            assert problem.startswith(str(folder))
            assert problem.isprintable()
    else:
        assert len(text.train.src) == len(text.train.trg) > 0
        assert all(line.strip() for line in text.train.src)


LONG = "x" * 3000


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ("plan small.yaml --workers 0", "--workers: found 0"),
        ("plan small.yaml --workers -1", "--workers: found -1"),
        ("plan small.yaml --workers 1000000000", "--workers: found 1000000000 workers"),
        ("plan small.yaml --workers 1e3", "python -m runner plan: argument --workers: invalid"),
        ("plan small.yaml --threads 0", "command line: threads: found 0"),
        ("plan small.yaml --devices cuda:-1", "--devices: found 'cuda:-1'"),
        ("plan small.yaml --devices ,", "--devices: found ''"),
        (f"plan small.yaml --name {LONG}", "--name: found 'xxx"),
        ("plan small.yaml --name ..", "--name: found '..'"),
        ("plan small.yaml num_epochs=1000000000000", "command line: num_epochs: found 1000"),
        ("plan small.yaml weights=none", "command line: weights: there is no file"),
        ("plan small.yaml =1", "command line: '': unknown key"),
        ("plan small.yaml --nonsense", "python -m runner: unrecognized arguments: --nonsense"),
        ("plan pipe.yaml", "pipe.yaml: a pipe or a device"),
        ("plan folder.yaml", "folder.yaml: Is a directory"),
        ("plan .", ".: found ''; expected a file that ends in .yaml"),
        (f"plan {LONG}.yaml", "xxx"),
        (f"table {LONG}", "results/xxx"),
        ("table .", "results"),
        ("sweep small.yaml lr=.nan gamma=2 nothing=1", "command line: lr: found nan"),
        ("", "python -m runner: the following arguments are required: COMMAND"),
        ("nothing", "python -m runner: argument COMMAND: invalid choice"),
    ],
)
def test_a_bad_command_line_is_a_line_a_problem_and_nothing_is_made(
    folder, arguments, place, monkeypatch, capsys
):
    monkeypatch.chdir(folder)
    os.mkfifo("pipe.yaml")
    Path("folder.yaml").mkdir()
    before = sorted(folder.rglob("*"))
    try:
        code = run(arguments.split())
    except SystemExit as end:
        code = end.code
    output, errors = capsys.readouterr()
    assert (code, output) == (2, "")
    assert errors.startswith(place)
    assert len(errors.splitlines()) == (3 if "nothing=1" in arguments else 1)
    assert sorted(folder.rglob("*")) == before

"""YAML as people mean it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lstm3.errors import ConfigError
from lstm3.yaml_file import dump_yaml, parse_value, parse_yaml, read_yaml

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "a.yaml")
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("1E5", 1e5), (".5", 0.5), ("-2.", -2.0), ("7", 7), ("1_000", 1000)],
)
def test_a_number_in_any_usual_spelling_is_a_number(text, value):
    assert parse_value(text, "") == value
    assert type(parse_value(text, "")) is type(value)


@pytest.mark.parametrize("word", ["off", "on", "yes", "no", "y"])
def test_words_that_yaml_11_takes_for_booleans_are_words(word):
    assert parse_value(word, "") == word


def test_a_key_given_twice_is_an_error_that_names_both_lines():
    assert problem("lr: 1\nb: 2\nlr: 3\n") == "a.yaml:3: lr: given twice; the first is in line 1"


def test_a_nested_key_given_twice_is_an_error_too():
    assert "a.yaml:3: lr: given twice" in problem("base:\n  lr: 1\n  lr: 2\n")


def test_every_key_has_its_line():
    document = parse_yaml("# Why?\na: 1\nb:\n  c: 2\n  d: {e: 3}\n", "a.yaml")
    assert document.where("b", "c") == "a.yaml:4"
    assert document.where("b", "d", "e") == "a.yaml:5"
    assert document.where("b", "missing") == "a.yaml:3"
    assert document.where("missing") == "a.yaml"
    assert document.first_comment == "Why?"


@pytest.mark.parametrize(
    "text",
    [
        *("- 1", "a: [", "\ta: 1", "a: &x [*x]", "a: !!python/object:os.system x", "? [1]\n: 2"),
        *("a: *unknown", "a: b: c", "a: {<<: {b: 1}}", "a: 'open", "a: \x00", "%YAML 3.0\n---\n1"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_line(text):
    assert problem(text).startswith("a.yaml")
    assert "\n" not in problem(text)


def test_aliases_that_multiply_without_end_are_refused():
    laughs = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    for depth in range(1, 10):
        before = f"*a{depth - 1}"
        laughs.append(f"a{depth}: &a{depth} [{', '.join([before] * 9)}]")
    assert "more than" in problem("\n".join(laughs))


def test_a_file_that_is_missing_or_not_utf8_is_one_clear_line(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_yaml(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("a: ä".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_yaml(tmp_path / "latin.yaml")


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), scalars | st.lists(scalars)))
@example({"a": "\x85", "b": "x\u2028y\u2029", "c": "\ufeff"})
def test_what_is_written_is_read_back_as_it_was(values):
    assert parse_yaml(dump_yaml(values), "a.yaml").values == values

"""YAML as people mean it: 1e-3 is a number, `off` is a word, a key given twice is an error."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lstm3.config import describe, describe_key
from lstm3.errors import ConfigError
from lstm3.input_file import check_regular

KeyPath = tuple[str, ...]

_MOST_BYTES = 1_000_000
MOST_VALUES = 100_000  # aliases that multiply beyond this are an attack, not a spec
_MOST_LEVELS = 20
_LONGEST_NUMBER = 400  # signs


@dataclass(frozen=True, kw_only=True)
class Document:
    """A YAML mapping and the line (from 1) of each of its keys, by path."""

    name: str
    values: dict[str, Any]
    lines: Mapping[KeyPath, int]
    first_comment: str

    def where(self, *path: str) -> str:
        """Return "file:line" of the key at `path`, or of its nearest parent that has a line."""
        for depth in range(len(path), 0, -1):
            if path[:depth] in self.lines:
                return f"{self.name}:{self.lines[path[:depth]]}"
        return self.name

    def point(self, *path: str) -> str:
        """Return what a problem with the key at `path` begins with, such as "a.yaml:3: base.lr"."""
        return f"{self.where(*path)}: {'.'.join(map(describe_key, path))}"


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's core scalars: true, false, null, decimal numbers, text."""


_TAG = "tag:yaml.org,2002:"
_NUMBER = r"(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[-+]?\d+)?"
_SCALARS = {  # by tag: what it looks like, and the signs that it begins with
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "int": (r"[-+]?\d[\d_]*", "-+0123456789"),
    "float": (rf"(?i:[-+]?{_NUMBER}|[-+]?\.inf|\.nan)", "-+.0123456789"),
}
_PATTERNS = {tag: re.compile(rf"(?:{looks})\Z", re.ASCII) for tag, (looks, _) in _SCALARS.items()}
_Loader.yaml_implicit_resolvers = {}
for _name, _pattern in _PATTERNS.items():
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, list(_SCALARS[_name][1]))


class _Reader:
    """Builds plain values from nodes, noting lines and problems as it goes."""

    def __init__(self, at: Callable[[int], str], most_values: int) -> None:
        self.at, self.most_values = at, most_values  # at: names the place of a line (from 1)
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[str] = []
        self.num_values = 0

    def value(self, node: yaml.Node, path: KeyPath, above: tuple[int, ...] = ()) -> Any:
        self.num_values += 1
        if self.num_values > self.most_values:
            raise ConfigError(
                f"{self.place(node)}: more than {self.most_values:,} values; expected a short file"
            )
        if id(node) in above:
            raise ConfigError(f"{self.place(node)}: an alias that contains itself")
        if len(above) > _MOST_LEVELS:
            raise ConfigError(f"{self.place(node)}: nested more than {_MOST_LEVELS} levels deep")
        above = (*above, id(node))
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, kind)
        if kind != ("map" if isinstance(node, yaml.MappingNode) else "seq"):
            self.problem(node, f"the tag {describe_key(kind)} is not supported")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path, above)
        return [self.value(item, path, above) for item in node.value]

    def mapping(
        self, node: yaml.MappingNode, path: KeyPath, above: tuple[int, ...]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode) or not isinstance(key, str):
                self.problem(key_node, "a key must be a word")
            elif key_node.tag.endswith(":merge") or key == "<<":
                self.problem(key_node, "<<: merge keys are not supported")
            elif key in values:
                first = self.lines[(*path, key)]
                self.problem(
                    key_node, f"{describe_key(key)}: given twice; the first is in line {first}"
                )
            else:
                self.lines[(*path, key)] = key_node.start_mark.line + 1
                values[key] = self.value(value_node, (*path, key), above)
        return values

    def scalar(self, node: yaml.ScalarNode, kind: str) -> Hashable:
        text = str(node.value)
        if kind not in ("str", *_PATTERNS):
            self.problem(node, f"the tag {describe_key(kind)} is not supported")
        elif kind != "str" and not _PATTERNS[kind].match(text):
            self.problem(node, f"found {describe(text)}, tagged as {kind}; expected one")
        elif kind == "bool":
            return text.lower() == "true"
        elif kind == "null":
            return None
        elif kind != "str":
            return _number(text.replace("_", "").lower(), kind)
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            self.problem(node, f"found {describe(text)}; expected text that UTF-8 can hold")
        return text

    def problem(self, node: yaml.Node, message: str) -> None:
        self.problems.append(f"{self.place(node)}: {message}")

    def place(self, node: yaml.Node) -> str:
        return self.at(node.start_mark.line + 1)


def _number(text: str, kind: str) -> int | float:
    """Return the number; one too long to be meant (Python refuses 4,300 digits) is infinite."""
    if kind == "int":
        return int(text) if len(text) <= _LONGEST_NUMBER else math.inf
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def read_yaml(path: Path) -> Document:
    """Return the mapping in a YAML file; raises ConfigError with every problem at once."""
    try:
        size = check_regular(path)
        if size > _MOST_BYTES:
            raise ConfigError(f"{path}: found {size:,} bytes; expected at most {_MOST_BYTES:,}")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; expected a YAML file") from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str, most_values: int = MOST_VALUES) -> Document:
    """Return the mapping written in `text`; raises ConfigError with every problem at once."""
    reader = _Reader(lambda line: f"{name}:{line}", most_values)
    values = _read(text, reader, name)
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise ConfigError(f"{name}:1: expected keys with values, such as 'corpus: demo'")
    if reader.problems:
        raise ConfigError(reader.problems)
    return Document(
        name=name, values=values, lines=reader.lines, first_comment=_first_comment(text)
    )


def parse_value(text: str, where: str) -> Any:
    """Return what `text` means as a YAML value, as in `key=value` on a command line.

    Raises ConfigError with lines that begin with `where`.
    """
    reader = _Reader(lambda _: where, MOST_VALUES)
    value = _read(text, reader, where)
    if reader.problems:
        raise ConfigError(reader.problems)
    return value


def _read(text: str, reader: _Reader, name: str) -> Any:
    try:
        node = _Loader(text).get_single_node()
        return None if node is None else reader.value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = reader.at(mark.line + 1) if mark else name
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(f"{place}: not valid YAML: {said}") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: such as a letter beyond Unicode
        raise ConfigError(f"{name}: not valid YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise ConfigError(f"{name}: nested more than {_MOST_LEVELS} levels deep") from None


def dump_yaml(values: Mapping[str, Any]) -> str:
    """Return `values` as YAML that `parse_yaml` reads back as the same values."""
    return yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes by _Loader's rules and writes floats that it reads as floats."""


_UNUSUAL_BREAKS = set("\x85\u2028\u2029\ufeff")  # kept as they are in double quotes alone


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _UNUSUAL_BREAKS & set(text) else None
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers
_Dumper.add_representer(str, _represent_text)


def _first_comment(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(lines).strip()

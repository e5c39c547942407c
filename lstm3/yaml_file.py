"""YAML as people mean it: 1e-3 is a number, `off` is a word, a key given twice is an error."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lstm3.errors import ConfigError

KeyPath = tuple[str, ...]

_FLOAT = re.compile(
    r"^[-+]?(?:(?:\d[\d_]*)?\.[\d_]+|\d[\d_]*\.?)(?:[eE][-+]?\d+)?$|^[-+]?\.(?:inf|Inf|INF)$"
    r"|^\.(?:nan|NaN|NAN)$"
)
_MAX_NODES = 100_000  # aliases that multiply beyond this are an attack, not a spec


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


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's core scalars: true, false, null, decimal numbers, text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("int", re.compile(r"^[-+]?\d[\d_]*$"), "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, list(_first))


class _Reader:
    """Builds plain values from nodes, noting lines and problems as it goes."""

    def __init__(self, loader: _Loader, name: str) -> None:
        self.loader, self.name = loader, name
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[str] = []
        self.num_nodes = 0

    def value(self, node: yaml.Node, path: KeyPath, above: tuple[int, ...] = ()) -> Any:
        self.num_nodes += 1
        if self.num_nodes > _MAX_NODES:
            raise ConfigError(f"{self.name}: more than {_MAX_NODES} values; expected a short file")
        if id(node) in above:
            raise ConfigError(f"{self._at(node)}: an alias that contains itself")
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, path, above) for item in node.value]
        return self._scalar(node)

    def _mapping(
        self, node: yaml.MappingNode, path: KeyPath, above: tuple[int, ...]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode) or not isinstance(key, str):
                self.problems.append(f"{self._at(key_node)}: a key must be a word")
            elif key_node.tag.endswith(":merge") or key == "<<":
                self.problems.append(f"{self._at(key_node)}: <<: merge keys are not supported")
            elif key in values:
                first = self.lines[(*path, key)]
                self.problems.append(
                    f"{self._at(key_node)}: {key}: given twice; the first is in line {first}"
                )
            else:
                self.lines[(*path, key)] = key_node.start_mark.line + 1
                values[key] = self.value(value_node, (*path, key), above)
        return values

    def _scalar(self, node: yaml.Node) -> Hashable:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        text = node.value
        if kind == "float":
            number = text.replace("_", "").lower()
            return float(number.replace(".inf", "inf").replace(".nan", "nan"))
        if kind == "int":
            return _whole_number(text.replace("_", ""))
        if kind == "bool":
            return bool(text.lower() == "true")
        if kind == "null":
            return None
        if kind != "str":
            self.problems.append(f"{self._at(node)}: the tag {node.tag} is not supported")
        return str(text)

    def _at(self, node: yaml.Node) -> str:
        return f"{self.name}:{node.start_mark.line + 1}"


def _whole_number(text: str) -> int | float:
    """Return the number; one too long to be meant (Python refuses 4,300 digits) is infinite."""
    return int(text) if len(text) <= 400 else math.inf


def read_yaml(path: Path, name: str | None = None) -> Document:
    """Return the mapping in a YAML file; raises ConfigError with every problem at once."""
    name = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror or error}; expected a YAML file") from None
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """Return the mapping written in `text`; raises ConfigError with every problem at once."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        reader = _Reader(loader, name)
        values = {} if node is None else reader.value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{name}{line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: not valid YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{name}:1: expected keys with values, such as 'corpus: demo'")
    if reader.problems:
        raise ConfigError(reader.problems)
    return Document(
        name=name, values=values, lines=reader.lines, first_comment=_first_comment(text)
    )


def parse_value(text: str) -> Any:
    """Return what `text` means as a YAML value, as in `key=value` on a command line."""
    return parse_yaml(f"value: {text}", "command line").values["value"]


def dump_yaml(values: Mapping[str, Any]) -> str:
    """Return `values` as YAML that `parse_yaml` reads back as the same values."""
    return yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes by _Loader's rules and writes floats that it reads as floats."""


_Dumper.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


def _first_comment(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(lines)

"""Config files and `key=value` on a command line, read with every problem at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm3.config import ALIASES, Config, collect, describe_key, resolve_paths
from lstm3.corpus import CorpusSource, parse_source
from lstm3.errors import ConfigError
from lstm3.yaml_file import parse_value, read_yaml


def read_config(path: Path, overrides: Sequence[str]) -> tuple[Config, CorpusSource]:
    """Return the config and the corpus that a flat YAML file and `key=value`s name.

    Relative paths in the file are taken from its folder, those in overrides from the current one.
    Raises ConfigError.
    """
    document = read_yaml(path)
    values = dict(document.values)
    folder = path.parent.absolute()
    source, wrong = parse_source(values.pop("corpus", None), folder)
    good, problems = collect(values, document.point)
    given, more = parse_overrides(overrides, {})
    in_corpus = [
        f"{document.point('corpus', *([split] if split else []))}: {message}"
        for split, message in wrong
    ]
    problems = [*in_corpus, *problems, *more]
    if problems:
        raise ConfigError(problems)
    config = resolve_paths(Config(**good), folder)
    return resolve_paths(dataclasses.replace(config, **given), Path.cwd()), source


def parse_overrides(
    texts: Sequence[str], refused: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """Return (the good values of `key=value`s by key, a line for each bad one).

    `refused` are keys that have no place here, each with the reason.
    """
    values: dict[str, object] = {}
    problems = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            problems.append(f"{on_command_line(text)}: expected key=value")
        elif ALIASES.get(key, key) in refused:
            problems.append(f"{on_command_line(key)}: {refused[ALIASES.get(key, key)]}")
        elif key in values:
            problems.append(f"{on_command_line(key)}: given already")
        else:
            try:
                values[key] = parse_value(value, on_command_line(key))
            except ConfigError as error:
                problems += error.problems
    good, more = collect(values, on_command_line)
    return good, [*problems, *more]


def on_command_line(key: str) -> str:
    """Return what a problem with an overridden key begins with."""
    return f"command line: {describe_key(key)}"

"""Specs as YAML, read with every problem at once: file, line, key, what would be right."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm3.config import (
    ALIASES,
    KEYS,
    Config,
    collect,
    describe,
    resolve_paths,
    unknown_key,
)
from lstm3.config_file import on_command_line, parse_overrides
from lstm3.corpus import CorpusSource, parse_source
from lstm3.errors import ConfigError
from lstm3.yaml_file import MOST_VALUES, Document, parse_yaml, read_yaml
from runner.specs.axis_parsing import parse_axis
from runner.specs.cell_parsing import parse_cells, parse_finals, parse_seeds
from runner.specs.limits import Limits, OneOf, Problems, Real, Whole, parse_section
from runner.specs.rule_parsing import parse_rule
from runner.specs.rules import Rule
from runner.specs.spec import (
    KEEPS,
    SEARCHES,
    WANDB_MODES,
    Axis,
    Budget,
    Deadline,
    Finals,
    Spec,
    StorePolicy,
)
from runner.specs.spec_checks import MOST_EPOCHS, check_files, check_search, check_size

_ELSEWHERE = {
    "seed": "there is 'seeds' for this",
    "device": "it belongs to 'lstm3 train'; a sweep takes --devices",
}
_WHOLE = {
    "trials": Whole(most=1_000_000),
    "grace_epochs": Whole(least=0),
    "parallel": Whole(most=1_000),
    "slots_per_device": Whole(most=100),
    "max_trials": Whole(most=1_000_000),
}
_SECTIONS: Mapping[str, Limits] = {
    "budget": {
        "hours": Real(most=100_000, is_included=False),
        "epochs": Whole(most=MOST_EPOCHS),
    },
    "deadline": {
        "factor": Real(least=1, most=1_000),
        "floor_seconds": Real(least=1, most=1_000_000),
    },
    "store": {"keep": OneOf(words=KEEPS), "max_gb": Real(most=1_000_000, is_included=False)},
}
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(Spec)}
_KEYS = {*_DEFAULTS, "sweep"} - {"name", "question", "axes"}  # the first two are the file's


def read_spec(path: Path, overrides: Sequence[str] = ()) -> Spec:
    """Return the spec in a file under `key=value` overrides; raises ConfigError.

    An overridden key has that value in all trials: a swept one loses its axis. Relative paths are
    taken from the spec's folder, those in overrides from the current one.
    """
    if path.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"{path}: found '{path.suffix}'; expected a file that ends in .yaml")
    return _Parser(read_yaml(path), path.stem, path.parent.absolute()).parse(
        overrides, needs_files=True
    )


def parse_spec(text: str, *, name: str, folder: Path, where: str) -> Spec:
    """Return the spec written in `text`; raises ConfigError."""
    document = parse_yaml(text, where, most_values=2 * MOST_VALUES)  # spelled out, it has more
    return _Parser(document, name, folder).parse((), needs_files=False)


class _Parser:
    """Reads one document, noting problems as it goes."""

    def __init__(self, document: Document, name: str, folder: Path) -> None:
        self.document, self.name, self.folder = document, name, folder
        self.problems: list[str] = []

    def parse(self, overrides: Sequence[str], *, needs_files: bool) -> Spec:
        values = self.document.values
        for key in values:
            if key not in _KEYS:
                hint = "it goes under 'base:'" if key in KEYS else unknown_key(key, _KEYS)
                self.problem(hint, key)
        base, given = self.base()
        axes = self.axes(given)
        cells = self.cells(axes)
        values_given, problems = parse_overrides(overrides, _ELSEWHERE)
        self.problems += problems
        if cells:
            listed = f"{self.document.point('cells')} lists a value for each cell"
            self.problems += [
                f"{on_command_line(name)}: {listed}; expected a key that is not swept"
                for name in axes.keys() & values_given.keys()
            ]
        base = resolve_paths(dataclasses.replace(base, **values_given), Path.cwd())
        axes = {name: axis for name, axis in axes.items() if name not in values_given}
        spec = Spec(
            name=self.name,
            question=self.document.first_comment,
            corpus=self.corpus(),
            base=base,
            axes=axes,
            search=self.choice("search", SEARCHES),
            trials=self.whole("trials"),
            cells=cells,
            baseline=self.flag("baseline"),
            seeds=self.seeds(),
            finals=self.finals(),
            prune=self.prune(),
            grace_epochs=self.whole("grace_epochs"),
            objective=self.choice("objective", ("bleu",)),
            parallel=self.whole("parallel"),
            budget=Budget(**self.numbers("budget")),
            deadline=Deadline(**self.numbers("deadline")),
            slots_per_device=self.whole("slots_per_device"),
            store=StorePolicy(**self.numbers("store")),
            wandb=self.choice("wandb", WANDB_MODES),
            max_trials=self.whole("max_trials"),
        )
        if not spec.is_grid and not axes and not self.problems:
            self.problem("nothing to search over; expected at least one key", "sweep")
        checks = (
            (check_search, check_size, check_files) if needs_files else (check_search, check_size)
        )
        for check in checks:
            for (key, *inner), message in check(spec):
                if key in values_given:
                    self.problems.append(f"{on_command_line(key)}: {message}")
                else:
                    self.problem(message, *self.given_as(key, *inner))
        if self.problems:
            raise ConfigError(self.problems)
        return spec

    def problem(self, message: str, *path: str) -> None:
        self.problems.append(f"{self.document.point(*path)}: {message}")

    def mapping(self, *path: str) -> dict[str, Any]:
        value: Any = self.document.values
        for key in path:
            value = value.get(key)
            if value is None:
                return {}
        if isinstance(value, dict):
            return value
        self.problem(f"found {describe(value)}; expected keys with values", *path)
        return {}

    def whole(self, key: str) -> Any:
        if key not in self.document.values:
            return _DEFAULTS[key]
        value, limits = self.document.values[key], _WHOLE[key]
        message = limits.wrong(value)
        if message is None:
            return value
        self.problem(message, key)
        return _DEFAULTS[key] or limits.least

    def choice(self, key: str, choices: Sequence[str]) -> Any:
        value = self.document.values.get(key, _DEFAULTS[key])
        if value is False and "off" in choices:
            return "off"
        if value not in choices:
            expected = choices[0] if len(choices) == 1 else "one of " + ", ".join(choices)
            self.problem(f"found {describe(value)}; expected {expected}", key)
            return _DEFAULTS[key]
        return value

    def base(self) -> tuple[Config, set[str]]:
        """Return the base config and the keys that it was given, under their own names."""
        values = self.mapping("base")
        for key in _ELSEWHERE.keys() & values.keys():
            self.problem(_ELSEWHERE[key], "base", key)
        values = {key: value for key, value in values.items() if key not in _ELSEWHERE}
        good, problems = collect(values, lambda key: self.document.point("base", key))
        self.problems += problems
        return resolve_paths(Config(**good), self.folder), set(good)

    def axes(self, given_in_base: set[str]) -> dict[str, Axis]:
        axes: dict[str, Axis] = {}
        for given, value in self.mapping("sweep").items():
            name = ALIASES.get(given, given)
            if name in _ELSEWHERE:
                self.problem(_ELSEWHERE[name], "sweep", given)
            elif name == "bleu_tokenize":
                self.problem("numbers that compare trials may not depend on it", "sweep", given)
            elif name not in KEYS:
                self.problem(unknown_key(given, [*KEYS, *ALIASES]), "sweep", given)
            elif name in axes:
                self.problem(f"'{name}' is given already; they are one key", "sweep", given)
            elif name in given_in_base and self.document.values.get("baseline") is not True:
                self.problem(
                    f"'{name}' is given in 'base' too; keep one, or say 'baseline: true'",
                    "sweep",
                    given,
                )
            else:
                axis, problems = parse_axis(name, value, self.folder)
                self.note(problems, "sweep", given)
                if axis is not None:
                    axes[name] = axis
        return axes

    def corpus(self) -> CorpusSource:
        source, problems = parse_source(self.document.values.get("corpus"), self.folder)
        for split, message in problems:
            self.problem(message, "corpus", *([split] if split else []))
        return source

    def seeds(self) -> tuple[int, ...]:
        seeds, problems = parse_seeds(self.document.values.get("seeds", list(Spec.seeds)))
        self.note(problems, "seeds")
        return seeds

    def finals(self) -> Finals | None:
        if "finals" not in self.document.values:
            return None
        finals, problems = parse_finals(self.mapping("finals"))
        self.note(problems, "finals")
        return finals

    def cells(self, axes: Mapping[str, Axis]) -> tuple[Mapping[str, Any], ...]:
        if "cells" not in self.document.values:
            return ()
        cells, problems = parse_cells(self.document.values["cells"], axes)
        self.note(problems, "cells")
        return cells

    def flag(self, key: str) -> bool:
        value = self.document.values.get(key, _DEFAULTS[key])
        if not isinstance(value, bool):
            self.problem(f"found {describe(value)}; expected true or false", key)
        return value is True

    def note(self, problems: Problems, *path: str) -> None:
        for inner, message in problems:
            self.problem(message, *path, *inner)

    def prune(self) -> Rule | None:
        if "prune" not in self.document.values:
            return Spec.prune
        rule, problems = parse_rule(self.document.values["prune"])
        self.note(problems, "prune")
        return rule

    def numbers(self, section: str) -> dict[str, Any]:
        """Return the good values of a section that is all limits."""
        good, problems = parse_section(self.mapping(section), _SECTIONS[section])
        self.note(problems, section)
        return good

    def given_as(self, name: str, *inner: str) -> tuple[str, ...]:
        """Return the path under which the spec gives a key, be it one of a config's."""
        for section in ("sweep", "base"):
            for given in self.section(section):
                if ALIASES.get(given, given) == name:
                    return section, given
        return (name, *inner)

    def section(self, name: str) -> dict[str, Any]:
        values = self.document.values.get(name)
        return values if isinstance(values, dict) else {}

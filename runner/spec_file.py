"""Specs as YAML, read with every problem at once: file, line, key, what would be right."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lstm3.config import (
    ALIASES,
    KEYS,
    Config,
    coerce,
    collect,
    describe,
    resolve_paths,
    unknown_key,
)
from lstm3.config_file import parse_overrides
from lstm3.corpus import CorpusSource, parse_source
from lstm3.errors import ConfigError
from lstm3.yaml_file import Document, parse_yaml, read_yaml
from runner.axis_parsing import parse_axis
from runner.deadline import Deadline
from runner.pruning import Rule
from runner.rule_parsing import is_number, parse_rule
from runner.spec import KEEPS, SEARCHES, WANDB_MODES, Axis, Budget, Range, Spec, StorePolicy

_KEYS = (
    *("corpus", "base", "sweep", "search", "trials", "seeds", "prune", "grace_epochs"),
    *("objective", "parallel", "budget", "store", "deadline", "slots_per_device"),
    *("wandb", "max_trials"),
)
_ELSEWHERE = {
    "seed": "there is 'seeds' for this",
    "device": "it belongs to 'lstm3 train'; a sweep takes --devices",
}
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(Spec)}


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
    return _Parser(parse_yaml(text, where), name, folder).parse((), needs_files=False)


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
        values_given, problems = parse_overrides(overrides, _ELSEWHERE)
        self.problems += problems
        base = resolve_paths(dataclasses.replace(base, **values_given), Path.cwd())
        axes = {name: axis for name, axis in axes.items() if name not in values_given}
        spec = Spec(
            name=self.name,
            question=self.document.first_comment,
            corpus=self.corpus(),
            base=base,
            axes=axes,
            search=self.choice("search", SEARCHES),
            trials=self.whole("trials", at_least=1),
            seeds=self.seeds(),
            prune=self.prune(),
            grace_epochs=self.whole("grace_epochs", at_least=0),
            objective=self.choice("objective", ("bleu",)),
            parallel=self.whole("parallel", at_least=1),
            budget=self.budget(),
            deadline=self.deadline(),
            slots_per_device=self.whole("slots_per_device", at_least=1),
            store=self.store(),
            wandb=self.choice("wandb", WANDB_MODES),
            max_trials=self.whole("max_trials", at_least=1),
        )
        self.check_as_a_whole(spec)
        if needs_files:
            self.check_files(spec)
        if self.problems:
            raise ConfigError(self.problems)
        return spec

    def check_files(self, spec: Spec) -> None:
        """Note which files are not there; a sweep's results can be read without them."""
        corpus = {} if isinstance(spec.corpus, str) else spec.corpus
        for split, files in corpus.items():
            for file in files:
                if not Path(file).exists():
                    self.problem(f"there is no file {file}", "corpus", split)
        section = "sweep" if "weights" in spec.axes else "base"
        for weights in spec.weights:
            if not Path(weights).exists():
                self.problem(f"there is no file or folder {weights}", section, "weights")

    def problem(self, message: str, *path: str) -> None:
        key = ".".join(path) + ": " if path else ""
        self.problems.append(f"{self.document.where(*path)}: {key}{message}")

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

    def whole(self, key: str, *, at_least: int) -> Any:
        value = self.document.values.get(key, _DEFAULTS[key])
        if key in self.document.values and (type(value) is not int or value < at_least):
            self.problem(f"found {describe(value)}; expected a whole number ≥ {at_least}", key)
            return _DEFAULTS[key]
        return value

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
        good, problems = collect(values, lambda key: self.document.where("base", key))
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
            elif name in given_in_base:
                self.problem(f"'{name}' is given in 'base' too; keep one", "sweep", given)
            else:
                axis, problems = parse_axis(name, value, self.folder)
                for inner, message in problems:
                    self.problem(message, "sweep", given, *inner)
                if axis is not None:
                    axes[name] = axis
        return axes

    def corpus(self) -> CorpusSource:
        source, problems = parse_source(self.document.values.get("corpus"), self.folder)
        for split, message in problems:
            self.problem(message, "corpus", *([split] if split else []))
        return source

    def seeds(self) -> tuple[int, ...]:
        seeds: Any = self.document.values.get("seeds", list(Spec.seeds))
        if not isinstance(seeds, list) or not seeds:
            self.problem(f"found {describe(seeds)}; expected a list such as [1, 2, 3]", "seeds")
            return (0,)
        for seed in seeds:
            try:
                coerce("seed", seed)
            except ValueError as error:
                self.problem(str(error), "seeds")
                return (0,)
        if len(set(seeds)) < len(seeds):
            self.problem("a seed is listed twice", "seeds")
        return tuple(seeds)

    def prune(self) -> Rule | None:
        rule, problems = parse_rule(self.document.values.get("prune", "safe"))
        for inner, message in problems:
            self.problem(message, "prune", *inner)
        return rule

    def budget(self) -> Budget:
        values = self.mapping("budget")
        for key, value in values.items():
            if key not in ("hours", "epochs"):
                self.problem(unknown_key(key, ("hours", "epochs")), "budget", key)
            elif not is_number(value, is_real=key == "hours") or value <= 0:
                kind = "a number" if key == "hours" else "a whole number"
                self.problem(f"found {describe(value)}; expected {kind} > 0", "budget", key)
        if self.problems:
            return Budget()
        return Budget(**values)

    def deadline(self) -> Deadline:
        values = self.mapping("deadline")
        names = [field.name for field in dataclasses.fields(Deadline)]
        good = {}
        for key, value in values.items():
            if key not in names:
                self.problem(unknown_key(key, names), "deadline", key)
            elif not is_number(value, is_real=True) or value < 1:
                self.problem(f"found {describe(value)}; expected a number ≥ 1", "deadline", key)
            else:
                good[key] = float(value)
        return Deadline(**good)

    def store(self) -> StorePolicy:
        values, before = self.mapping("store"), len(self.problems)
        for key, value in values.items():
            if key not in ("keep", "max_gb"):
                self.problem(unknown_key(key, ("keep", "max_gb")), "store", key)
            elif key == "keep" and value not in KEEPS:
                expected = "one of " + ", ".join(KEEPS)
                self.problem(f"found {describe(value)}; expected {expected}", "store", key)
            elif key == "max_gb" and (not is_number(value, is_real=True) or value <= 0):
                self.problem(f"found {describe(value)}; expected a number > 0", "store", key)
        return StorePolicy(**values) if len(self.problems) == before else StorePolicy()

    def check_as_a_whole(self, spec: Spec) -> None:
        for name, axis in spec.axes.items():
            if spec.is_grid and isinstance(axis, Range):
                self.problem(
                    "a grid needs a list; for a range say 'search: random' or 'tpe', with 'trials'",
                    *self.axis_path(name),
                )
        if spec.is_grid and spec.trials is not None:
            self.problem("a grid has as many trials as its lists make; leave it out", "trials")
        if not spec.is_grid and spec.trials is None:
            self.problem(f"needs 'trials: N', how many to try with search {spec.search}", "search")
        if not spec.is_grid and not spec.axes and not self.problems:
            self.problem("nothing to search over; expected at least one key", "sweep")
        count = spec.num_cells * len(spec.seeds)
        if count > spec.max_trials:
            self.problem(
                f"makes {count:,} trials; expected at most {spec.max_trials:,} "
                "(or a larger 'max_trials')",
                "sweep" if spec.is_grid else "trials",
            )

    def axis_path(self, name: str) -> tuple[str, str]:
        given = next(key for key in self.mapping("sweep") if ALIASES.get(key, key) == name)
        return "sweep", given

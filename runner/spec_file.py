"""Specs as YAML, read with every problem at once: file, line, key, what would be right."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
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
    value_type,
)
from lstm3.config_file import parse_overrides
from lstm3.corpus import CorpusSource, parse_source
from lstm3.errors import ConfigError
from lstm3.yaml_file import Document, parse_yaml, read_yaml
from runner.pruning import RULES, SAFE, Rule
from runner.spec import SEARCHES, WANDB_MODES, Axis, Budget, Choices, Range, Spec

_KEYS = (
    *("corpus", "base", "sweep", "search", "trials", "seeds", "prune", "grace_epochs"),
    *("objective", "parallel", "budget", "wandb", "max_trials"),
)
_RANGE_KEYS = ("min", "max", "log", "values")
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
        axis = spec.axes.get("weights")
        for weights in axis.values if isinstance(axis, Choices) else [spec.base.weights]:
            if weights is not None and not Path(weights).exists():
                section = "base" if axis is None else "sweep"
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
                axis = self.axis(name, value, ("sweep", given))
                if axis is not None:
                    axes[name] = axis
        return axes

    def axis(self, name: str, value: object, path: tuple[str, ...]) -> Axis | None:
        if isinstance(value, list):
            return self.listed(name, value, path)
        if not isinstance(value, dict):
            expected = "a list such as [1, 2], or a range such as {min: 1, max: 2}"
            self.problem(f"found {describe(value)}; expected {expected}", *path)
            return None
        for key in value.keys() - set(_RANGE_KEYS):
            self.problem(unknown_key(key, _RANGE_KEYS), *path, key)
        if "values" in value:
            if len(value) > 1:
                self.problem("'values' stands alone, without min, max or log", *path)
            if isinstance(value["values"], list):
                return self.listed(name, value["values"], path)
            self.problem(f"found {describe(value['values'])}; expected a list", *path, "values")
            return None
        return self.range(name, value, path)

    def listed(self, name: str, values: list[object], path: tuple[str, ...]) -> Choices | None:
        if not values:
            self.problem("found an empty list; expected at least one value", *path)
            return None
        good: list[Any] = []
        for value in values:
            try:
                coerced = coerce(name, value)
            except ValueError as error:
                self.problem(str(error), *path)
                continue
            if name == "weights" and coerced is not None:
                coerced = str(self.folder / coerced)
            if coerced in good:
                self.problem(f"{describe(value)} is listed twice", *path)
            good.append(coerced)
        return Choices(values=tuple(good)) if good else None

    def range(self, name: str, value: Mapping[str, Any], path: tuple[str, ...]) -> Range | None:
        if value_type(name) not in (int, float):
            self.problem("only a number has a range; list its values instead", *path)
            return None
        bounds = []
        for key in ("min", "max"):
            try:
                if key not in value:
                    raise ValueError(f"a range needs '{key}'")
                bounds.append(coerce(name, value[key]))
            except ValueError as error:
                self.problem(str(error), *path, *([key] if key in value else []))
        is_log = value.get("log", False)
        if not isinstance(is_log, bool):
            self.problem(f"found {describe(is_log)}; expected true or false", *path, "log")
        elif len(bounds) == 2:
            low, high = bounds
            if low >= high:
                self.problem(f"found min {low:g}, max {high:g}; expected min < max", *path)
            elif is_log and low <= 0:
                self.problem(f"found min {low:g}; a log range needs min > 0", *path, "min")
            else:
                return Range(low=low, high=high, log=is_log, is_whole=value_type(name) is int)
        return None

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
        value = self.document.values.get("prune", "safe")
        if value == "safe":
            return SAFE
        if value == "none" or value is None:
            return None
        if isinstance(value, str) and value in RULES:
            return self.rule(value, {})
        if isinstance(value, dict) and len(value) == 1:
            [(name, params)] = value.items()
            if name in RULES and isinstance(params or {}, dict):
                return self.rule(name, params or {})
        names = ", ".join(["safe", "none", *RULES])
        self.problem(
            f"found {describe(value)}; expected one of {names}, or one with its parameters such "
            "as {percentile: {keep: 75}}",
            "prune",
        )
        return None

    def rule(self, name: str, params: Mapping[str, Any]) -> Rule | None:
        fields = {field.name: field for field in dataclasses.fields(RULES[name])}
        before = len(self.problems)
        for key, value in params.items():
            is_real = key in ("keep", "lower", "min_delta")
            least = 2 if key == "reduction_factor" else 1 if key.endswith("resource") else 0
            if key not in fields:
                self.problem(unknown_key(key, fields), "prune", name, key)
            elif not _is_number(value, is_real) or not least <= value:
                kind = "a number" if is_real else "a whole number"
                found = f"found {describe(value)}; expected {kind} ≥ {least}"
                self.problem(found, "prune", name, key)
            elif key == "keep" and value > 100:
                self.problem(f"found {describe(value)}; expected a percentage", "prune", name, key)
        for key, field in fields.items():
            if field.default is dataclasses.MISSING and key not in params:
                self.problem(
                    f"'{name}' needs '{key}', as in {{{name}: {{{key}: 10}}}}: what is pruned must "
                    "not follow from num_epochs",
                    "prune",
                )
        return RULES[name](**params) if len(self.problems) == before else None

    def budget(self) -> Budget:
        values = self.mapping("budget")
        for key, value in values.items():
            if key not in ("hours", "epochs"):
                self.problem(unknown_key(key, ("hours", "epochs")), "budget", key)
            elif not _is_number(value, key == "hours") or value <= 0:
                kind = "a number" if key == "hours" else "a whole number"
                self.problem(f"found {describe(value)}; expected {kind} > 0", "budget", key)
        if self.problems:
            return Budget()
        return Budget(**values)

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
        if not spec.is_grid and not self.mapping("sweep"):
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


def _is_number(value: object, is_real: bool) -> bool:
    kinds = (int, float) if is_real else (int,)
    return type(value) in kinds and math.isfinite(value)  # type: ignore[arg-type]

"""Every config key: its default, its meaning with unit and range, and how it acts on an epoch."""

from __future__ import annotations

import dataclasses
import difflib
import enum
import functools
import math
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lstm3.errors import ConfigError


class Acts(enum.Enum):
    """How a key can change what an epoch computes."""

    ON_EVERY_EPOCH = "it is part of a trial's first key"
    BY_SETTINGS = "only through the settings of the epochs that it leads to"
    NEVER = "it decides how long, where or how loud, never what is computed"


@dataclass(frozen=True, kw_only=True)
class Key:
    """What is known of one config key, its type and default aside."""

    meaning: str
    acts: Acts
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()

    def violation(self, value: object) -> str | None:
        """Return what would be right if `value`, of the right type, is out of range."""
        if self.choices and value not in self.choices:
            return f"expected one of {', '.join(self.choices)}"
        if not isinstance(value, int | float):
            return None
        is_inside = (
            (isinstance(value, int) or math.isfinite(value))
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )
        return None if is_inside else f"expected {self.range()}"

    def range(self) -> str:
        bounds = {"≥": self.at_least, ">": self.above, "≤": self.at_most, "<": self.below}
        said = [f"{sign} {bound:,}" for sign, bound in bounds.items() if bound is not None]
        return "a number " + " and ".join(said) if said else "a finite number"


def _key(default: Any, meaning: str, acts: Acts, **limits: Any) -> Any:
    return field(default=default, metadata={"key": Key(meaning=meaning, acts=acts, **limits)})


BLEU_TOKENIZERS = ("13a", "none", "intl", "char", "zh")  # "none" is for tokenised text
_ALWAYS, _SETTINGS, _NEVER = Acts.ON_EVERY_EPOCH, Acts.BY_SETTINGS, Acts.NEVER
_FRACTION: dict[str, Any] = {"at_least": 0, "below": 1}
_SIZE: dict[str, Any] = {"at_least": 1, "at_most": 16_384}
_SOME: dict[str, Any] = {
    "at_least": 1,
    "at_most": 100_000,
}  # whole numbers beyond are typing errors
_ANY: dict[str, Any] = {"at_least": 0, "at_most": 100_000}


@dataclass(frozen=True, kw_only=True)
class Config:
    """One training run of LSTM_3. Epochs count from 1."""

    # Learning rate
    lr: float = _key(2e-3, "learning rate of the first epoch", _SETTINGS, above=0)
    patience: int = _key(2, "epochs at no better loss that are borne", _SETTINGS, **_ANY)
    gamma: float = _key(0.5, "factor on lr at a plateau", _SETTINGS, above=0, below=1)
    threshold: float = _key(1e-4, "relative gain that counts", _SETTINGS, at_least=0, below=1)
    cooldown: int = _key(0, "epochs after a decay that are not judged", _SETTINGS, **_ANY)
    lr_manual_decrease: float = _key(1.0, "factor on lr; 1 is off", _SETTINGS, above=0, at_most=1)
    lr_manual_epochs: int = _key(5, "first epochs that it follows", _SETTINGS, **_ANY)

    # Regularisation
    weight_decay: float = _key(1e-4, "AdamW's decoupled weight decay", _SETTINGS, at_least=0)
    label_smoothing: float = _key(0.1, "share of a target given to all", _SETTINGS, **_FRACTION)
    dropout_emb: float = _key(0.2, "dropout on embeddings", _ALWAYS, **_FRACTION)
    dropout_enc: float = _key(0.2, "dropout on encoder layers' outputs", _ALWAYS, **_FRACTION)
    dropout_dec: float = _key(0.2, "dropout on decoder layers' outputs", _ALWAYS, **_FRACTION)
    dropout_attention: float = _key(0.0, "dropout on attention weights", _ALWAYS, **_FRACTION)

    # Teacher forcing
    use_tf: bool = _key(True, "follow this schedule; false: ratio 1 throughout", _SETTINGS)
    tf_start: float = _key(1.0, "ratio that it starts from", _SETTINGS, at_least=0, at_most=1)
    tf_from_epoch: int = _key(5, "last epoch before the ratio falls", _SETTINGS, **_ANY)
    tf_decrease: float = _key(0.02, "fall of the ratio an epoch", _SETTINGS, at_least=0, at_most=1)

    # Model
    embedding_dim: int = _key(128, "size of an embedding", _ALWAYS, **_SIZE)
    hidden_size: int = _key(256, "size of an LSTM's state, each direction", _ALWAYS, **_SIZE)
    num_layers: int = _key(2, "LSTM layers of encoder and decoder", _ALWAYS, at_least=1, at_most=64)
    weights: str | None = _key(None, "model folder or weights file to start from", _ALWAYS)

    # Data and optimisation
    seed: int = _key(1, "seed of all randomness", _ALWAYS, at_least=0, at_most=2**63 - 1)
    batch_size: int = _key(128, "sentence pairs a step", _ALWAYS, **_SOME)
    max_len: int = _key(60, "tokens; longer training pairs are left out", _ALWAYS, **_SOME)
    min_freq_src: int = _key(2, "occurrences that make a source token known", _ALWAYS, **_SOME)
    min_freq_trg: int = _key(2, "occurrences that make a target token known", _ALWAYS, **_SOME)
    clip_norm: float = _key(1.0, "largest norm of a gradient", _ALWAYS, above=0)
    amsgrad: bool = _key(False, "AdamW with the maximum of past second moments", _ALWAYS)
    precision: str = _key("fp32", "arithmetic of the model", _ALWAYS, choices=("fp32", "bf16"))
    threads: int = _key(
        1, "CPU threads; they choose the last bits", _ALWAYS, at_least=1, at_most=1024
    )

    # How long, where, how loud
    num_epochs: int = _key(10, "epochs to train", _NEVER, **_SOME)
    device: str = _key("auto", "auto, cpu, cuda, cuda:N or mps", _NEVER)
    save_from_epoch: int = _key(6, "first epoch whose weights are kept", _NEVER, **_SOME)
    num_samples: int = _key(3, "sample translations shown at a time", _NEVER, **_ANY)
    samples_every: int = _key(1, "epochs between showings of samples", _NEVER, **_SOME)
    bleu_tokenize: str = _key("13a", "sacreBLEU's tokenizer", _NEVER, choices=BLEU_TOKENIZERS)


KEYS: Mapping[str, Key] = {f.name: f.metadata["key"] for f in dataclasses.fields(Config)}
ALIASES: Mapping[str, str] = {"learning_rate": "lr"}
_TYPES = typing.get_type_hints(Config)
_MOST_SIGNS = 60  # of a value in a message
_TYPE_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def coerce(name: str, value: object) -> Any:
    """Return `value` as key `name` has it.

    Raises ValueError (what was found; what would be right) for a wrong type or a value out of
    range.
    """
    expected = _TYPES[name]
    kinds = typing.get_args(expected) or (expected,)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        value = as_float(value)
    if type(value) not in kinds:
        kind = _TYPE_NAMES[kinds[0]]
        raise ValueError(f"found {describe(value)}; expected {kind}")
    violation = KEYS[name].violation(value)
    if violation:
        raise ValueError(f"found {describe(value)}; {violation}")
    return value


def as_float(number: float) -> float:
    """Return the number as a float, infinite if it is beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def describe(value: object) -> str:
    """Return `value` as one would point at it in a message, cut to a readable length."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        text = "[" + ", ".join(describe(item) for item in value[:_MOST_SIGNS]) + "]"
    else:
        text = repr(value)
    return text if len(text) <= _MOST_SIGNS else text[: _MOST_SIGNS - 3] + "..."


def describe_key(key: str) -> str:
    """Return a key as one would point at it in a message: a word as it is, all else in quotes."""
    return key if re.fullmatch(r"\w[\w.-]{0,39}", key) else describe(key)


def unknown_key(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown key, with the nearest known one."""
    nearest = difflib.get_close_matches(name, list(known), n=1)
    return "unknown key" + (f"; did you mean '{nearest[0]}'?" if nearest else "")


def collect(
    values: Mapping[str, object], where: Callable[[str], str]
) -> tuple[dict[str, Any], list[str]]:
    """Return (the good values under their own names, a line for each bad one).

    `where(key)` names a key and its place, such as "sweeps/tf.yaml:7: base.lr".
    """
    good: dict[str, Any] = {}
    seen = set[str]()
    problems = []
    for given, value in values.items():
        name = ALIASES.get(given, given)
        if name not in KEYS:
            problems.append(f"{where(given)}: {unknown_key(given, [*KEYS, *ALIASES])}")
        elif name in seen:
            problems.append(f"{where(given)}: '{name}' is given already; they are one key")
        else:
            seen.add(name)
            try:
                good[name] = coerce(name, value)
            except ValueError as error:
                problems.append(f"{where(given)}: {error}")
    return good, problems


def make_config(values: Mapping[str, object], where: Callable[[str], str]) -> Config:
    """Return the config of `values`; raises ConfigError with every problem at once."""
    good, problems = collect(values, where)
    if problems:
        raise ConfigError(problems)
    return Config(**good)


def core(config: Config) -> Config:
    """Return the part of a config that acts on every epoch: all other keys at their defaults.

    A training state knows this part and no more, so nothing else can leak into an epoch.
    """
    return Config(**select(config, Acts.ON_EVERY_EPOCH))


def select(config: Config, *acts: Acts) -> dict[str, Any]:
    """Return the keys of `config` that act in one of these ways."""
    return {name: getattr(config, name) for name in _names(acts)}


@functools.cache
def _names(acts: tuple[Acts, ...]) -> tuple[str, ...]:
    return tuple(name for name, key in KEYS.items() if key.acts in acts)


def resolve_paths(config: Config, folder: Path) -> Config:
    """Return the config with a relative `weights` path taken from `folder`."""
    if config.weights is None:
        return config
    return dataclasses.replace(config, weights=str(folder / config.weights))


def value_type(name: str) -> type:
    """Return the type of a key's values, None aside."""
    expected = _TYPES[name]
    kind: type = (typing.get_args(expected) or (expected,))[0]
    return kind

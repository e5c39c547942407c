"""What each swept key did: marginal means, and pairs of keys that do more than add up."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.results.significance import COVERAGE, Interval
from runner.results.table import Row
from runner.tree.trial import TrialState
from runner.views import words

_MOST_LEVELS = 6  # values of a key that are told apart; more are put together in groups
_NUM_GROUPS = 4
_WORTH_A_LOOK = 0.1  # share of the variance of means that a pair has beyond its two keys'


@dataclass(frozen=True, kw_only=True)
class Level:
    """A value of a key, or a group of values, and the trials that have it."""

    label: str
    mean: float | None  # BLEU of the complete ones
    interval: Interval | None  # of that mean, over trials that differ in all else
    num_complete: int
    num_others: int  # pruned, stopped or failed


@dataclass(frozen=True, kw_only=True)
class KeyEffect:
    """A swept key, its values in order."""

    name: str
    levels: Sequence[Level]


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Two keys that do not simply add up."""

    names: tuple[str, str]
    share: float  # of the variance of the pair's means that neither key explains alone
    labels: tuple[str, str]  # where it shows most
    beyond: float  # BLEU there, above what the two would add to


def effects(rows: Sequence[Row]) -> list[KeyEffect]:
    """Return what each key did that differs between trials; complete trials alone make means."""
    return [
        KeyEffect(
            name=name,
            levels=[
                _level(label, [row for row in rows if labels[row.number] == label])
                for label in dict.fromkeys(labels[row.number] for row in _by_value(rows, name))
            ],
        )
        for name in _varied(rows)
        if (labels := _labels(rows, name))
    ]


def interactions(rows: Sequence[Row]) -> list[Interaction]:
    """Return the pairs of keys worth a look, largest share first.

    Only pairs with a complete trial at each combination of their values can be judged.
    """
    complete = [row for row in rows if row.state is TrialState.COMPLETE]
    found = []
    for names in itertools.combinations(_varied(complete), 2):
        one, other = (_labels(complete, name) for name in names)
        groups: dict[tuple[str, str], list[float]] = {}
        for row in complete:
            groups.setdefault((one[row.number], other[row.number]), []).append(row.bleu or 0.0)
        means = {pair: statistics.fmean(values) for pair, values in groups.items()}
        interaction = _interaction((names[0], names[1]), means)
        if interaction is not None and interaction.share >= _WORTH_A_LOOK:
            found.append(interaction)
    return sorted(found, key=lambda each: -each.share)


def worth_a_look(found: Interaction) -> str:
    """Return a pair of keys as a sentence."""
    where = " with ".join(
        f"{name} {label}" for name, label in zip(found.names, found.labels, strict=True)
    )
    return (
        f"worth a look: {where} is {words.difference(found.beyond)} BLEU from what the two add up "
        f"to ({found.share:.0%} of what the pair's means vary)"
    )


def _varied(rows: Sequence[Row]) -> list[str]:
    names = rows[0].params if rows else ()
    return [name for name in names if any(row.params[name] != rows[0].params[name] for row in rows)]


def _by_value(rows: Sequence[Row], name: str) -> list[Row]:
    values = [row.params[name] for row in rows]
    is_number = all(isinstance(value, int | float) for value in values)
    return sorted(rows, key=lambda row: row.params[name] if is_number else str(row.params[name]))


def _labels(rows: Sequence[Row], name: str) -> dict[int, str]:
    """Return by trial number which value it has, or which group of values."""
    ordered = _by_value(rows, name)
    values: list[Any] = [row.params[name] for row in ordered]
    distinct = list(dict.fromkeys(values))
    if len(distinct) <= _MOST_LEVELS:
        return {row.number: words.value(row.params[name]) for row in ordered}
    size = math.ceil(len(distinct) / _NUM_GROUPS)
    groups = {
        value: f"{words.value(part[0])}–{words.value(part[-1])}"
        for start in range(0, len(distinct), size)
        for part in [distinct[start : start + size]]
        for value in part
    }
    return {row.number: groups[row.params[name]] for row in ordered}


def _level(label: str, rows: Sequence[Row]) -> Level:
    values = [row.bleu or 0.0 for row in rows if row.state is TrialState.COMPLETE]
    ended = [row for row in rows if row.state.is_final]
    return Level(
        label=label,
        mean=statistics.fmean(values) if values else None,
        interval=_interval(values) if len(values) > 1 else None,
        num_complete=len(values),
        num_others=len(ended) - len(values),
    )


def _interval(values: Sequence[float]) -> Interval:
    from scipy.special import stdtrit

    mean, error = statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))
    half = error * float(stdtrit(len(values) - 1, (1 + COVERAGE) / 2))
    return Interval(low=mean - half, high=mean + half)


def _interaction(
    names: tuple[str, str], means: Mapping[tuple[str, str], float]
) -> Interaction | None:
    ones, others = ({pair[side] for pair in means} for side in (0, 1))
    if len(means) < len(ones) * len(others) or len(means) < 4:
        return None
    total = statistics.fmean(means.values())
    of_one = {
        one: statistics.fmean(mean for pair, mean in means.items() if pair[0] == one)
        for one in ones
    }
    of_other = {
        other: statistics.fmean(mean for pair, mean in means.items() if pair[1] == other)
        for other in others
    }
    beyond = {
        pair: mean - of_one[pair[0]] - of_other[pair[1]] + total for pair, mean in means.items()
    }
    variance = sum((mean - total) ** 2 for mean in means.values())
    if variance == 0:
        return None
    most = max(sorted(beyond), key=lambda pair: abs(beyond[pair]))
    return Interaction(
        names=names,
        share=sum(each**2 for each in beyond.values()) / variance,
        labels=most,
        beyond=beyond[most],
    )

"""How numbers, times, settings and trials are said wherever a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lstm3.schedule import EpochSettings

_MOST_RANGES = 3  # of trial numbers, before the rest is only counted
_LEAST_P = 0.001
_MOST_LETTERS = 30  # of a value where there is little room
_MOST_DIGITS = 8  # of a float, its point included


def value(found: object) -> str:
    """Return a config value as one reads it; floats have at most four significant digits."""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, float):
        said = f"{found:.4g}"
        said = said if len(said) <= _MOST_DIGITS else f"{found:.3e}"  # not 0.0001808 but 1.808e-4
        return said.replace("e-0", "e-")
    return "none" if found is None else str(found)


def short(found: str) -> str:
    """Return a value, or its end where it is long: paths differ there."""
    return found if len(found) <= _MOST_LETTERS else f"…{found[1 - _MOST_LETTERS :]}"


def params(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value(found[name])}" for name in found)


def settings(found: EpochSettings) -> str:
    """Return the two settings that change in the course of a trial."""
    return f"lr {value(found.lr)}, tf {value(found.teacher_forcing)}"


def bleu(found: float | None) -> str:
    return _rounded(found, 2)


def difference(found: float) -> str:
    """Return a difference in BLEU with its sign."""
    return f"{found:+.2f}".replace("-", "−")


def p(found: float) -> str:
    """Return a p-value, such as "0.012"; what is below 0.001 is not told apart."""
    return f"{found:.2g}" if found >= _LEAST_P else f"< {_LEAST_P}"


def p_is(found: float) -> str:
    """Return such as "p = 0.012" or "p < 0.001"."""
    return f"p = {p(found)}" if found >= _LEAST_P else f"p {p(found)}"


def few_sentences(number: int) -> str:
    return f"{count(number, 'sentence')}: too few for more than a rough guess at intervals and p"


def all_others(number: int) -> str:
    """Return the subject of what holds for all that were compared with the best."""
    if number == 1:
        return "the only other that was compared is"
    return f"all {number:,} others that were compared are"


def too_few_seeds(number: int) -> str:
    has, is_ = ("has", "is") if number == 1 else ("have", "are")
    return f"{count(number, 'cell')} {has} fewer than two seeds and {is_} not compared"


def lacking_seeds(number: int) -> str:
    """Return what is to be known of so many cells."""
    verb = "is" if number == 1 else "are"
    return f"{count(number, 'cell')} {verb} judged without a seed that failed or was cut short"


def brevity(found: float | None) -> str:
    return _rounded(found, 3)


def loss(found: float | None) -> str:
    return _rounded(found, 3)


def _rounded(found: float | None, digits: int) -> str:
    return "" if found is None else f"{found:.{digits}f}"


def count(number: int, noun: str) -> str:
    """Return such as "1 trial" or "9,000 trials"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def trials(numbers: Iterable[int]) -> str:
    """Return trial numbers, ascending: such as "#0–#2, #7"."""
    ranges = _ranges(sorted(numbers))
    said = [f"#{first}" + (f"–#{last}" if last > first else "") for first, last in ranges]
    if len(said) <= _MOST_RANGES:
        return ", ".join(said)
    rest = sum(last - first + 1 for first, last in ranges[_MOST_RANGES:])
    return ", ".join(said[:_MOST_RANGES]) + f" and {rest:,} more"


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    return ranges


def standing(state: str, reason: str | None) -> str:
    """Return where a trial stands, such as "failed: the loss is not finite"."""
    if reason is None or reason.startswith(state):
        return reason or state
    return f"{state}: {reason}"


def states(found: Iterable[str]) -> str:
    """Return the state that trials share, or how many are in each."""
    counts = Counter(found)
    if len(counts) == 1:
        return str(next(iter(counts)))
    return ", ".join(f"{number} {state}" for state, number in counts.items())


def marked(state: str, is_baseline: bool) -> str:
    return f"{state}, baseline" if is_baseline else state


def duration(seconds: float) -> str:
    """Return a time to two figures at most, such as "42 s", "12 min" or "3 h 20 min"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s" if seconds >= 9.95 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def size(num_bytes: float) -> str:
    """Return such as "12.3 GB" (of 10⁹ bytes) or "0.2 MB"."""
    if num_bytes >= 999.95e6:
        return f"{num_bytes / 1e9:,.1f} GB"
    return f"{megabytes(num_bytes)} MB"


def megabytes(num_bytes: float) -> str:
    return f"{num_bytes / 1e6:,.1f}"


def environment(found: Mapping[str, Any]) -> str:
    """Return where and how an epoch was trained."""
    return ", ".join(f"{name} {value(found[name])}" for name in found)

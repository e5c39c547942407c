"""A limit to the states on the disk: which go first, and what that costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner import words
from runner.storage.retention import Why

_FILLED_AGAIN = 0.9  # of the limit that states may take when room has been made

_OF = {
    Why.UNCLAIMED: ("that no sweep wants", "asking for them again"),
    Why.HISTORY: ("that trials have gone through", "going on from there"),
    Why.BRANCH: ("where new values may branch off", "adding such values"),
    Why.FAILED: ("of failed trials", "trying those again"),
    Why.PRUNED: ("of pruned and stopped trials", "taking those up again"),
    Why.COMPLETE: ("of complete trials", "a larger num_epochs"),
}


@dataclass(frozen=True, kw_only=True)
class Drop:
    """States that go for one reason to have them."""

    why: Why
    keys: Sequence[str]
    num_bytes: int


def choose(sizes: Mapping[str, int], why: Mapping[str, Why], limit: float) -> list[Drop]:
    """Return the states to drop so that the rest take clearly less than `limit` bytes.

    Those with the least reason go first, and among them the smallest key, which is as good as
    drawn: their neighbours stay. What an epoch to come needs never goes.
    """
    left = sum(sizes.values())
    if left <= limit:
        return []
    dropped = defaultdict[Why, list[str]](list)
    for key in sorted(sizes, key=lambda key: (why[key], key)):
        if left <= limit * _FILLED_AGAIN or why[key] is Why.NEEDED:
            break
        left -= sizes[key]
        dropped[why[key]].append(key)
    return [
        Drop(why=reason, keys=keys, num_bytes=sum(sizes[key] for key in keys))
        for reason, keys in dropped.items()
    ]


def warning(drop: Drop, total: int, limit: float, num_anew: int) -> str:
    """Return what is about to be dropped, and what then has to be trained to go on from there."""
    which, when = _OF[drop.why]
    return (
        f"store: {words.size(total)} of states, quota {words.size(limit)}: "
        f"{words.count(len(drop.keys), 'state')} {which} now go ({words.size(drop.num_bytes)}); "
        f"{when} would train up to {words.count(num_anew, 'epoch')} anew each"
    )

"""Which states a sweep wants to be kept, and why: a function of how far its tree has unfolded."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence

from lstm3.fingerprint import next_key
from lstm3.schedule import Schedule, first_lowered_epoch
from runner.tree.outcome import EpochResult
from runner.tree.path import Path, num_resumable
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree

HasState = Callable[[str], bool]


class Why(enum.IntEnum):
    """Why a state is kept; where a quota asks for room, the first of these go first."""

    UNCLAIMED = 0  # no sweep wants it
    HISTORY = 1  # a trial has gone through it
    BRANCH = 2  # a new value of a swept key may part from its trial there
    FAILED = 3  # the last one of a trial that failed
    PRUNED = 4  # the last one of a trial that was pruned or stopped
    COMPLETE = 5  # the last one of a trial that is complete: more epochs start there
    NEEDED = 6  # an epoch to come starts there


# The least reason that a spec's `store: {keep: …}` lets count.
LEAST: Mapping[str, Why] = {
    "all": Why.HISTORY,
    "branches": Why.BRANCH,
    "ends": Why.FAILED,
    "needed": Why.NEEDED,
}
_ENDS = {
    TrialState.FAILED: Why.FAILED,
    TrialState.PRUNED: Why.PRUNED,
    TrialState.STOPPED: Why.PRUNED,
    TrialState.COMPLETE: Why.COMPLETE,
}


def reasons(tree: Tree, has_state: HasState) -> dict[str, Why]:
    """Return every state of a tree, those to come included, with the best reason to keep it.

    Where a state that is wanted is gone, the one before it that is there is wanted in its place,
    and so are those in between, which are made again one by one.
    """
    best: dict[str, Why] = {}
    for key, why in _reasons(tree, has_state):
        best[key] = max(why, best.get(key, why))
    return best


def _reasons(tree: Tree, has_state: HasState) -> Iterator[tuple[str, Why]]:
    paths = tree.paths
    num_branching = [_BRANCHES[axis] for axis in tree.spec.axes if axis in _BRANCHES]
    for path in paths:
        yield from ((key, Why.HISTORY) for key in path.keys)
        until = max((num(path) for num in num_branching), default=0)
        yield from ((key, Why.BRANCH) for key in path.keys[:until])
        why = _ENDS.get(path.state, Why.NEEDED)
        yield from ((key, why) for key in _way(path.keys, has_state))
    yield from ((key, Why.NEEDED) for key in tree.ready)
    for keys in _ways_of_unopened(paths):
        yield from ((key, Why.NEEDED) for key in _way(keys, has_state))


def _way(keys: Sequence[str], has_state: HasState) -> Sequence[str]:
    """Return the epochs from the last one whose state is there to the last one."""
    return keys[max(0, num_resumable(keys, has_state) - 1) :]


def _ways_of_unopened(paths: Sequence[Path]) -> Iterator[list[str]]:
    """Return the known epochs that trials will go through that may not begin yet."""
    unopened = [path for path in paths if path.state is TrialState.WAITING]
    if not unopened:
        return
    results = {
        key: result for path in paths for key, result in zip(path.keys, path.results, strict=True)
    }
    for path in unopened:
        yield _known_way(path, results)


def _known_way(path: Path, results: Mapping[str, EpochResult]) -> list[str]:
    config, stands, keys = path.trial.config, path.schedule, list[str]()
    while len(keys) < config.num_epochs:
        parent = keys[-1] if keys else path.first_key
        key = next_key(parent, stands.settings(config))
        if key not in results:
            break
        keys.append(key)
        stands = stands.after(results[key].val_loss, config)
    return keys


def _while_tf_is_full(path: Path) -> int:
    """Return how many epochs' states may part from a trial by another teacher forcing."""
    config = path.trial.config
    return path.num_epochs if first_lowered_epoch(config) is None else config.tf_from_epoch


def _before_a_plateau(path: Path) -> int:
    """Return how many epochs a trial has gone before a plateau first lowered its learning rate."""
    config = path.trial.config
    stands = Schedule.start(config)
    for epoch, settings in enumerate(path.settings, start=1):
        if settings.lr != stands.lr:
            return epoch - 1
        stands = stands.after(-float(epoch), config)  # -1, -2, … always gets better
    return path.num_epochs


# After how many epochs a trial may be parted from by a new value of a key. Keys that are not here
# part trials at once.
_BRANCHES: Mapping[str, Callable[[Path], int]] = {
    **dict.fromkeys(("use_tf", "tf_start", "tf_from_epoch", "tf_decrease"), _while_tf_is_full),
    **dict.fromkeys(("patience", "gamma"), _before_a_plateau),
    **dict.fromkeys(("threshold", "cooldown"), lambda path: path.num_epochs),
    "lr_manual_decrease": lambda _: 1,
    "lr_manual_epochs": lambda path: path.trial.config.lr_manual_epochs + 1,
}

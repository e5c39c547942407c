"""Keeps the states that are still wanted, and drops the others as a sweep goes."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from runner import words
from runner.execution.events import BudgetReached, EpochFinished, Event, Unfolded
from runner.mirrors.rhythm import Rhythm
from runner.storage import quota
from runner.storage.retention import LEAST, Why, reasons
from runner.storage.state_lists import FILE_NAME, OtherSweeps, write_wants
from runner.storage.store import StoreError
from runner.storage.sweep_folder import SweepFolder
from runner.tree.unfold import Tree

LOOK_SECONDS = 5.0  # from one look for states that nobody wants to the next
_SCAN_SECONDS = 60.0  # from one look at all that other sweeps have added to the next


class StateKeeper:
    """Says which states a tree wants, drops those of its own that nobody does, heeds the quota.

    The tree is that of a sweep, or of a trial that was sent to it, and `own` is the folder of
    either. What is dropped by mistake, since another came to want it just then, is trained again.
    """

    def __init__(self, folder: SweepFolder, own: Path, tree: Tree, rhythm: Rhythm) -> None:
        self._own, self._tree, self._store = own, tree, folder.store
        self._others = OtherSweeps(folder.results, own)
        self._is_unfolded = False
        self._dropped = set[str]()
        self._sizes: dict[str, int] = {}  # of the states in the store, as far as they are known
        self._said = set[str]()  # warnings that are given once
        self._look = rhythm
        self._scan = Rhythm(_SCAN_SECONDS)

    def follow(self, event: Event) -> Iterator[str]:
        """Take in an event and, now and then, tidy up; warnings come before what they announce."""
        if isinstance(event, EpochFinished):
            self._dropped.discard(event.node.key)
            self._measure(event.node.key)
            is_time = self._tree.is_final or self._look.is_due()
        else:
            is_time = isinstance(event, Unfolded | BudgetReached)
        self._is_unfolded |= isinstance(event, Unfolded)
        if is_time:
            with self._look:
                yield from self._tidy()

    def close(self) -> Sequence[str]:
        """Say for the last time what is wanted, if that came to be known; return warnings."""
        if not self._is_unfolded:
            return []
        try:
            wants, _ = self._split()
        except OSError:  # which has ended the sweep already
            return []
        return list(self._say(wants))

    def _say(self, wants: Mapping[str, Why]) -> Iterator[str]:
        """Tell other sweeps what is wanted; a place that is broken ends the sweep by itself."""
        try:
            write_wants(self._own, wants)
        except OSError as error:
            yield from self._once(
                f"{self._own / FILE_NAME}: {error.strerror}; it is left as it was"
            )

    def _tidy(self) -> Iterator[str]:
        wants, unwanted = self._split()
        yield from self._say(wants)
        self._others.refresh()
        yield from self._warnings()
        for key in unwanted:
            if self._others.reason(key) is Why.UNCLAIMED and not self._may_be_others(key):
                self._drop(key)
        if self._tree.spec.store.max_gb is not None:
            yield from self._heed_quota(wants, self._tree.spec.store.max_gb * 1e9)

    def _split(self) -> tuple[dict[str, Why], list[str]]:
        """Return (the states that are wanted and why, those of the tree that are not)."""
        found = reasons(self._tree, functools.cache(self._store.has_state))
        least = LEAST[self._tree.spec.store.keep]
        wants = {key: why for key, why in found.items() if why >= least}
        return wants, [key for key in found if key not in wants and key not in self._dropped]

    def _warnings(self) -> Iterator[str]:
        for name in self._others.unknown:
            yield from self._once(
                f"{name}: does not say which states it wants; no state that it trained is dropped "
                "until it is started again"
            )

    def _once(self, warning: str) -> Iterator[str]:
        if warning not in self._said:
            self._said.add(warning)
            yield warning

    def _may_be_others(self, key: str) -> bool:
        """Return whether a sweep that does not say what it wants trained this epoch."""
        unknown = self._others.unknown
        if not unknown:
            return False
        try:
            record = self._store.get(key)
        except StoreError:
            return True
        return record is None or record.sweep in unknown

    def _drop(self, key: str) -> None:
        if self._store.drop_state(key):
            self._dropped.add(key)
        self._sizes.pop(key, None)

    def _measure(self, key: str) -> None:
        if self._tree.spec.store.max_gb is not None:
            self._sizes[key] = self._store.state_size(key)

    def _heed_quota(self, wants: Mapping[str, Why], limit: float) -> Iterator[str]:
        if self._scan.is_due() or sum(self._sizes.values()) > limit:
            with self._scan:
                self._sizes = self._store.state_sizes()
        total = sum(self._sizes.values())
        why = {
            key: max(wants.get(key, Why.UNCLAIMED), self._others.reason(key)) for key in self._sizes
        }
        if self._others.unknown and total > limit:
            why = {key: Why.NEEDED if self._may_be_others(key) else why[key] for key in why}
        for drop in quota.choose(self._sizes, why, limit):
            anew = self._num_anew(set(drop.keys))
            yield quota.warning(drop, total, limit, anew)
            for key in drop.keys:
                self._drop(key)
        left = sum(self._sizes.values())
        if left > limit:
            yield from self._once(
                f"store: more than the quota of {words.size(limit)} is needed for epochs to come; "
                "nothing more can be dropped"
            )

    def _num_anew(self, dropped: set[str]) -> int:
        """Return how many epochs at most lie between one of these states and one that stays."""
        return max(self._distance(key, dropped) for key in dropped)

    def _distance(self, key: str, dropped: set[str]) -> int:
        num_epochs = 0
        while key in dropped or not self._store.has_state(key):
            try:
                record = self._store.get(key)
            except StoreError:
                break
            if record is None:
                break
            num_epochs += 1
            key = record.parent
        return max(1, num_epochs)

"""A sweep that another process runs, as its files tell: read, and never written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runner.execution.events import (
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Event,
    HolderChanged,
    Slot,
    SlotFreed,
    Unfolded,
    Warned,
)
from runner.execution.preparation import make_outcomes, make_tree
from runner.mirrors.now import Doing, Now, read_now
from runner.storage.lock import Holder
from runner.storage.sweep_folder import SweepFolder, load_origin, references
from runner.tree.path import Node, Path
from runner.tree.unfold import Tree, unfold

_POLL_SECONDS = 0.5
_LOOKS_COST_AT_MOST = 0.05  # share of the time that may go into looking for finished epochs


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A sweep as long as one process, or none, runs it under one spec."""

    tree: Tree
    slots: Sequence[Slot]
    seconds: float  # that the process has run it already
    events: Iterator[Event]


def scenes(folder: SweepFolder) -> Iterator[Scene]:
    """Yield what there is to see, scene by scene, until nothing is left to train.

    The events of a scene have to be read to their end before the next scene is asked for.
    """
    watch = _Watch(folder)
    while True:
        now = watch.now()
        slots = [
            Slot(index=index, name=doing.slot, device=doing.device)
            for index, doing in enumerate(now.workers if now else ())
        ]
        seconds = time.time() - now.began if now else 0.0
        yield Scene(tree=watch.tree, slots=slots, seconds=seconds, events=watch.events(now, slots))
        if watch.tree.is_final:
            return
        if watch.is_outdated():
            watch = _Watch(folder, watch.holder)


class _Watch:
    """What was read of a sweep, until its spec or a user's decision makes it another one."""

    def __init__(self, folder: SweepFolder, holder: Holder | str | None = "unknown") -> None:
        self.holder = holder  # as it was last told
        self._folder = folder
        self._basis = self._read_basis()
        origin = load_origin(folder)
        self.tree = make_tree(origin.spec, origin.provenance, folder.decisions.all())
        self._outcomes = make_outcomes(folder, origin.spec, lambda: references(folder, origin))
        self._warned = set[str]()
        unfold(self.tree, self._outcomes)
        self._next_look = 0.0

    def _read_basis(self) -> tuple[Any, ...]:
        """Return all that a tree is made of beside the outcomes of epochs."""
        folder = self._folder
        origin = folder.path / "origin.json"
        given_up = sorted(path.name for path in folder.path.glob("given_up/*.json"))
        text = origin.read_bytes() if origin.exists() else None
        return text, folder.decisions.version(), given_up

    def is_outdated(self) -> bool:
        return self._basis != self._read_basis()

    def now(self) -> Now | None:
        """Return what the process that holds the sweep does, if there is one that says so."""
        holder, now = self._folder.lock.holder(), read_now(self._folder.now_path)
        if holder is None or now is None:
            return None
        return now if (now.process, now.host) == (holder.process, holder.host) else None

    def events(self, now: Now | None, slots: Sequence[Slot]) -> Iterator[Event]:
        """Yield what happens until another process runs the sweep, or it is another sweep."""
        yield from self._tell_holder()
        self.tree.take_moved()
        yield Unfolded(moved=self.tree.paths)
        yield from self._warnings()
        began = now.began if now else None
        seen = dict[Slot, Doing]()
        while True:
            doing = dict(zip(slots, now.workers if now else (), strict=True))
            yield from self._ended(seen, doing)
            yield from self._look()
            yield from self._warnings()
            if self.tree.is_final:
                return
            yield from self._at_work(seen, doing)
            seen = doing
            time.sleep(_POLL_SECONDS)
            now = self.now()
            if self._is_over(now, began):
                self._next_look = 0.0
                yield from self._look()
                return

    def _is_over(self, now: Now | None, began: float | None) -> bool:
        is_other = (now.began if now else None) != began
        return is_other or self._folder.lock.holder() != self.holder or self.is_outdated()

    def _tell_holder(self) -> Iterator[Event]:
        holder = self._folder.lock.holder()
        if holder != self.holder:
            self.holder = holder
            yield HolderChanged(holder=str(holder) if holder else None)

    def _ended(self, seen: dict[Slot, Doing], doing: dict[Slot, Doing]) -> Iterator[Event]:
        """Yield the ends of epochs that workers did when they were last seen, and do no more."""
        for slot, was in seen.items():
            if was.key is None or was.key == doing[slot].key:
                continue
            if was.is_repeated:
                yield from self._repeated(slot, was)
            else:
                yield from self._add([was.key], slot)
            yield SlotFreed(slot=slot)

    def _repeated(self, slot: Slot, was: Doing) -> Iterator[Event]:
        node = self._node(was)
        if node is not None:
            outcome = node.paths[0].results[node.epoch - 1]
            yield EpochFinished(slot=slot, node=node, outcome=outcome, moved=())

    def _look(self) -> Iterator[Event]:
        """Look for all epochs that are asked for, but not so often that it costs much."""
        began = time.monotonic()
        if began >= self._next_look:
            yield from self._add(list(self.tree.ready), None)
            now = time.monotonic()
            self._next_look = now + (now - began) / _LOOKS_COST_AT_MOST

    def _add(self, keys: Iterable[str], slot: Slot | None) -> Iterator[Event]:
        """Let the tree unfold with those of these epochs that are known by now."""
        while keys:
            for key in keys:
                node = self.tree.ready.get(key)
                outcome = self._outcomes.get(key) if node else None
                if node is not None and outcome is not None:
                    self.tree.add(key, outcome)
                    moved = self.tree.take_moved()
                    yield EpochFinished(slot=slot, node=node, outcome=outcome, moved=moved)
            keys = [node.key for node in self.tree.take_opened()]
            slot = None

    def _at_work(self, seen: dict[Slot, Doing], doing: dict[Slot, Doing]) -> Iterator[Event]:
        for slot, now in doing.items():
            node = self._node(now)
            if node is None:
                continue
            if slot not in seen or seen[slot].key != now.key:
                yield EpochStarted(slot=slot, node=node, is_repeated=now.is_repeated)
            if now.tokens_per_second is not None:
                yield EpochProgressed(
                    slot=slot,
                    node=node,
                    fraction=now.fraction,
                    tokens_per_second=now.tokens_per_second,
                )

    def _node(self, doing: Doing) -> Node | None:
        """Return the epoch that a worker trains, unless the tree knows no such epoch to train."""
        if doing.key is None:
            return None
        if not doing.is_repeated:
            return self.tree.ready.get(doing.key)
        paths = [path for path in self.tree.paths if path.trial.number == doing.trial]
        return next((_past(path, doing) for path in paths if doing.key in path.keys), None)

    def _warnings(self) -> Iterator[Event]:
        for message in dict.fromkeys(self._outcomes.warnings):
            if message not in self._warned:
                self._warned.add(message)
                yield Warned(message=message)
        self._outcomes.warnings.clear()


def _past(path: Path, doing: Doing) -> Node:
    index = path.keys.index(doing.key or "")
    return Node(
        key=path.keys[index],
        parent=path.keys[index - 1] if index else path.first_key,
        epoch=index + 1,
        settings=path.settings[index],
        config=path.trial.config,
        paths=[path],
    )

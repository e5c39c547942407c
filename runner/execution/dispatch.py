"""Which epoch a free slot trains next, or which must be trained again before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from runner.execution.blame import Blame
from runner.execution.events import Slot
from runner.storage.claims import Claims
from runner.storage.outcomes import RecordedOutcomes
from runner.tree.path import Node, num_resumable
from runner.tree.scheduling import Queue
from runner.tree.unfold import Tree


class Dispatch:
    """Hands out epochs: none to two slots, none that another process trains, and none whose
    parent's state is lost before that is made again."""

    def __init__(self, tree: Tree, outcomes: RecordedOutcomes, slots: Sequence[Slot]) -> None:
        self.blame = Blame(slot.device for slot in slots)
        self.claims = Claims(outcomes.store)
        self.busy: dict[Slot, Node] = {}
        self.held: dict[Slot, str] = {}  # the key whose state a worker has in memory
        self._deferred: defaultdict[str, list[Node]] = defaultdict(list)  # by lost ancestor
        self._tree, self._outcomes, self._slots = tree, outcomes, slots
        self._queue = Queue()
        self._urgent: list[Node] = []  # broke, or are waited for by others that are deferred
        self._alone: list[Node] = []  # found a device that they shared too small
        self._lonely: set[Slot] = set()  # that have their device to themselves
        self._elsewhere: list[Node] = []  # claimed by another process
        self._settled: list[Node] = []  # done by another process

    def push(self, nodes: Iterable[Node]) -> None:
        """Add ready epochs, or rank anew those that gained a trial."""
        apart = [*self.busy.values(), *self._urgent, *self._alone, *self._elsewhere]
        apart += [node for nodes in self._deferred.values() for node in nodes]
        known = {node.key for node in apart}
        self._queue.push(node for node in nodes if node.key not in known)

    def restart(self) -> None:
        """Forget what was ready: the tree is begun anew. Busy slots go on."""
        self._queue = Queue()
        self._deferred.clear()
        for nodes in (self._urgent, self._alone, self._elsewhere, self._settled):
            nodes.clear()

    def assignments(self) -> Iterator[tuple[Slot, Node]]:
        """Give idle slots their epochs, and return them."""
        self._queue.push(self._elsewhere)
        self._elsewhere.clear()
        kept_clear = {slot.device for slot in self._lonely}
        if self._alone:
            yield from self._alone_on(kept_clear)
        for slot in self._idle():
            if slot.device not in kept_clear:
                while (node := self._pop(slot)) is not None:
                    if self._admit(slot, node):
                        yield slot, node
                        break

    @property
    def waits_for_others(self) -> bool:
        """Return whether another process trains what this one wants."""
        return bool(self._elsewhere)

    def settled(self) -> list[Node]:
        """Return epochs that another process has done since the last call."""
        settled, self._settled = self._settled, []
        return settled

    def resume(self, key: str) -> list[Node]:
        """Return the epochs that were deferred until epoch `key` was made again."""
        return self._deferred.pop(key, [])

    def is_awaited(self, node: Node) -> bool:
        """Return whether others are deferred until this epoch is made again."""
        return node.key in self._deferred

    def victims(self, node: Node) -> list[Node]:
        """Return the epoch, if trials wait for it, or else those for whose sake it was trained."""
        if node.key in self._tree.ready:
            return [node]
        return [victim for each in self.resume(node.key) for victim in self.victims(each)]

    def retry(self, node: Node) -> None:
        """Take an epoch that broke back, to be tried soon, and on another device if there is."""
        self._urgent.append(node)

    def retry_alone(self, node: Node) -> None:
        """Take an epoch back that needs more memory than its device had left."""
        self._alone.append(node)

    def release(self, slot: Slot) -> tuple[Node, bool]:
        """Return the epoch of a slot, which is idle now, and whether it had its device alone."""
        node = self.busy.pop(slot)
        self.claims.release(node.key)
        was_alone = slot in self._lonely or len(self._slots_on(slot.device)) == 1
        self._lonely.discard(slot)
        return node, was_alone

    def _alone_on(self, kept_clear: set[str]) -> Iterator[tuple[Slot, Node]]:
        """Keep a device clear for an epoch that needs it alone, and start it once it is."""
        devices = self.blame.healthy - kept_clear
        if not devices:
            return
        load = {device: self._num_busy(device) for device in devices}
        device = min(sorted(devices), key=lambda name: load[name])
        kept_clear.add(device)
        if load[device] == 0:
            slot, node = self._slots_on(device)[0], self._alone.pop(0)
            if self._admit(slot, node):
                self._lonely.add(slot)
                yield slot, node

    def _admit(self, slot: Slot, node: Node) -> bool:
        """Make an epoch a slot's, if it is still to do and can be done."""
        if not self.claims.take(node.key):
            self._elsewhere.append(node)
        elif self._is_done(node):
            self.claims.release(node.key)
            self._settled.append(node)
        elif (lost := self._lost_ancestor(node, self.held.get(slot))) is not None:
            self.claims.release(node.key)
            if lost.key not in self._deferred:
                self._urgent.append(lost)
            self._deferred[lost.key].append(node)
        else:
            self.busy[slot] = node
            return True
        return False

    def _is_done(self, node: Node) -> bool:
        if node.key in self._tree.ready:
            return self._outcomes.get(node.key) is not None
        return self._outcomes.store.has_state(node.key)  # it is trained again for its state alone

    def _lost_ancestor(self, node: Node, held: str | None) -> Node | None:
        """Return the epoch to train again before `node`, if its parent's state is lost."""
        store = self._outcomes.store

        def has_state(key: str) -> bool:
            return key == held or store.has_state(key)

        if node.epoch == 1 or has_state(node.parent):
            return None
        path = node.paths[0]
        epoch = num_resumable(path.keys[: node.epoch - 1], has_state) + 1
        return Node(
            key=path.keys[epoch - 1],
            parent=path.keys[epoch - 2] if epoch > 1 else path.first_key,
            epoch=epoch,
            settings=path.settings[epoch - 1],
            config=path.trial.config,
            paths=[path],
        )

    def _pop(self, slot: Slot) -> Node | None:
        for place, node in enumerate(self._urgent):
            if self.blame.suits(node.key, slot.device):
                return self._urgent.pop(place)
        return self._queue.pop(self.held.get(slot))

    def _idle(self) -> list[Slot]:
        healthy = self.blame.healthy
        return [slot for slot in self._slots if slot not in self.busy and slot.device in healthy]

    def _slots_on(self, device: str) -> list[Slot]:
        return [slot for slot in self._slots if slot.device == device]

    def _num_busy(self, device: str) -> int:
        return sum(slot in self.busy for slot in self._slots_on(device))

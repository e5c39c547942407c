"""Which of the ready epochs a free worker trains next."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable

from runner.tree.path import Node

_Rank = tuple[int, int, int]


class Queue:
    """Ready epochs, by epoch, then most trials first, then lowest trial number.

    Going through the tree level by level keeps the time from the first to the last result near
    its lower bound on any number of workers. Among epochs of one level, a worker gets a child of
    the state that it holds, if there is one: that saves loading a state.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[_Rank, str]] = []
        self._nodes: dict[str, Node] = {}
        self._children: defaultdict[str, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._nodes)

    def push(self, nodes: Iterable[Node]) -> None:
        """Add epochs, or rank anew those that gained a trial."""
        for node in nodes:
            self._nodes[node.key] = node
            self._children[node.parent].add(node.key)
            heapq.heappush(self._heap, (_rank(node), node.key))

    def pop(self, held: str | None) -> Node | None:
        """Return the next epoch for a worker that holds the state of `held`, and take it out."""
        first = self._first()
        if first is None:
            return None
        local = [self._nodes[key] for key in self._children.get(held or "", ())]
        same_level = [node for node in local if node.epoch == first.epoch]
        node = min(same_level, key=_rank) if same_level else first
        self._remove(node)
        return node

    def _first(self) -> Node | None:
        while self._heap:
            rank, key = self._heap[0]
            node = self._nodes.get(key)
            if node is not None and rank == _rank(node):
                return node
            heapq.heappop(self._heap)  # taken, or ranked anew since
        return None

    def _remove(self, node: Node) -> None:
        del self._nodes[node.key]
        siblings = self._children[node.parent]
        siblings.discard(node.key)
        if not siblings:
            del self._children[node.parent]


def _rank(node: Node) -> _Rank:
    return node.epoch, -len(node.paths), min(path.trial.number for path in node.paths)

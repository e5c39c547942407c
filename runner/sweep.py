"""Many epochs: hands ready ones to workers until the tree has unfolded."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from lstm3.config import Config, core
from runner.deadline import Deadline
from runner.engine import Died, Engine, EpochTask, Finished, Report
from runner.events import (
    BudgetReached,
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Event,
    Slot,
    Unfolded,
    Warned,
)
from runner.outcome import EpochFailure, EpochResult
from runner.outcomes import RecordedOutcomes
from runner.path import Node, Path
from runner.scheduling import Queue
from runner.unfold import Tree, unfold

_MOST_DEATHS = 3  # of workers on one epoch, in a row, before its trials fail
_PAUSE_SECONDS = 10.0  # that waiting and heeding take only if this process was stopped
_WAIT_SECONDS = 0.5  # for a report, before the budget is looked at again


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the parts of a sweep lie on disk."""

    corpus: Callable[[Config], FilePath]  # folder of the corpus, encoded as a config wants it
    store: FilePath


def run_sweep(
    tree: Tree,
    outcomes: RecordedOutcomes,
    engine: Engine,
    places: Places,
    is_interrupted: Callable[[], bool],
    deadline: Deadline,
) -> Iterator[Event]:
    """Train every epoch that the tree asks for and nobody has trained yet; yield what happens.

    The tree alone decides what is trained, so the result is the same for any number of workers
    and after any interruption. Interrupted, it ends within a second; epochs in flight are lost.
    """
    return _Run(tree, outcomes, engine, places, deadline).events(is_interrupted)


class _Run:
    """A sweep while it runs; all of it can be lost, since the store remembers what was done."""

    def __init__(
        self,
        tree: Tree,
        outcomes: RecordedOutcomes,
        engine: Engine,
        places: Places,
        deadline: Deadline,
    ) -> None:
        self.tree, self.outcomes, self.engine, self.places = tree, outcomes, engine, places
        self.queue = Queue()
        self.busy: dict[Slot, Node] = {}
        self.held: dict[Slot, str] = {}  # the key whose state a worker has in memory
        self.deferred: defaultdict[str, list[Node]] = defaultdict(list)  # by lost ancestor
        self.deaths: defaultdict[str, int] = defaultdict(int)  # by key
        self.deadline = deadline
        self.started: dict[Slot, float] = {}  # when the epoch of a busy slot was, by the clock
        self.longest: dict[Config, float] = {}  # seconds of an epoch, by what makes them alike
        self.num_started = 0
        self.began = time.monotonic()

    def events(self, is_interrupted: Callable[[], bool]) -> Iterator[Event]:
        self.enqueue(unfold(self.tree, self.outcomes))
        yield Unfolded(moved=self.moved())
        yield from self.warnings()
        while self.tree.ready and not is_interrupted():
            spent = self.spent()
            if spent is None:
                yield from self.start()
            elif not self.busy:
                yield BudgetReached(spent=spent)
                return
            began = time.monotonic()
            for report in self.engine.reports(_WAIT_SECONDS):
                yield from self.heed(report)
            self.forgive(time.monotonic() - began)
            for report in self.frozen():
                yield from self.heed(report)
            yield from self.warnings()

    def heed(self, report: Report) -> Iterator[Event]:
        if isinstance(report, Finished):
            yield self.finish(report)
        elif isinstance(report, Died):
            yield from self.lose(report)
        else:
            yield EpochProgressed(
                slot=report.slot,
                node=self.busy[report.slot],
                fraction=report.fraction,
                tokens_per_second=report.tokens_per_second,
            )

    def start(self) -> Iterator[Event]:
        """Give every idle slot an epoch."""
        for slot in self.engine.slots:
            if slot in self.busy:
                continue
            node = self.next_node(self.held.get(slot))
            if node is None:
                return
            task = self.task(node)
            self.busy[slot], self.started[slot] = node, time.monotonic()
            self.num_started += 1
            self.engine.submit(slot, task)
            yield EpochStarted(slot=slot, node=node, is_repeated=node.key not in self.tree.ready)

    def next_node(self, held: str | None) -> Node | None:
        """Return the next epoch, or the one that must be repeated before it."""
        while (node := self.queue.pop(held)) is not None:
            lost = self.lost_ancestor(node, held)
            if lost is None:
                return node
            is_new = lost.key not in self.deferred
            self.deferred[lost.key].append(node)
            if is_new:
                return lost
        return None

    def lost_ancestor(self, node: Node, held: str | None) -> Node | None:
        """Return the epoch to train again before `node`, if its parent's state is lost."""
        has_state = self.outcomes.store.has_state
        if node.epoch == 1 or node.parent == held or has_state(node.parent):
            return None
        path = node.paths[0]
        epoch = node.epoch - 1
        while epoch > 1 and not has_state(path.keys[epoch - 2]):
            epoch -= 1
        return Node(
            key=path.keys[epoch - 1],
            parent=path.keys[epoch - 2] if epoch > 1 else path.first_key,
            epoch=epoch,
            settings=path.settings[epoch - 1],
            config=path.trial.config,
            paths=[path],
        )

    def task(self, node: Node) -> EpochTask:
        return EpochTask(
            key=node.key,
            parent=node.parent,
            epoch=node.epoch,
            settings=node.settings,
            config=core(node.config),
            corpus=self.places.corpus(node.config),
            store=self.places.store,
            bleu_tokenize=node.config.bleu_tokenize,
            sweep=self.tree.spec.name,
        )

    def finish(self, report: Finished) -> Event:
        node = self.busy.pop(report.slot)
        self.deaths.pop(node.key, None)
        seconds = time.monotonic() - self.started[report.slot]
        kind = core(node.config)
        self.longest[kind] = max(seconds, self.longest.get(kind, 0.0))
        if isinstance(report.outcome, EpochResult):
            self.held[report.slot] = node.key
        else:
            self.held.pop(report.slot, None)
        return self.conclude(report.slot, node, report.outcome)

    def conclude(self, slot: Slot, node: Node, outcome: EpochResult | EpochFailure) -> Event:
        if node.key in self.tree.ready:
            self.outcomes.add(node.key, outcome)
            self.tree.add(node.key, outcome)
        self.enqueue(unfold(self.tree, self.outcomes))
        self.queue.push(self.deferred.pop(node.key, ()))
        return EpochFinished(slot=slot, node=node, outcome=outcome, moved=self.moved())

    def lose(self, report: Died) -> Iterator[Event]:
        """Hand the epoch of a worker that died to another, or give it up."""
        node = self.busy.pop(report.slot)
        self.held.pop(report.slot, None)
        self.deaths[node.key] += 1
        deaths = self.deaths[node.key]
        where = f"epoch {node.epoch} of trial {node.paths[0].trial.number} on {report.slot.name}"
        yield Warned(message=f"{where}: {report.reason} ({deaths} of {_MOST_DEATHS})")
        if deaths < _MOST_DEATHS:
            self.queue.push([node])
            return
        failure = EpochFailure(
            sweep=self.tree.spec.name,
            seconds=0.0,
            attempts=deaths,
            environment={},
            reason=f"epoch {node.epoch}: {report.reason}, {deaths} times in a row",
        )
        victims = [node] if node.key in self.tree.ready else self.deferred.pop(node.key, [])
        for victim in victims:
            self.outcomes.given_up.add(victim.key, failure)
            yield self.conclude(report.slot, victim, failure)

    def forgive(self, seconds: float) -> None:
        """Take a pause of this process itself, such as by Ctrl-Z, out of its workers' time."""
        if seconds > _PAUSE_SECONDS:
            self.started = {slot: start + seconds for slot, start in self.started.items()}

    def frozen(self) -> Iterator[Report]:
        """Take their epochs from workers that have missed the deadline, and replace them."""
        for slot, node in list(self.busy.items()):
            limit = self.deadline.seconds(self.longest.get(core(node.config)))
            if time.monotonic() - self.started[slot] > limit:
                report = self.engine.replace(slot, f"no end after {limit:.0f} s")
                if report is not None:
                    yield report

    def enqueue(self, nodes: Sequence[Node]) -> None:
        in_flight = {node.key for node in self.busy.values()}
        waiting = {node.key for nodes in self.deferred.values() for node in nodes}
        self.queue.push(node for node in nodes if node.key not in in_flight | waiting)

    def warnings(self) -> Iterator[Event]:
        for message in self.outcomes.warnings:
            yield Warned(message=message)
        self.outcomes.warnings.clear()

    def moved(self) -> list[Path]:
        """Return the trials that went on since the last call, each once."""
        moved = list(dict.fromkeys(self.tree.moved))
        self.tree.moved.clear()
        return moved

    def spent(self) -> str | None:
        """Return what of the budget is used up, if any is."""
        budget = self.tree.spec.budget
        if budget.epochs is not None and self.num_started >= budget.epochs:
            return f"{budget.epochs} epochs"
        hours = (time.monotonic() - self.began) / 3600
        if budget.hours is not None and hours >= budget.hours:
            return f"{budget.hours:g} hours"
        return None

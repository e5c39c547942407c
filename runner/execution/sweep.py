"""Many epochs: hands ready ones to workers until the tree has unfolded."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath

from lstm3.config import Config, core
from lstm3.errors import said_of_file
from runner.execution.blame import MOST_TRIES
from runner.execution.dispatch import Dispatch
from runner.execution.engine import Died, Engine, EpochTask, Finished, Progressed, Report
from runner.execution.events import (
    BudgetReached,
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Event,
    Refolded,
    Slot,
    SlotFreed,
    Unfolded,
    Warned,
)
from runner.execution.faults import Fault, PlaceError
from runner.execution.spending import Spending
from runner.execution.stopwatch import Stopwatch
from runner.storage.outcomes import RecordedOutcomes
from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.path import Node
from runner.tree.unfold import AnyOutcome, Tree, unfold

_WAIT_SECONDS = 0.5  # for a report, before anything else is looked at again


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
    heed_decisions: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train every epoch that the tree asks for and nobody has trained yet; yield what happens.

    The tree alone decides what is trained, so the result is the same for any number of workers
    and after any interruption. Interrupted, it ends within a second; epochs in flight are lost.
    `heed_decisions` begins the tree anew if the user decided something, and says whether it did.
    Raises PlaceError if nothing can be trained or kept here: a full disk, a device that cannot be
    used.
    """
    return _Run(tree, outcomes, engine, places).events(is_interrupted, heed_decisions)


class _Run:
    """A sweep while it runs; all of it can be lost, since the store remembers what was done."""

    def __init__(
        self, tree: Tree, outcomes: RecordedOutcomes, engine: Engine, places: Places
    ) -> None:
        self.tree, self.outcomes, self.engine, self.places = tree, outcomes, engine, places
        self.dispatch = Dispatch(tree, outcomes, engine.slots)
        self.blame = self.dispatch.blame
        self.stopwatch = Stopwatch(tree.spec.deadline)
        self.spending = Spending(tree.spec.budget)
        self.has_said_that_it_waits = False

    def events(
        self, is_interrupted: Callable[[], bool], heed_decisions: Callable[[], bool]
    ) -> Iterator[Event]:
        try:
            yield from self.unfold_all()
            while self.tree.ready and not is_interrupted():
                spent = self.spending.used_up()
                if spent is None:
                    yield from self.start()
                elif not self.dispatch.busy:
                    yield BudgetReached(spent=spent)
                    return
                yield from self.listen()
                if heed_decisions():
                    self.dispatch.restart()
                    yield Refolded()
                    yield from self.unfold_all()
        except OSError as error:
            raise _until_mended(said_of_file(error)) from None
        finally:
            self.dispatch.claims.close()

    def unfold_all(self) -> Iterator[Event]:
        """Unfold the tree as far as outcomes are remembered."""
        self.dispatch.push(unfold(self.tree, self.outcomes))
        yield Unfolded(moved=self.tree.take_moved())
        yield from self.warnings()

    def start(self) -> Iterator[Event]:
        """Give every idle slot an epoch."""
        for slot, node in self.dispatch.assignments():
            self.stopwatch.start(slot, core(node.config))
            self.spending.start_epoch()
            self.engine.submit(slot, self.task(node))
            yield EpochStarted(slot=slot, node=node, is_repeated=node.key not in self.tree.ready)
            if self.spending.used_up():
                break
        for node in self.dispatch.settled():
            yield from self.accept(node)
        if self.dispatch.waits_for_others and not self.dispatch.busy:
            yield from self.say_that_it_waits()

    def listen(self) -> Iterator[Event]:
        """Wait for reports, and heed them."""
        began = time.monotonic()
        for report in self.engine.reports(_WAIT_SECONDS):
            yield from self.heed(report)
        self.stopwatch.forgive(time.monotonic() - began)
        for slot, limit in self.stopwatch.overdue():
            lost = self.engine.replace(slot, f"no end after {limit:.0f} s")
            if lost is not None:
                yield from self.heed(lost)
        yield from self.warnings()

    def heed(self, report: Report) -> Iterator[Event]:
        if isinstance(report, Finished):
            yield from self.finish(report)
        elif isinstance(report, Died):
            yield from self.lose(report)
        else:
            yield self.progress(report)

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

    def progress(self, report: Progressed) -> Event:
        self.stopwatch.progress(report.slot, report.fraction)
        return EpochProgressed(
            slot=report.slot,
            node=self.dispatch.busy[report.slot],
            fraction=report.fraction,
            tokens_per_second=report.tokens_per_second,
        )

    def finish(self, report: Finished) -> Iterator[Event]:
        slot = report.slot
        node, _ = self.dispatch.release(slot)
        self.blame.acquit(node.key, slot.device)
        self.stopwatch.finish(slot)
        if isinstance(report.outcome, EpochResult):
            self.dispatch.held[slot] = node.key
        else:
            self.dispatch.held.pop(slot, None)
            if node.key not in self.tree.ready:
                yield SlotFreed(slot=slot)
                if self.dispatch.is_awaited(node):  # or else its trials were stopped meanwhile
                    reason = f"trained again for its state: {report.outcome.reason}"
                    yield Warned(message=f"{_where(slot, node)}: {reason}")
                    yield from self.give_up(slot, node, reason, 1)
                return
        yield self.conclude(slot, node, report.outcome)

    def accept(self, node: Node) -> Iterator[Event]:
        """Take over what another process has done."""
        outcome = self.outcomes.get(node.key)
        if node.key in self.tree.ready and outcome is not None:
            yield self.conclude(None, node, outcome)
        else:
            self.dispatch.push(self.dispatch.resume(node.key))

    def conclude(self, slot: Slot | None, node: Node, outcome: AnyOutcome) -> Event:
        if node.key in self.tree.ready:
            self.outcomes.add(node.key, outcome)
            self.tree.add(node.key, outcome)
        deferred = self.dispatch.resume(node.key)
        self.dispatch.push([*unfold(self.tree, self.outcomes), *deferred])
        return EpochFinished(slot=slot, node=node, outcome=outcome, moved=self.tree.take_moved())

    def lose(self, report: Died) -> Iterator[Event]:
        """Hand the epoch of a worker that died to another, or give it up."""
        slot = report.slot
        node, was_alone = self.dispatch.release(slot)
        self.dispatch.held.pop(slot, None)
        self.stopwatch.forget(slot)
        yield SlotFreed(slot=slot)
        if report.fault is Fault.MEMORY and not was_alone:
            reason = f"{report.reason}; it is tried again alone there"
            yield Warned(message=f"{_where(slot, node)}: {reason}")
            self.dispatch.retry_alone(node)
        elif report.fault in (Fault.DEVICE, Fault.STATE, Fault.PLACE):
            yield from self.excuse(report, node)
        else:
            yield from self.accuse(report, node)

    def excuse(self, report: Died, node: Node) -> Iterator[Event]:
        """Take back an epoch that is not at fault; raises PlaceError if no other could do better.

        That is so without a device, and where what is written does not stay.
        """
        slot, fault = report.slot, report.fault
        is_last_device = fault is Fault.DEVICE and self.blame.is_last(slot.device)
        is_lost_again = fault is Fault.STATE and self.blame.miss(node.key) >= MOST_TRIES
        if fault is Fault.PLACE or is_last_device or is_lost_again:
            raise _until_mended(report.reason)
        if fault is Fault.STATE:
            yield Warned(message=f"{_where(slot, node)}: {report.reason}; it is made again")
        elif self.blame.shut(slot.device):
            yield Warned(message=f"{report.reason}; {_goes_on(self.blame.healthy)}")
        self.dispatch.retry(node)

    def accuse(self, report: Died, node: Node) -> Iterator[Event]:
        """Try an epoch again that may be at fault, as its device may, or give it up."""
        slot = report.slot
        tries = self.blame.accuse(node.key, slot.device)
        yield Warned(message=f"{_where(slot, node)}: {report.reason} ({_counted(tries)})")
        if self.blame.quarantine(slot.device):
            reason = "quarantined, since different trials broke on it one after the other"
            yield Warned(message=f"{slot.device}: {reason}; {_goes_on(self.blame.healthy)}")
        if tries >= MOST_TRIES or report.fault is Fault.INPUT:
            yield from self.give_up(slot, node, report.reason, tries)
        elif report.fault is Fault.MEMORY:
            self.dispatch.retry_alone(node)
        else:
            self.dispatch.retry(node)

    def give_up(self, slot: Slot, node: Node, reason: str, tries: int) -> Iterator[Event]:
        """Let an epoch fail for good, or those for whose sake it was trained again."""
        in_a_row = f", {tries} times in a row" if tries > 1 else ""
        failure = EpochFailure(
            sweep=self.tree.spec.name,
            seconds=0.0,
            attempts=tries,
            environment={},
            reason=f"epoch {node.epoch}: {reason}{in_a_row}",
        )
        for victim in self.dispatch.victims(node):
            self.outcomes.given_up.add(victim.key, failure)
            yield self.conclude(slot, victim, failure)

    def say_that_it_waits(self) -> Iterator[Event]:
        if not self.has_said_that_it_waits:
            self.has_said_that_it_waits = True
            yield Warned(message="waiting for epochs that another sweep is training")

    def warnings(self) -> Iterator[Event]:
        for message in self.outcomes.warnings:
            yield Warned(message=message)
        self.outcomes.warnings.clear()


def _until_mended(reason: str) -> PlaceError:
    carries_on = "every finished epoch is kept, and once that is mended the same command carries on"
    return PlaceError(f"{reason}; {carries_on}")


def _where(slot: Slot, node: Node) -> str:
    return f"epoch {node.epoch} of trial {node.paths[0].trial.number} on {slot.name}"


def _counted(tries: int) -> str:
    """Return how often an epoch broke; one that was given up may be asked for by other trials."""
    return f"{tries} of {MOST_TRIES}" if tries <= MOST_TRIES else "it was given up before"


def _goes_on(devices: Collection[str]) -> str:
    return f"the sweep goes on with {', '.join(sorted(devices))}"

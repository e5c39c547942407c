"""A sweep with all that belongs around it: its folder, its workers, and what mirrors it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lstm3.corpus import read_corpus
from lstm3.durable import remove_leftovers
from runner.execution.devices import device_type
from runner.execution.events import (
    BudgetReached,
    EpochFinished,
    Event,
    Slot,
    Unfolded,
    Warned,
)
from runner.execution.interrupts import Interrupts
from runner.execution.local_engine import LocalEngine, trainers
from runner.execution.preparation import (
    Corpora,
    make_outcomes,
    make_provenance,
    make_tree,
    restart,
)
from runner.execution.sweep import Places, run_sweep
from runner.mirrors.mirrors import Mirrors
from runner.mirrors.now import Publisher
from runner.specs.spec import Spec
from runner.storage.claims import Claims
from runner.storage.origin import Origin
from runner.storage.starts import changes_since
from runner.storage.sweep_folder import SweepFolder
from runner.tree.unfold import Tree
from runner.views.live import View


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What ended a run of a sweep before its tree was done, if anything did."""

    signal: int | None = None
    spent: str | None = None  # the budget that is used up, as people read it


@dataclass(frozen=True, kw_only=True)
class Job:
    """A sweep that is ready to run."""

    folder: SweepFolder
    origin: Origin
    corpora: Corpora
    slots: Sequence[Slot]
    tree: Tree
    changes: Sequence[str]  # in the spec since it was last started
    decided: Hashable  # the version of the user's decisions that a tree is made with

    def run(self, view: View) -> Ending:
        """Run the sweep to its end, or until a signal comes, and show it."""
        spent = None
        with Interrupts() as interrupts, view:
            for event in self._events(interrupts.is_set):
                view.show(event)
                if isinstance(event, BudgetReached):
                    spent = event.spent
        return Ending(signal=interrupts.received, spent=spent)

    def _events(self, is_interrupted: Callable[[], bool]) -> Iterator[Event]:
        places = Places(corpus=self.corpora.folder, store=self.folder.store.root)
        references = self.corpora.text.valid.trg
        outcomes = make_outcomes(self.folder, self.origin.spec, lambda: references, mend=True)
        publisher = Publisher(self.folder.now_path, self.slots)
        engine = LocalEngine(self.slots, trainers(self.origin.provenance), self.folder.logs)
        mirrors = Mirrors(self.folder, self.origin, self.tree)
        encodings = _Encodings(self)
        try:
            for event in run_sweep(
                self.tree, outcomes, engine, places, is_interrupted, _Decider(self)
            ):
                publisher.note(event)
                encodings.follow(event)
                yield event
                for warning in mirrors.follow(event):
                    yield Warned(message=warning)
        finally:
            engine.close()
            publisher.close()
            closing = mirrors.close(in_haste=is_interrupted())
        for warning in closing:
            yield Warned(message=warning)


class _Encodings:
    """Makes the encoded corpora of trials that a search proposed, and names them in the origin."""

    def __init__(self, job: Job) -> None:
        self._job, self._named = job, job.origin.encoded

    def follow(self, event: Event) -> None:
        moved = event.moved if isinstance(event, Unfolded | EpochFinished) else ()
        encoded = self._job.corpora.names(moved)
        if encoded != self._named:
            self._named = encoded
            self._job.folder.save(dataclasses.replace(self._job.origin, encoded=encoded))


class _Decider:
    """Begins a tree anew when the user has decided something since the last call."""

    def __init__(self, job: Job) -> None:
        self._decisions, self._tree = job.folder.decisions, job.tree
        self._seen = job.decided

    def __call__(self) -> bool:
        version = self._decisions.version()
        if version == self._seen:
            return False
        self._seen = version
        restart(self._tree, self._decisions.all())
        return True


@contextmanager
def held_job(spec: Spec, results: Path, slots: Sequence[Slot]) -> Iterator[Job]:
    """Hold a sweep's folder for this process, and yield the sweep, ready to run.

    Raises UserError, with nothing created or changed, if the corpus is wrong or the spec differs
    too much from what the sweep was started with; SweepHeldError if another process runs it.
    """
    folder = SweepFolder(results=results, name=spec.name)
    text = read_corpus(spec.corpus)
    corpora = Corpora(text, folder.corpora)
    provenance = make_provenance(spec, text, device_type(slots[0].device))
    with folder.lock.held(folder.name):
        changes = changes_since(folder, spec, provenance)
        for place in (folder.path, folder.store.root, folder.corpora, folder.cache):
            remove_leftovers(place)
        Claims(folder.store).tidy()
        decided = folder.decisions.version()  # before they are read
        tree = make_tree(spec, provenance, folder.decisions.all())
        encoded = corpora.names(tree.paths)
        origin = Origin(spec=spec, provenance=provenance, encoded=encoded)
        folder.save(origin)
        yield Job(
            folder=folder,
            origin=origin,
            corpora=corpora,
            slots=slots,
            tree=tree,
            changes=changes,
            decided=decided,
        )

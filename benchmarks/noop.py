"""Sweeps whose epochs cost nothing: all that is left is what the runner itself does."""

from __future__ import annotations

import dataclasses
import functools
import math
import resource
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.made_up import TOKENIZE, MadeUp
from lstm3.config import Config
from lstm3.corpus import read_corpus
from lstm3.encoding import prepare
from lstm3.fingerprint import Provenance
from lstm3.metrics import EpochMetrics
from runner.execution.engine import Engine, EpochTask, Progress
from runner.execution.events import EpochFinished, Slot
from runner.execution.in_process_engine import InProcessEngine
from runner.execution.local_engine import LocalEngine
from runner.execution.preparation import make_outcomes, make_tree
from runner.execution.sweep import Places, run_sweep
from runner.mirrors.mirrors import Mirrors
from runner.specs.rules import Percentile
from runner.specs.spec import Choices, Spec
from runner.storage.origin import Origin
from runner.storage.record import Record
from runner.storage.store import EpochStore
from runner.storage.sweep_folder import SweepFolder, load_origin
from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.unfold import Tree
from runner.views.live import LiveView, QuietView

MakeView = Callable[[Tree, Sequence[Slot]], LiveView | QuietView]

NAME = "noop"
# Each tells trials apart from their first epoch on, by values from this one to its double.
AXES = {"lr": 1e-3, "weight_decay": 1e-4, "label_smoothing": 0.1, "dropout_emb": 0.2}
RULE = Percentile(keep=75, startup_trials=8, warmup_epochs=3)
PROVENANCE = Provenance(code="none", corpus="none", weights={}, device_type="cpu", torch="none")


class NoOpCore:
    """Trains nothing, and stores a record of it."""

    def __init__(self, made_up: MadeUp, slot: Slot) -> None:
        self.made_up, self.slot = made_up, slot

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        yield from ()
        hypotheses, bleu = self.made_up.after(task.key, task.epoch)
        metrics = EpochMetrics(
            epoch=task.epoch,
            train_loss=1.0,
            val_loss=1.0 / task.epoch,
            val_loss_no_tf=1.0,
            num_tokens=1,
            hypotheses=hypotheses,
        )
        record = Record(
            key=task.key,
            parent=task.parent,
            epoch=task.epoch,
            settings=task.settings,
            sweep=task.sweep,
            seconds=0.0,
            attempts=1,
            environment={},
            metrics=metrics,
            num_parameters=1,
            scores={TOKENIZE: {"bleu": bleu, "sinergy": bleu, "bp": 1.0, "signature": "none"}},
        )
        store = EpochStore(task.store)
        store.make_room(task.key)
        store.weights_path(task.key).touch()
        store.moments_path(task.key).touch()
        return store.put(record).outcome(task.bleu_tokenize)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a sweep cost the runner."""

    num_trials: int
    num_epochs: int  # that were run
    seconds: float
    slowdown: float  # seconds an epoch in the last fifth of them, over those in the first
    view_seconds: float  # of `seconds`, taken by telling the view what happened
    megabytes: float  # the most that this process ever had

    @property
    def ms_per_epoch(self) -> float:
        return 1000 * self.seconds / self.num_epochs

    @property
    def ms_per_trial(self) -> float:
        return 1000 * self.seconds / self.num_trials


def make_spec(num_trials: int, num_epochs: int) -> Spec:
    """Return a grid whose trials share nothing and are pruned; its axes have ten values at most."""
    axes = {}
    for name, scale in AXES.items():
        size = math.gcd(num_trials, 10) if num_trials > 1 else 1
        num_trials //= size
        values = tuple(scale * (1 + index / 10) for index in range(size))
        axes[name] = Choices(values=values)
    assert num_trials == 1, "ten to the number of axes, or a divisor of it"
    return Spec(
        name=NAME,
        corpus="demo",
        base=Config(num_epochs=num_epochs),
        axes=axes,
        prune=RULE,
        wandb="off",
    )


def add_references(results: Path) -> None:
    """Give a sweep that was run the encoded corpus that a real one would have."""
    folder = SweepFolder(results=results, name=NAME)
    text = read_corpus("demo")
    encoded = prepare(text, min_freq_src=1, min_freq_trg=1, cache=folder.corpora)
    folder.save(dataclasses.replace(load_origin(folder), encoded=(encoded.name,)))


def run(
    num_trials: int,
    num_epochs: int,
    results: Path,
    num_workers: int = 0,
    make_view: MakeView = lambda *_: QuietView(),
) -> Cost:
    """Run a sweep with all its mirrors: in this process, or on so many worker processes."""
    folder = SweepFolder(results=results, name=NAME)
    origin = Origin(spec=make_spec(num_trials, num_epochs), provenance=PROVENANCE, encoded=())
    make_core = functools.partial(NoOpCore, MadeUp.of_demo())
    slots = [Slot(index=i, name=f"cpu {i}", device="cpu") for i in range(max(1, num_workers))]
    began = time.perf_counter()
    folder.path.mkdir(parents=True)
    folder.save(origin)
    engine: Engine = (
        LocalEngine(slots, make_core, folder.logs)
        if num_workers
        else InProcessEngine(slots, make_core)
    )
    tree = make_tree(origin.spec, origin.provenance, {})
    mirrors = Mirrors(folder, origin, tree)
    outcomes = make_outcomes(folder, origin.spec, list)
    places = Places(corpus=lambda _: results, store=folder.store.root)
    view, view_seconds = make_view(tree, slots), 0.0
    times = []
    try:
        for event in run_sweep(tree, outcomes, engine, places, lambda: False):
            for _ in mirrors.follow(event):
                pass
            happened = time.perf_counter()
            view.show(event)
            view_seconds += time.perf_counter() - happened
            if isinstance(event, EpochFinished):
                times.append(happened)
    finally:
        engine.close()
        mirrors.close()
    fifth = max(1, len(times) // 5)
    return Cost(
        num_trials=num_trials,
        num_epochs=len(times),
        seconds=time.perf_counter() - began,
        slowdown=(times[-1] - times[-fifth]) / max(1e-9, times[fifth - 1] - times[0]),
        view_seconds=view_seconds,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )

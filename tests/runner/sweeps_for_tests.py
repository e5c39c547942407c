"""Simulated sweeps: their epochs take no time, and their results follow from their keys."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Console

from lstm3.config import Config
from lstm3.fingerprint import digest
from runner.execution.events import (
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Event,
    Slot,
    Unfolded,
)
from runner.results.confidence import Confidence, make_confidence
from runner.results.level import LEVEL
from runner.results.significance import Counts
from runner.results.table import Row, Table
from runner.specs.rules import Percentile
from runner.specs.spec import Choices, Spec
from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.path import Node
from runner.tree.pruning import JudgedTrial
from runner.tree.scheduling import Queue
from runner.tree.unfold import AnyOutcome, Tree, unfold

SLOTS = [Slot(index=index, name=f"cpu {index}", device="cpu") for index in range(2)]
TF_AXES: dict[str, Any] = {"tf_from_epoch": (3, 5, 7), "tf_decrease": (0.02, 0.05, 0.1)}


class BelowBest:
    """Prunes a trial whose BLEU is well below the best that passed the epoch before it."""

    def __init__(self, margin: float) -> None:
        self.margin = margin
        self.best: dict[int, float] = {}

    def judge(self, epoch: int, trial: JudgedTrial, *, may_prune: bool) -> bool:
        if not trial.values:
            return False
        best = self.best.get(epoch, 0.0)
        self.best[epoch] = max(best, trial.values[-1])
        return may_prune and trial.values[-1] < best - self.margin


def make_spec(axes: dict[str, Sequence[Any]] = TF_AXES, **changes: Any) -> Spec:
    base = Config(num_epochs=changes.pop("num_epochs", 10), patience=1)
    choices = {name: Choices(values=tuple(values)) for name, values in axes.items()}
    values = {
        "name": "tf",
        "question": "Does lowering teacher forcing help LSTM_3, and when should it start?",
        "corpus": "demo",
        "prune": None,
        **changes,
    }
    return Spec(base=base, axes=choices, **values)


def make_tree(spec: Spec, margin: float = 1.0) -> Tree:
    pruner = BelowBest(margin) if spec.prune else None
    return Tree(
        spec,
        lambda config: digest(config.seed),
        judge_by=pruner,
        propose_by=None,
        weights=weights_of(spec),
    )


def weights_of(spec: Spec) -> dict[str, str]:
    """Return the digests of a spec's weights by path: a file's name stands for its content."""
    return {path: path.rpartition("/")[2] for path in spec.weights}


def prunes_early() -> Percentile:
    return Percentile(warmup_epochs=3)


def result_of(node: Node, sweep: str = "tf") -> EpochResult:
    """Return a made-up result that depends on the epoch's key and depth alone."""
    noise = int(hashlib.sha256(node.key.encode()).hexdigest()[:8], 16) / 2**32
    val_loss = 1.8 + 5.0 / (1 + node.epoch) + 0.2 * noise
    bleu = 32.0 * (1 - 0.7**node.epoch) + 3.0 * noise
    return EpochResult(
        sweep=sweep,
        seconds=40.0 + 10.0 * noise,
        environment={},
        train_loss=val_loss - 0.3,
        val_loss=val_loss,
        val_loss_no_tf=val_loss + 0.4,
        bleu=bleu,
        sinergy=bleu * 1.02,
        bp=0.98,
        signature="nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.5.1",
        num_tokens=377_000,
        num_parameters=8_730_000,
    )


def failure(reason: str) -> EpochFailure:
    return EpochFailure(sweep="tf", seconds=1.0, environment={}, reason=reason)


Simulate = Callable[[Node], AnyOutcome]


def run(
    tree: Tree,
    outcomes: dict[str, AnyOutcome],
    simulate: Simulate = result_of,
    slots: Sequence[Slot] = SLOTS,
    num_steps: int = 2,
) -> Iterator[Event]:
    """Yield what happens when the epochs of `slots` take turns; `outcomes` is added to."""
    queue = Queue()
    queue.push(unfold(tree, outcomes))
    yield Unfolded(moved=tree.take_moved())
    while tree.ready:
        busy = {}
        for slot in slots:
            node = queue.pop(None)
            if node is not None:
                busy[slot] = node
                yield EpochStarted(slot=slot, node=node, is_repeated=False)
        for step in range(1, num_steps):
            for slot, node in busy.items():
                yield EpochProgressed(
                    slot=slot, node=node, fraction=step / num_steps, tokens_per_second=7915.0
                )
        in_flight = {node.key for node in busy.values()}
        for slot, node in busy.items():
            outcome = outcomes[node.key] = simulate(node)
            tree.add(node.key, outcome)
            queue.push(new for new in unfold(tree, outcomes) if new.key not in in_flight)
            yield EpochFinished(slot=slot, node=node, outcome=outcome, moved=tree.take_moved())


def finished(spec: Spec, simulate: Simulate = result_of, margin: float = 1.0) -> Tree:
    """Return the tree of a sweep that has run to its end."""
    tree = make_tree(spec, margin)
    for _ in run(tree, {}, simulate):
        pass
    return tree


def confidence_in(table: Table, qualities: Sequence[float] | None = None) -> Confidence:
    """Return how sure the order of trials is whose sentences are translated so well."""
    numbers = np.random.default_rng(0)
    totals = np.tile([12, 11, 10, 9], (100, 1))
    lengths = np.full((100, 1), 12)

    def counts_of(row: Row) -> Counts:
        matches = numbers.binomial(totals, qualities[row.number] if qualities else 0.6)
        return np.hstack([lengths, lengths, matches, totals]).astype(np.int32)

    found = make_confidence(table.rows, counts_of, LEVEL, table.baseline, table.picked)
    assert found is not None
    return found


def text_of(renderable: Any, width: int = 80) -> str:
    """Return what a terminal without colours shows."""
    console = Console(file=io.StringIO(), width=width, height=40, no_color=True)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()

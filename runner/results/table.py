"""The result of a sweep as rows and counts: what is shown, exported and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runner.results.timing import Timing, make_timing
from runner.specs.spec import Spec
from runner.tree.path import Path
from runner.tree.trial import TrialState


@dataclass(frozen=True, kw_only=True)
class Row:
    """A trial at its best epoch. Losses are nats per target token; None where there is none."""

    number: int
    id: str
    state: TrialState
    params: dict[str, Any]
    seed: int
    epochs: int
    best_epoch: int | None
    bleu: float | None
    sinergy: float | None
    bp: float | None
    val_loss: float | None
    val_loss_no_tf: float | None
    parameters: int | None
    reason: str | None
    same_as: int | None  # the lowest trial that has gone the very same epochs
    estranged: Sequence[int] = ()  # epochs whose parent has come out differently since

    @property
    def is_spent(self) -> bool:
        """Return whether it has ended and cost something: it went an epoch, or failed at its first.

        The other seeds of a pruned cell end without ever being begun.
        """
        return self.state.is_final and (self.epochs > 0 or self.state is TrialState.FAILED)


@dataclass(frozen=True, kw_only=True)
class EpochCounts:
    """Epochs of all trials' full length, each under exactly one heading (`planned` aside)."""

    planned: int
    trained: int  # distinct epochs that this sweep trained
    shared: int  # got from another trial of this sweep
    reused: int  # distinct epochs that another sweep had trained
    pruned: int
    stopped: int
    failed: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Table:
    """A sweep's result: rows best first, ties by number, trials without a result last."""

    sweep: str
    question: str
    objective: str
    signature: str | None  # how BLEU was computed
    rows: Sequence[Row]
    epochs: EpochCounts
    timing: Timing
    note: str | None  # why a sampled search has fewer trials than it was asked for
    baseline: int | None = None  # number of the trial of the base config
    picked: int | None = None  # number of the trial that others are compared with in its place
    beside: frozenset[int] = frozenset()  # numbers of the trials that are no cell of the sweep

    @property
    def reference(self) -> int | None:
        """Return the number of the trial that others are compared with."""
        return self.baseline if self.picked is None else self.picked

    @property
    def swept_rows(self) -> Sequence[Row]:
        """Return the rows without a baseline that is no cell of the sweep."""
        return [row for row in self.rows if row.number not in self.beside]


ESTRANGED = "trained from another state of the epoch before than is kept: it came out differently"


class Trials(Protocol):
    """The trials of a sweep as far as they are known: its tree, or more than that."""

    @property
    def spec(self) -> Spec: ...

    @property
    def paths(self) -> Sequence[Path]:
        """Return them by number."""

    @property
    def own_paths(self) -> Sequence[Path]:
        """Return those that the sweep itself is to bring to their end, not agents."""

    @property
    def num_trials(self) -> int:
        """Return how many there are, those to come included."""

    @property
    def search_ended(self) -> str | None:
        """Return why a search proposes no more, if it does not."""

    @property
    def baseline(self) -> Path | None:
        """Return the trial of the base config itself, if it is one."""


def make_table(tree: Trials) -> Table:
    """Return the table of a sweep as far as it has unfolded."""
    paths = tree.paths
    first_with: dict[tuple[str, int], int] = {}
    rows = []
    for path in paths:
        same_as = None
        if path.keys:
            first = first_with.setdefault((path.keys[-1], path.num_epochs), path.trial.number)
            same_as = first if first != path.trial.number else None
        rows.append(_row(path, same_as, tree.spec))
    rows.sort(key=lambda row: (row.bleu is None, -(row.bleu or 0.0), row.number))
    return Table(
        sweep=tree.spec.name,
        question=tree.spec.question,
        objective=tree.spec.objective,
        signature=next((path.results[0].signature for path in paths if path.results), None),
        rows=rows,
        epochs=_count(tree, paths),
        timing=make_timing(paths, tree.spec.name),
        note=tree.search_ended,
        baseline=tree.baseline.trial.number if tree.baseline else None,
        beside=frozenset(path.trial.number for path in paths if path.is_baseline),
    )


def _row(path: Path, same_as: int | None, spec: Spec) -> Row:
    trial = path.trial
    best = path.best
    return Row(
        number=trial.number,
        id=trial.id,
        state=path.state,
        params=spec.of(trial.config),  # an agent's may be of axes that were others
        seed=trial.seed,
        epochs=path.num_epochs,
        best_epoch=path.best_epoch,
        bleu=best.bleu if best else None,
        sinergy=best.sinergy if best else None,
        bp=best.bp if best else None,
        val_loss=best.val_loss if best else None,
        val_loss_no_tf=best.val_loss_no_tf if best else None,
        parameters=best.num_parameters if best else None,
        reason=path.reason or _mark(path),
        same_as=same_as,
        estranged=path.estranged,
    )


def _mark(path: Path) -> str | None:
    """Return what there is to say of a trial beside its state."""
    epochs = ", ".join(map(str, path.estranged))
    return f"epoch {epochs}: {ESTRANGED}" if epochs else None


_HEADINGS = {
    TrialState.PRUNED: "pruned",
    TrialState.STOPPED: "stopped",
    TrialState.FAILED: "failed",
    TrialState.WAITING: "waiting",
    TrialState.RUNNING: "waiting",
}


def _count(tree: Trials, paths: Sequence[Path]) -> EpochCounts:
    counts = dict.fromkeys(
        ("trained", "shared", "reused", "pruned", "stopped", "failed", "waiting"), 0
    )
    planned = 0
    seen = set[str]()
    for path in paths:
        for key, result in zip(path.keys, path.results, strict=True):
            counts[result.origin(tree.spec.name, is_first=key not in seen)] += 1
            seen.add(key)
        length = path.trial.config.num_epochs
        planned += length
        if path.state is not TrialState.COMPLETE:
            counts[_HEADINGS[path.state]] += length - path.num_epochs
    unborn = (tree.num_trials - len(paths)) * tree.spec.base.num_epochs
    counts["waiting"] += unborn
    return EpochCounts(planned=planned + unborn, **counts)

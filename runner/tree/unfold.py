"""The sweep as a tree of epochs that unfolds as validation losses come in.

`unfold` is a pure function of a spec and the outcomes known by key. `Tree` computes it
incrementally: an outcome costs time for the trials that it moves, not for all of them, and the
order in which outcomes arrive changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from lstm3.config import Config
from lstm3.fingerprint import next_key
from lstm3.schedule import Schedule
from runner.specs.spec import Spec
from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.path import Node, Path
from runner.tree.proposing import Params, Proposer, SeenCell
from runner.tree.pruning import JudgedTrial, Pruner, is_in_grace
from runner.tree.trial import UNDECIDED, Decision, TrialState, cell_id, make_trial

AnyOutcome = EpochResult | EpochFailure
_MAX_ATTEMPTS = 20  # proposals of cells that exist already, in a row, before a search ends


class Tree:
    """All trials of a spec, as far as the outcomes that were added let them unfold.

    `first_key` gives a config's key before the first epoch.
    """

    def __init__(
        self,
        spec: Spec,
        first_key: Callable[[Config], str],
        judge_by: Pruner | None,
        propose_by: Proposer | None,
        decisions: Mapping[str, Decision] | None = None,
    ) -> None:
        self.spec = spec
        self._first_key = first_key
        self.restart(judge_by, propose_by, decisions or {})

    def restart(
        self,
        judge_by: Pruner | None,
        propose_by: Proposer | None,
        decisions: Mapping[str, Decision],
    ) -> None:
        """Forget all outcomes, to unfold anew under these decisions, by trial id.

        `judge_by` and `propose_by` belong to this tree alone, since they remember what they were
        shown.
        """
        spec = self.spec
        self.ready: dict[str, Node] = {}  # by key
        self.opened: list[Node] = []  # became ready, or gained a trial; whoever reads it clears it
        self.moved: list[Path] = []  # gained an epoch or changed state; likewise
        self.search_ended: str | None = None  # why a search proposes no more
        self._decisions = decisions
        self._pruner = judge_by
        self._proposer = propose_by
        self._cells: list[dict[int, Path]] = []  # by seed, in the order of cells
        self._ids: set[str] = set()
        self._passed = [0] * spec.largest(
            "num_epochs"
        )  # trials judged at each epoch but the last, in order
        self._num_ended = 0  # first-seed trials that ended, counted without a gap
        self._baseline = self._make_baseline() if spec.baseline else {}
        if spec.is_grid:
            self._expand()
        else:
            self._propose()
        for path in self._baseline.values():
            self._open(path)

    @property
    def paths(self) -> list[Path]:
        """Return the trials so far, by number."""
        seeds = self.spec.seeds
        paths = [cell[seed] for seed in seeds for cell in self._cells]
        return [*paths, *self._baseline.values()]

    @property
    def baseline(self) -> Path | None:
        """Return the trial of the base config itself (with the first seed), if it is one."""
        if not self.spec.baseline:
            return None
        of_base, first = self.spec.of_base(), self.spec.seeds[0]
        return next(
            path for path in self.paths if path.trial.params == of_base and path.trial.seed == first
        )

    @property
    def num_trials(self) -> int:
        """Return how many trials the sweep has, those not proposed yet included."""
        cells = len(self._cells) if self.search_ended else self.spec.num_cells
        return cells * len(self.spec.seeds) + len(self._baseline)

    @property
    def is_final(self) -> bool:
        """Return whether nothing is left to train."""
        return not self.ready

    def add(self, key: str, outcome: AnyOutcome) -> None:
        """Let the trials that wait for epoch `key` go on with its outcome."""
        node = self.ready.pop(key)
        for path in node.paths:
            self._arrive(path, node, outcome)

    def _expand(self) -> None:
        spec = self.spec
        cells = ((cell_id(params, spec.config(params, 0)), params) for params in spec.grid())
        for _, params in sorted(cells, key=lambda cell: cell[0]):
            self._append(params)
        for cell in list(self._cells):
            self._start(cell)

    def _append(self, params: Params) -> dict[int, Path]:
        """Return a new cell's trials, by seed."""
        place, num_cells = len(self._cells), self.spec.num_cells
        cell = {
            seed: self._make_path(index * num_cells + place, params, seed, place)
            for index, seed in enumerate(self.spec.seeds)
        }
        self._cells.append(cell)
        return cell

    def _make_baseline(self) -> dict[int, Path]:
        """Return the trials of the base config by seed, unless it is one of the grid's cells."""
        spec, params = self.spec, self.spec.of_base()
        if spec.is_grid and params in spec.grid():
            return {}
        self._ids.add(cell_id(params, spec.config(params, 0)))
        first, place = spec.num_cells * len(spec.seeds), spec.num_cells
        return {
            seed: self._make_path(first + index, params, seed, place, is_baseline=True)
            for index, seed in enumerate(spec.seeds)
        }

    def _make_path(
        self, number: int, params: Params, seed: int, place: int, *, is_baseline: bool = False
    ) -> Path:
        config = self.spec.config(params, seed)
        trial = make_trial(number, params, config)
        return Path(
            trial=trial,
            cell=place,
            first_key=self._first_key(config),
            schedule=Schedule.start(config),
            decision=self._decisions.get(trial.id, UNDECIDED),
            is_baseline=is_baseline,
        )

    def _start(self, cell: dict[int, Path]) -> None:
        first, *others = (cell[seed] for seed in self.spec.seeds)
        self._open(first)
        if self._pruner is None:
            for path in others:
                self._open(path)

    def _propose(self) -> None:
        """Ask for the cells whose predecessors have come far enough."""
        proposer = self._proposer
        assert proposer is not None, "a sampled search needs a proposer"
        while not self.search_ended and len(self._cells) < self.spec.num_cells:
            index = len(self._cells)
            if proposer.needs_results and index - self.spec.parallel >= self._num_ended:
                return
            known = index - self.spec.parallel + 1 if proposer.needs_results else 0
            params = self._new_cell(proposer, index, known)
            if params is None:
                self.search_ended = (
                    f"the search ended after {index} of {self.spec.num_cells} cells: "
                    f"{_MAX_ATTEMPTS} proposals in a row existed already"
                )
            else:
                self._start(self._append(params))

    def _new_cell(self, proposer: Proposer, index: int, known: int) -> Params | None:
        visible = range(index) if proposer.needs_results else ()
        seen = [self._seen(place, place < known) for place in visible]
        for attempt in range(_MAX_ATTEMPTS):
            proposed = proposer.propose(index, attempt, seen)
            params = {name: proposed[name] for name in self.spec.axes}
            identity = cell_id(params, self.spec.config(params, 0))
            if identity not in self._ids:
                self._ids.add(identity)
                return params
        return None

    def _seen(self, place: int, is_known: bool) -> SeenCell:
        path = self._first_of(place)
        if not is_known:
            return SeenCell(params=path.trial.params)
        if path.is_brought_back:
            values, ending = path.values[: path.pruned_at], TrialState.PRUNED
        else:
            values, ending = path.values, path.state
        return SeenCell(params=path.trial.params, ending=ending.value, values=values)

    def _first_of(self, place: int) -> Path:
        return self._cells[place][self.spec.seeds[0]]

    def _open(self, path: Path) -> None:
        """Make the next epoch of a trial ready, unless the trial was stopped before it."""
        stopped_after = path.decision.stopped_after
        if stopped_after is not None and path.num_epochs >= stopped_after:
            self.moved.append(path)
            self._end(path, TrialState.STOPPED, f"stopped after epoch {path.num_epochs}")
            return
        config = path.trial.config
        parent = path.keys[-1] if path.keys else path.first_key
        settings = path.schedule.settings(config)
        key = next_key(parent, settings)
        node = self.ready.get(key)
        if node is None:
            epoch = path.num_epochs + 1
            node = self.ready[key] = Node(
                key=key, parent=parent, epoch=epoch, settings=settings, config=config, paths=[]
            )
        node.paths.append(path)
        self.opened.append(node)

    def _arrive(self, path: Path, node: Node, outcome: AnyOutcome) -> None:
        """Note that a trial has done an epoch, and take it as far as that leads."""
        self.moved.append(path)
        if isinstance(outcome, EpochFailure):
            self._end(path, TrialState.FAILED, outcome.reason)
        else:
            path.keys.append(node.key)
            path.settings.append(node.settings)
            path.results.append(outcome)
            path.schedule = path.schedule.after(outcome.val_loss, path.trial.config)
            path.state = TrialState.RUNNING
            if node.epoch == path.trial.config.num_epochs:
                self._end(path, TrialState.COMPLETE, None)
            elif not self._may_prune(path, node.epoch):
                self._open(path)
        if self._is_judged(path):
            self._judge_from(node.epoch)

    def _is_judged(self, path: Path) -> bool:
        is_first = path.trial.seed == self.spec.seeds[0]
        return self._pruner is not None and is_first and not path.is_baseline

    def _may_prune(self, path: Path, epoch: int) -> bool:
        if not self._is_judged(path) or path.pruned_at is not None:
            return False
        rule, config = self.spec.prune, path.trial.config
        assert rule is not None, "there is a pruner"
        return epoch > rule.warmup_epochs and not is_in_grace(config, epoch, self.spec.grace_epochs)

    def _judge_from(self, first_epoch: int) -> None:
        """Judge every trial whose predecessors are all known, at `first_epoch` and after it."""
        for epoch in range(first_epoch, len(self._passed)):
            while self._passed[epoch] < len(self._cells):
                path = self._first_of(self._passed[epoch])
                if not self._pass(path, epoch):
                    break
                self._passed[epoch] += 1

    def _pass(self, path: Path, epoch: int) -> bool:
        """Judge a trial at an epoch; return whether what it did there is known."""
        pruner = self._pruner
        assert pruner is not None, "only judged trials pass"
        was_pruned = path.pruned_at is not None and path.pruned_at < epoch
        if path.num_epochs < epoch and not was_pruned:
            return path.state.is_final  # it failed or was shorter, and has left the view
        values = path.values[: path.pruned_at if was_pruned else epoch]
        trial = JudgedTrial(number=path.trial.number, values=values, was_pruned=was_pruned)
        may_prune = self._may_prune(path, epoch)
        if pruner.judge(epoch, trial, may_prune=may_prune):
            path.pruned_at = epoch
        if may_prune and path.num_epochs == epoch and not path.state.is_final:
            self._decide(path)
        return True

    def _decide(self, path: Path) -> None:
        """Take a trial on, or end it, now that it is judged."""
        self.moved.append(path)
        if path.is_brought_back:
            self._settle(path)
        if path.pruned_at is None or path.is_brought_back:
            self._open(path)
        else:
            self._end(path, TrialState.PRUNED, f"pruned after epoch {path.pruned_at}")

    def _end(self, path: Path, state: TrialState, reason: str | None) -> None:
        path.state, path.reason = state, reason
        if not path.is_brought_back:
            self._settle(path)

    def _settle(self, path: Path) -> None:
        """Let what waited for the end of a trial go on."""
        if path.trial.seed != self.spec.seeds[0] or path.is_baseline:
            return
        if self._pruner is not None:
            self._settle_other_seeds(path)
        while self._num_ended < len(self._cells) and self._has_ended(self._num_ended):
            self._num_ended += 1
        if not self.spec.is_grid:
            self._propose()

    def _has_ended(self, place: int) -> bool:
        path = self._first_of(place)
        return path.state.is_final or path.is_brought_back

    def _settle_other_seeds(self, first: Path) -> None:
        """A cell's first seed decides whether the others are trained, if the user does not."""
        was_pruned = first.state is TrialState.PRUNED or first.is_brought_back
        for seed in self.spec.seeds[1:]:
            path = self._cells[first.cell][seed]
            if was_pruned and not path.decision.is_brought_back:
                path.state = TrialState.PRUNED
                path.reason = f"seed {first.trial.seed} was pruned after epoch {first.pruned_at}"
                self.moved.append(path)
            else:
                self._open(path)


class KnownOutcomes(Protocol):
    """What is known of epochs, by key: a mapping, or something that reads it as it is asked."""

    def get(self, key: str, /) -> AnyOutcome | None: ...


def unfold(tree: Tree, outcomes: KnownOutcomes) -> list[Node]:
    """Add every outcome that is known and asked for; return the epochs that are new to train.

    An epoch may be returned again when another trial has come to wait for it.
    """
    to_train = {}
    while tree.opened:
        node = tree.opened.pop()
        outcome = outcomes.get(node.key) if node.key in tree.ready else None
        if outcome is not None:
            tree.add(node.key, outcome)
        elif node.key in tree.ready:
            to_train[node.key] = node
    return list(to_train.values())

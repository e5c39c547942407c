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
from runner.specs.spec import Spec
from runner.tree.judging import Judging
from runner.tree.outcome import EpochFailure, EpochResult
from runner.tree.path import Node, Path
from runner.tree.proposing import Proposer
from runner.tree.pruning import Pruner
from runner.tree.roster import Roster
from runner.tree.search import Search
from runner.tree.trial import Decision, TrialState

AnyOutcome = EpochResult | EpochFailure


class Tree:
    """All trials of a spec, as far as the outcomes that were added let them unfold.

    `first_key` gives a config's key before the first epoch, `weights` the digests of pretrained
    weights by the path that names them.
    """

    def __init__(
        self,
        spec: Spec,
        first_key: Callable[[Config], str],
        judge_by: Pruner | None,
        propose_by: Proposer | None,
        decisions: Mapping[str, Decision] | None = None,
        weights: Mapping[str, str] | None = None,
    ) -> None:
        self.spec = spec
        self._first_key, self._weights = first_key, weights or {}
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
        self._opened: list[Node] = []
        self._moved: list[Path] = []
        self._judging = Judging(spec, judge_by) if judge_by else None
        self._search: Search | None = None
        self._roster = Roster(spec, self._first_key, decisions, self._weights)
        if spec.is_grid:
            self._expand()
        else:
            assert propose_by is not None, "a sampled search needs a proposer"
            self._search = Search(spec, propose_by, self._roster.cell_id)
            self._propose(self._search)
        for path in self._roster.baseline:
            self._open(path)

    @property
    def paths(self) -> list[Path]:
        """Return the trials so far, by number."""
        return self._roster.paths

    @property
    def own_paths(self) -> list[Path]:
        return self.paths

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
    def search_ended(self) -> str | None:
        """Return why a search proposes no more, once it does not."""
        return self._search.ended if self._search else None

    @property
    def num_trials(self) -> int:
        """Return how many trials the sweep has, those not proposed yet included."""
        cells = len(self._roster.firsts) if self.search_ended else self.spec.num_cells
        return cells * len(self.spec.seeds) + len(self._roster.baseline)

    @property
    def is_final(self) -> bool:
        """Return whether nothing is left to train."""
        return not self.ready

    def add(self, key: str, outcome: AnyOutcome) -> None:
        """Let the trials that wait for epoch `key` go on with its outcome."""
        node = self.ready.pop(key)
        for path in node.paths:
            self._arrive(path, node, outcome)

    def take_opened(self) -> list[Node]:
        """Return the epochs that became ready, or gained a trial, since the last call."""
        opened, self._opened = self._opened, []
        return opened

    def take_moved(self) -> list[Path]:
        """Return the trials that gained an epoch or changed state since the last call."""
        moved, self._moved = list(dict.fromkeys(self._moved)), []
        return moved

    def _expand(self) -> None:
        for params in sorted(self.spec.grid(), key=self._roster.cell_id):
            self._roster.append(params)
        for path in list(self._roster.firsts):
            self._start(path)

    def _propose(self, search: Search) -> None:
        for params in search.new_cells(self._roster.firsts):
            self._start(self._roster.append(params))

    def _start(self, first: Path) -> None:
        self._open(first)
        if self._judging is None:
            for path in self._roster.others(first):
                self._open(path)

    def _open(self, path: Path) -> None:
        """Make the next epoch of a trial ready, unless the trial was stopped before it."""
        stopped_after = path.decision.stopped_after
        if stopped_after is not None and path.num_epochs >= stopped_after:
            self._moved.append(path)
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
        self._opened.append(node)

    def _arrive(self, path: Path, node: Node, outcome: AnyOutcome) -> None:
        """Note that a trial has done an epoch, and take it as far as that leads."""
        judging = self._judging if self._roster.is_first(path) else None
        self._moved.append(path)
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
            elif judging is None or not judging.may_prune(path, node.epoch):
                self._open(path)
        if judging is not None:
            for judged in judging.judge(self._roster.firsts, node.epoch):
                self._decide(judged)

    def _decide(self, path: Path) -> None:
        """Take a trial on, or end it, now that it is judged."""
        self._moved.append(path)
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
        if not self._roster.is_first(path):
            return
        if self._judging is not None:
            self._settle_other_seeds(path)
        if self._search is not None:
            self._propose(self._search)

    def _settle_other_seeds(self, first: Path) -> None:
        """A cell's first seed decides whether the others are trained, if the user does not."""
        was_pruned = first.state is TrialState.PRUNED or first.is_brought_back
        for path in self._roster.others(first):
            if was_pruned and not path.decision.is_brought_back:
                path.state = TrialState.PRUNED
                path.reason = f"seed {first.trial.seed} was pruned after epoch {first.pruned_at}"
                self._moved.append(path)
            else:
                self._open(path)


class KnownOutcomes(Protocol):
    """What is known of epochs, by key: a mapping, or something that reads it as it is asked."""

    def get(self, key: str, /) -> AnyOutcome | None: ...


def unfold(tree: Tree, outcomes: KnownOutcomes) -> list[Node]:
    """Add every outcome that is known and asked for; return the epochs that are new to train.

    An epoch may be returned again when another trial has come to wait for it.
    """
    to_train, opened = {}, tree.take_opened()
    while opened:
        node = opened.pop()
        outcome = outcomes.get(node.key) if node.key in tree.ready else None
        if outcome is not None:
            tree.add(node.key, outcome)
            opened += tree.take_opened()
        elif node.key in tree.ready:
            to_train[node.key] = node
    return list(to_train.values())

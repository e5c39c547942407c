"""When a sampled search asks for its next cells, and what it shows to who proposes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from runner.specs.spec import Spec
from runner.tree.path import Path
from runner.tree.proposing import Params, Proposer, SeenCell
from runner.tree.trial import TrialState

_MAX_ATTEMPTS = 20  # proposals of cells that exist already, in a row, before a search ends


class Search:
    """Asks for cells, each when its predecessors have come far enough, until it ends."""

    def __init__(self, spec: Spec, proposer: Proposer, cell_id: Callable[[Params], str]) -> None:
        self.ended: str | None = None  # why no more are proposed
        self._spec, self._proposer, self._cell_id = spec, proposer, cell_id
        self._ids = {cell_id(spec.of_base())} if spec.baseline else set()
        self._num_ended = 0  # cells that ended, counted without a gap

    def new_cells(self, firsts: Sequence[Path]) -> Iterator[Params]:
        """Yield what can be proposed now, given the first trial of every cell so far.

        Each has to be among them before the next is asked for.
        """
        while self._num_ended < len(firsts) and _has_ended(firsts[self._num_ended]):
            self._num_ended += 1
        while not self.ended and len(firsts) < self._spec.num_cells:
            index = len(firsts)
            needs_results = self._proposer.needs_results
            if needs_results and index - self._spec.parallel >= self._num_ended:
                return
            known = index - self._spec.parallel + 1
            seen = [_seen(path, path.cell < known) for path in firsts] if needs_results else []
            params = self._new_cell(index, seen)
            if params is None:
                self.ended = (
                    f"the search ended after {index} of {self._spec.num_cells} cells: "
                    f"{_MAX_ATTEMPTS} proposals in a row existed already"
                )
            else:
                yield params

    def _new_cell(self, index: int, seen: Sequence[SeenCell]) -> Params | None:
        for attempt in range(_MAX_ATTEMPTS):
            proposed = self._proposer.propose(index, attempt, seen)
            params = {name: proposed[name] for name in self._spec.axes}
            identity = self._cell_id(params)
            if identity not in self._ids:
                self._ids.add(identity)
                return params
        return None


def _has_ended(path: Path) -> bool:
    return path.state.is_final or path.is_brought_back


def _seen(path: Path, is_known: bool) -> SeenCell:
    params = path.trial.params
    if not is_known:
        return SeenCell(params=params)
    if path.is_brought_back:
        return SeenCell(
            params=params, ending=TrialState.PRUNED, values=path.values[: path.pruned_at]
        )
    return SeenCell(params=params, ending=path.state, values=path.values)

"""Where a sampled search gets its next cell from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runner.tree.trial import TrialState

Params = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SeenCell:
    """What a proposer may know of an earlier cell; one without an ending counts as running."""

    params: Params
    ending: TrialState | None = None
    values: Sequence[float] = ()  # the objective after epochs 1, 2, …


class Proposer(Protocol):
    """Proposes cells; equal arguments get equal answers, whatever was asked before."""

    needs_results: bool

    def propose(self, index: int, attempt: int, seen: Sequence[SeenCell]) -> Params:
        """Return the parameters of cell `index` (from 0), given all cells before it.

        `attempt` counts from 0: a proposal that exists already is asked again with the next one.
        """

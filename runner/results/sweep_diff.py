"""Two sweeps, cell by cell."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm3.config import Acts, select
from lstm3.fingerprint import digest
from runner.results.significance import Comparison, Counts, Resamples, compare, planned
from runner.results.table import Trials
from runner.specs.spec_changes import differences
from runner.storage.origin import Origin, provenance_changes, spec_by_content
from runner.tree.path import Path


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same config and seed in two sweeps."""

    params: Mapping[str, Any]  # those that either sweep swept
    seed: int
    ours: Path
    theirs: Path
    comparison: Comparison | None  # of ours with theirs; None without the same sentences

    @property
    def difference(self) -> float | None:
        """Return by how much ours is better, in BLEU."""
        if not self.ours.values or not self.theirs.values:
            return None
        return max(self.ours.values) - max(self.theirs.values)


@dataclass(frozen=True, kw_only=True)
class SweepDiff:
    """What two sweeps have in common, best of ours first, and how many trials only one has."""

    names: tuple[str, str]
    varied: Sequence[str]  # swept keys that tell common trials apart
    pairs: Sequence[Pair]  # the best ones
    num_common: int
    only: tuple[int, int]
    reasons: Sequence[str]  # where spec, code or corpus differ


def differing(ours: Origin, theirs: Origin) -> Iterator[str]:
    """Yield where two sweeps differ beside the values that they sweep."""
    theirs_by_content, ours_by_content = (
        spec_by_content(each.spec, each.provenance.weights) for each in (theirs, ours)
    )
    yield from (f"spec: {line}" for line in differences(theirs_by_content, ours_by_content))
    yield from provenance_changes(theirs.provenance, ours.provenance)


def make_diff(
    ours: tuple[Origin, Trials],
    theirs: tuple[Origin, Trials],
    counts_of: Callable[[Path, bool], Counts | None],
    level: float,
    top: int | None = None,
) -> SweepDiff:
    """Return our sweep against theirs, the best `top` common trials compared (None: all).

    `counts_of` gives a trial's sentence counts (ours: True).
    """
    (our_origin, our_trials), (their_origin, their_trials) = ours, theirs
    names = dict.fromkeys((*our_trials.spec.axes, *their_trials.spec.axes))
    known = {_identity(path): path for path in their_trials.paths}
    ranked = sorted(our_trials.paths, key=lambda path: -max(path.values, default=0.0))
    common = [(path, other) for path in ranked if (other := known.get(_identity(path)))]
    resamples = functools.cache(Resamples)  # by the number of sentences
    return SweepDiff(
        names=(our_trials.spec.name, their_trials.spec.name),
        varied=[
            name
            for name in names
            if len({str(getattr(path.trial.config, name)) for path, _ in common}) > 1
        ],
        pairs=[
            Pair(
                params={name: getattr(path.trial.config, name) for name in names},
                seed=path.trial.seed,
                ours=path,
                theirs=other,
                comparison=_comparison(
                    counts_of(path, True), counts_of(other, False), level, resamples
                ),
            )
            for path, other in common[:top]
        ],
        num_common=len(common),
        only=(len(our_trials.paths) - len(common), len(their_trials.paths) - len(common)),
        reasons=list(differing(our_origin, their_origin)),
    )


def _identity(path: Path) -> str:
    """Return what two trials have in common if they are the same cell and seed."""
    config = dataclasses.replace(path.trial.config, weights=path.trial.weights)
    return digest([select(config, Acts.ON_EVERY_EPOCH, Acts.BY_SETTINGS), config.num_epochs])


def _comparison(
    ours: Counts | None,
    theirs: Counts | None,
    level: float,
    resamples: Callable[[int], Resamples],
) -> Comparison | None:
    """Return ours against theirs, if both translate the same sentences."""
    if ours is None or theirs is None or len(ours) != len(theirs):
        return None
    if not (ours[:, 1] == theirs[:, 1]).all():  # lengths of the references
        return None
    system, other = resamples(len(ours)).systems([ours, theirs])
    [found] = compare(other, [system], level, planned)
    return found

"""All that the page says, made from a sweep's tree and its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner import words
from runner.report.answer import answer
from runner.report.contrast import Contrasts
from runner.report.curves import learning_curves
from runner.report.effects_picture import effects_picture
from runner.report.expectation import expectation
from runner.report.landscape import Landscape, landscape
from runner.report.lines import CellLine, Line, cell_lines, trial_lines
from runner.report.look import Colours, Figure
from runner.report.thinning import thinned
from runner.report.tree_picture import tree_picture
from runner.results import phrases
from runner.results.caveats import caveats
from runner.results.cells import make_cells
from runner.results.confidence import Confidence
from runner.results.effects import effects
from runner.results.expected_best import HOW, READING, expected_best, spent
from runner.results.formats import swept_names
from runner.results.table import Row, Table, Trials
from runner.tree.path import Path
from runner.tree.trial import TrialState

MOST_ROWS = 800  # of a table
_MOST_CURVES = 60
_FEWEST_CURVES = 8
_MOST_POINTS = 8000  # epochs of all curves
_MOST_BRANCHES = 400  # trials in the picture of the epoch tree


@dataclass(frozen=True, kw_only=True)
class FinalistLine:
    """A row of the table of finalists: BLEU by seed."""

    params: Mapping[str, Any]
    is_baseline: bool
    validation: Sequence[float]
    scores: Sequence[float]  # on the sentences that give the answer


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the sweep's finals say, if it has some."""

    finalists: Sequence[FinalistLine] = ()
    split: str = ""  # of the sentences that they were compared on
    duels: Sequence[str] = ()  # sentences: the best finalist against each other one
    notes: Sequence[str] = ()

    @property
    def has_baseline(self) -> bool:
        return any(each.is_baseline for each in self.finalists)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What the template shows, in its order."""

    table: Table
    finals: Verdict
    answer: str  # of the sweep alone
    names: Sequence[str]  # swept keys, a column each
    num_seeds: int
    lines: Sequence[Line]
    notes: Sequence[str]  # how sure its order is
    cells: Sequence[CellLine]  # where there are several seeds
    num_cells: int
    cell_notes: Sequence[str]
    curves: Figure | None
    num_results: int  # trials that have one: there is nothing to draw of the others
    num_curves: int
    landscape: Landscape | None
    effects: Figure | None
    importances: Mapping[str, float]  # by swept key; none where there are too few trials
    interactions: Sequence[str]
    expectation: Figure | None
    how_expected: str  # above all, how pruned trials count
    how_to_read_expected: str
    tree: Figure | None
    num_branches: int
    contrasts: Contrasts
    failures: Sequence[tuple[str, str]]  # which trials, and why
    digests: Mapping[str, str]  # of what its epochs depend on
    environments: Sequence[str]  # where its epochs were trained
    spec: str  # as YAML, with every key spelled out
    commands: Mapping[str, str]  # command lines, by what they do

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Return those that there are, by the element of the page that holds each."""
        found = {
            "curves": self.curves,
            "landscape": self.landscape.figure if self.landscape else None,
            "effects": self.effects,
            "expectation": self.expectation,
            "tree": self.tree,
        }
        return {name: figure for name, figure in found.items() if figure is not None}

    @property
    def has_seeds(self) -> bool:
        return self.num_seeds > 1

    @property
    def has_baseline(self) -> bool:
        return any(line.to_baseline for line in self.lines)

    @property
    def has_cell_baseline(self) -> bool:
        return any(line.to_baseline for line in self.cells)

    @property
    def states(self) -> Mapping[str, int]:
        """Return how many trials are in each state that some are in."""
        counts = Counter(row.state for row in self.table.rows)
        return {state.value: counts[state] for state in TrialState if counts[state]}

    @property
    def worst(self) -> Row:
        """Return the trial with the lowest BLEU."""
        return [row for row in self.table.rows if row.bleu is not None][-1]


def make_content(
    tree: Trials,
    table: Table,
    confidence: Confidence | None,
    importances: Mapping[str, float],
    **given: Any,
) -> Content:
    """Return what is to be said of a sweep; `given` are the parts that are not in its tree."""
    by_number = {path.trial.number: path for path in tree.paths}
    rows = [row for row in table.rows if row.bleu is not None]
    longest = max((row.epochs for row in rows), default=1)
    most = min(_MOST_CURVES, max(_FEWEST_CURVES, _MOST_POINTS // longest))
    colours = Colours(rows)
    num_seeds = len({row.seed for row in table.rows})
    cells = make_cells(table.rows)
    seeded = cells if num_seeds > 1 else []
    curved = [by_number[row.number] for row in thinned(rows, most)]
    branched = [by_number[row.number] for row in thinned(rows, _MOST_BRANCHES)]
    return Content(
        table=table,
        answer=answer(table, tree.num_trials, confidence),
        names=swept_names(table.rows),
        num_seeds=num_seeds,
        lines=trial_lines(table, table.rows[:MOST_ROWS], colours, confidence),
        notes=list(caveats(confidence, is_by_cell=False)) if confidence else [],
        cells=cell_lines(table, seeded[:MOST_ROWS], confidence),
        num_cells=len(seeded),
        cell_notes=list(caveats(confidence, is_by_cell=True)) if confidence else [],
        curves=learning_curves(curved, colours) if curved else None,
        num_results=len(rows),
        num_curves=len(curved),
        landscape=landscape(cells, colours),
        effects=effects_picture(effects(table.swept_rows), importances, colours),
        importances=importances,
        expectation=expectation(expected_best(spent(table.swept_rows))),
        how_expected=HOW,
        how_to_read_expected=READING,
        tree=tree_picture(branched, table.sweep),
        num_branches=len(branched),
        failures=phrases.failures(table.rows),
        environments=_environments(tree.paths),
        **given,
    )


def _environments(paths: Sequence[Path]) -> Sequence[str]:
    found = {words.environment(result.environment) for path in paths for result in path.results}
    return sorted(found - {""})

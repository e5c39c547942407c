"""A running sweep as lines, for a stdout that is no terminal."""

from __future__ import annotations

from typing import IO, Self

from runner.execution.events import (
    EpochFinished,
    EpochProgressed,
    EpochStarted,
    Event,
    Refolded,
    SlotFreed,
    Unfolded,
)
from runner.results import phrases
from runner.results.tally import Tally
from runner.tree.unfold import Tree
from runner.views import news


class PlainView:
    """A line for each epoch that is finished, each trial that ends, and each warning."""

    def __init__(self, tree: Tree, file: IO[str]) -> None:
        self._file, self._tree = file, tree
        self._tally = Tally(tree)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Every line was written when it was said."""

    def show(self, event: Event) -> None:
        if isinstance(event, Unfolded):
            self._tally.note(event.moved)
            self._say(phrases.epochs(self._tally.epochs))
        elif isinstance(event, Refolded):
            self._tally = Tally(self._tree)
        elif isinstance(event, EpochFinished):
            lines = [*news.finished(event), *news.endings(self._tally.note(event.moved))]
            self._say(f"{self._tally.percent_done:3}% " + "\n     ".join(lines))
        elif not isinstance(event, EpochStarted | EpochProgressed | SlotFreed):
            self._say(news.notice(event))

    def _say(self, line: str) -> None:
        self._file.write(line + "\n")
        self._file.flush()

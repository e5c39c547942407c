"""What a sweep has come to, as the commands that wait for its end print it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.results.level import LEVEL

if TYPE_CHECKING:
    from runner.results.table import Table
    from runner.storage.origin import Origin
    from runner.storage.sweep_folder import SweepFolder
    from runner.tree.unfold import Tree


def show_table(
    folder: SweepFolder,
    origin: Origin,
    tree: Tree,
    *,
    top: int | None = None,
    level: float = LEVEL,
) -> Table:
    """Print a sweep's table with how sure it is, a row a cell, and return it."""
    from runner.results.sureness import confidence_of
    from runner.results.table import make_table
    from runner.views.terminal import TOP, make_console, result_table

    table = make_table(tree)
    confidence = confidence_of(folder, origin, tree, table, level)
    is_by_cell = len(origin.spec.seeds) > 1
    make_console().print(
        result_table(table, top or TOP, confidence=confidence, is_by_cell=is_by_cell)
    )
    return table

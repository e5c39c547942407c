"""How sure a sweep's table is, as far as its records tell."""

from __future__ import annotations

from runner.results.confidence import Confidence, make_confidence
from runner.results.sentence_counts import SentenceCounts
from runner.results.significance import Counts, Interval, Resamples, interval
from runner.results.table import Row, Table, Trials
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder, references
from runner.tree.path import Path


def sentence_counts(folder: SweepFolder, origin: Origin) -> SentenceCounts:
    """Return what BLEU counts in the sentences of a sweep's epochs."""
    return SentenceCounts(
        folder.store,
        folder.cache / "counts",
        origin.spec.base.bleu_tokenize,
        lambda: references(folder, origin),
    )


def interval_of(folder: SweepFolder, origin: Origin, path: Path) -> Interval | None:
    """Return where the BLEU of a trial's best epoch lies; None if its record does not tell."""
    if path.best_epoch is None:
        return None
    place = path.best_epoch - 1
    counts = sentence_counts(folder, origin).get(path.keys[place], path.values[place])
    return None if counts is None else interval(Resamples(len(counts)).system(counts).draws)


def confidence_of(
    folder: SweepFolder, origin: Origin, tree: Trials, table: Table, level: float
) -> Confidence | None:
    """Return how sure the order of a sweep's table is; None before there is a result."""
    counts = sentence_counts(folder, origin)
    paths = {path.trial.number: path for path in tree.paths}

    def counts_of(row: Row) -> Counts | None:
        assert row.best_epoch is not None, "a row with a result has a best epoch"
        assert row.bleu is not None, "likewise"
        return counts.get(paths[row.number].keys[row.best_epoch - 1], row.bleu)

    return make_confidence(table.rows, counts_of, level, table.baseline, table.picked)

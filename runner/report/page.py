"""Collects what a sweep's page says, and renders it."""

from __future__ import annotations

import datetime
import functools
import statistics
from collections.abc import Callable, Mapping
from typing import Any

from plotly.offline import get_plotlyjs

from lstm3.bleu import sentence_bleu
from lstm3.errors import UserError
from runner import words
from runner.invocation import invocation
from runner.models.final_answer import known_final_answer
from runner.models.samples import validation_outputs, validation_pairs
from runner.report.content import Content, FinalistLine, Verdict, make_content
from runner.report.contrast import Contrasts, contrasts
from runner.results import phrases
from runner.results.confidence import Confidence
from runner.results.finals import choose
from runner.results.importances import EVALUATOR, importances
from runner.results.interactions import interaction_lines, interactions
from runner.results.sureness import confidence_of
from runner.results.table import Table, Trials, make_table
from runner.specs.resolved_spec import write_spec
from runner.specs.spec import FINALS_SUFFIX
from runner.storage.origin import Origin, field_title
from runner.storage.sweep_folder import SweepFolder
from runner.templates import filled

_FILTERS: dict[str, Callable[..., Any]] = {
    "value": words.value,
    "bleu": words.bleu,
    "loss": words.loss,
    "brevity": words.brevity,
    "duration": words.duration,
    "epochs": phrases.epochs,
    "count": words.count,
    "mean": statistics.fmean,
    "deviation": statistics.stdev,
}


def make_page(
    folder: SweepFolder,
    origin: Origin,
    tree: Trials,
    *,
    level: float,
    seconds_to_next: int | None = None,
) -> str:
    """Return the page of a sweep, which loads itself anew after `seconds_to_next`."""
    table = make_table(tree)
    confidence = confidence_of(folder, origin, tree, table, level)
    content = make_content(
        tree,
        table,
        confidence,
        importances(origin.spec.axes, table.swept_rows),
        interactions=list(interaction_lines(interactions(table.swept_rows, level))),
        finals=_finals(folder, origin, table, confidence, level),
        contrasts=_contrasts(folder, origin, tree, table),
        digests=_digests(origin),
        spec=write_spec(origin.spec),
        commands=_commands(folder, origin, table),
    )
    return render(content, seconds_to_next)


def render(content: Content, seconds_to_next: int | None = None) -> str:
    """Return the content as HTML, with all that it needs in it."""
    return filled(
        "runner.report",
        "page.html",
        _FILTERS,
        content=content,
        table=content.table,
        evaluator=EVALUATOR,
        plotly=get_plotlyjs(),
        seconds_to_next=seconds_to_next,
        written=f"{datetime.datetime.now().astimezone():%Y-%m-%d %H:%M %Z}",
    )


def _finals(
    folder: SweepFolder,
    origin: Origin,
    table: Table,
    confidence: Confidence | None,
    level: float,
) -> Verdict:
    """Return what the sweep's finals say, or why they say nothing."""
    try:
        found = known_final_answer(folder, origin.spec, level)
    except UserError as error:
        return Verdict(notes=[f"the finals have no answer to show here: {error}"])
    if found is None:
        return Verdict()
    compared = [finalist.params for finalist in found.finalists]
    chosen = choose(table, confidence, origin.spec)
    is_outdated = len(chosen) != len(compared) or any(cell not in compared for cell in chosen)
    outdated = ["of the sweep as it is now, `finals` would compare other cells"]
    return Verdict(
        finalists=[
            FinalistLine(
                params=each.params,
                is_baseline=each.is_baseline,
                validation=each.validation,
                scores=[system.score for system in each.systems],
            )
            for each in found.finalists
        ],
        split=found.split,
        duels=found.duels,
        notes=[*found.notes, *(outdated if is_outdated else [])],
    )


def _contrasts(folder: SweepFolder, origin: Origin, tree: Trials, table: Table) -> Contrasts:
    """Return sentences of the best and the worst trial, as each translates them at its best.

    None where the corpus or their records are damaged or gone.
    """
    done = [row for row in table.rows if row.bleu is not None]
    if len(done) < 2:
        return Contrasts()
    by_number = {path.trial.number: path for path in tree.paths}
    best, worst = (
        validation_outputs(folder, by_number[row.number].best_key) for row in (done[0], done[-1])
    )
    pairs = validation_pairs(folder, origin)
    if not (best and worst and pairs):
        return Contrasts()
    sources, references = zip(*pairs, strict=True)
    score = functools.partial(sentence_bleu, tokenize=origin.spec.base.bleu_tokenize)
    return contrasts(sources, references, best, worst, score)


def _digests(origin: Origin) -> Mapping[str, str]:
    """Return what the epochs depend on beside their configs, as hashes and versions."""
    provenance = origin.provenance
    return {
        field_title("code"): provenance.code,
        field_title("corpus"): provenance.corpus,
        **{f"weights {path}": digest for path, digest in provenance.weights.items()},
        field_title("device_type"): provenance.device_type,
        field_title("torch"): provenance.torch,
    }


def _commands(folder: SweepFolder, origin: Origin, table: Table) -> Mapping[str, str]:
    """Return the command lines that make it again, by what they do."""
    best = next((str(row.number) for row in table.rows if row.bleu is not None), "0")
    lines = {
        "run it again, or carry it on": ["sweep", str(folder.spec_path), "--name", folder.name],
        "its table": ["table", folder.name],
        "what each parameter did": ["table", folder.name, "--effects"],
        "one trial with its curve and samples": ["show", folder.name, best],
        "train that trial from nothing: does it come out the same?": ["rerun", folder.name, best],
        "take the best model away": ["export", folder.name, "model"],
    }
    finals = SweepFolder(results=folder.results, name=folder.name + FINALS_SUFFIX)
    if origin.spec.finals or finals.path.exists():
        lines["its best cells with more seeds"] = ["finals", folder.name]
    return {what: invocation(folder.results, *line) for what, line in lines.items()}

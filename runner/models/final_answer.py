"""What a sweep's finals answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm3.bleu import SentenceCounter
from lstm3.corpus import read_corpus
from lstm3.errors import ConfigError
from runner import words
from runner.execution.preparation import Corpora, make_outcomes, make_tree
from runner.models.held_out import HeldOut
from runner.results.finals import Finalist, duels, ranked, reservations, sentence
from runner.results.significance import FEW_SENTENCES, Resamples, System
from runner.specs.spec import FINALS_SUFFIX, Spec
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tree.path import Path
from runner.tree.trial import TrialState
from runner.tree.unfold import Tree, unfold


@dataclass(frozen=True, kw_only=True)
class FinalAnswer:
    """The finalists, and what they say."""

    finalists: Sequence[Finalist]  # best on validation first
    split: str  # of the sentences that they were compared on
    duels: Sequence[str]  # the first finalist against each other one
    notes: Sequence[str]  # what else is to be known of it


def make_final_answer(
    finals: SweepFolder,
    origin: Origin,
    tree: Tree,
    corpora: Corpora,
    *,
    sweep: Spec,
    level: float,
    may_translate: bool,
) -> FinalAnswer:
    """Return what finals answer that are complete; `sweep` is the spec of the sweep before them.

    Raises StateError if the test set must be translated and that may not be, or cannot.
    """
    text = corpora.text
    pairs, split = (text.test, "test") if text.test else (text.valid, "validation")
    hypotheses = _hypotheses(finals, origin, corpora, may_translate)
    counter = SentenceCounter(pairs.trg, tree.spec.base.bleu_tokenize)
    resamples = Resamples(len(pairs.src))

    def system(path: Path) -> System:
        return resamples.system(np.array(counter.counts(hypotheses(path)), np.int32))

    finalists = ranked(_finalists(tree, sweep.of_base() if sweep.baseline else None, system))
    return FinalAnswer(
        finalists=finalists,
        split=split,
        duels=[sentence(duel, split, len(pairs.src)) for duel in duels(finalists, level)],
        notes=list(_notes(split, len(pairs.src), sweep.seeds, tree.spec.seeds)),
    )


def known_final_answer(folder: SweepFolder, sweep: Spec, level: float) -> FinalAnswer | None:
    """Return what a sweep's finals have answered, with nothing trained or translated for it.

    None where there were none. Raises UserError where they have no answer yet, or no more.
    """
    finals = SweepFolder(results=folder.results, name=folder.name + FINALS_SUFFIX)
    origin = finals.load()
    if origin is None:
        return None
    text = read_corpus(origin.spec.corpus)
    if text.digest != origin.provenance.corpus:
        raise ConfigError(f"{finals.name}: the corpus text has changed since")
    tree = make_tree(origin.spec, origin.provenance, finals.decisions.all())
    unfold(tree, make_outcomes(finals, origin.spec, lambda: text.valid.trg))
    if any(path.state is not TrialState.COMPLETE for path in tree.paths):
        raise ConfigError(f"{finals.name}: not every trial is complete; `finals` carries them on")
    return make_final_answer(
        finals,
        origin,
        tree,
        Corpora(text, finals.corpora),
        sweep=sweep,
        level=level,
        may_translate=False,
    )


def _hypotheses(
    finals: SweepFolder, origin: Origin, corpora: Corpora, may_translate: bool
) -> Callable[[Path], Sequence[str]]:
    """Return what gives a trial's translations at its best epoch."""
    if corpora.text.test is None:
        return lambda path: finals.store.hypotheses(path.best_key)
    device = origin.provenance.device_type
    held_out = HeldOut(finals, corpora.folder, corpora.text.test, device)
    return held_out.hypotheses if may_translate else held_out.known


def _finalists(
    tree: Tree, baseline: Mapping[str, Any] | None, system: Callable[[Path], System]
) -> Iterator[Finalist]:
    for cell in tree.spec.cells:
        paths = [path for path in tree.paths if path.trial.params == cell]
        yield Finalist(
            params=cell,
            is_baseline=cell == baseline,
            validation=[max(path.values) for path in paths],
            systems=[system(path) for path in paths],
        )


def _notes(
    split: str, num_sentences: int, choosing: Sequence[int], seeds: Sequence[int]
) -> Iterator[str]:
    if split == "validation":
        yield "there is no test set: these are the sentences that chose epochs and cells"
    yield from reservations(choosing, seeds)
    yield "t test over seeds and sentences, Holm over all pairs; best epochs by validation BLEU"
    if num_sentences < FEW_SENTENCES:
        yield words.few_sentences(num_sentences)

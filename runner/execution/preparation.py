"""From a spec to what a sweep needs before its first epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm3.checkpoint import weights_file
from lstm3.config import Config
from lstm3.corpus import CorpusText
from lstm3.errors import ConfigError
from lstm3.fingerprint import Provenance, code_digest, file_digest, first_key, torch_version
from runner.specs.spec import Spec
from runner.storage.outcomes import RecordedOutcomes
from runner.storage.sweep_folder import SweepFolder
from runner.tree.judges import make_proposer, make_pruner
from runner.tree.path import Path as TrialPath
from runner.tree.trial import Decision
from runner.tree.unfold import Tree


class Corpora:
    """One corpus, encoded on demand for every vocabulary that a sweep's configs ask for."""

    def __init__(self, text: CorpusText, cache: Path) -> None:
        self.text = text
        self._cache = cache
        self._folders: dict[tuple[int, int], Path] = {}

    def folder(self, config: Config) -> Path:
        """Return the folder of the corpus encoded as `config` wants it."""
        from lstm3.encoding import prepare

        wanted = (config.min_freq_src, config.min_freq_trg)
        if wanted not in self._folders:
            self._folders[wanted] = prepare(
                self.text, min_freq_src=wanted[0], min_freq_trg=wanted[1], cache=self._cache
            )
        return self._folders[wanted]

    def names(self, paths: Iterable[TrialPath]) -> tuple[str, ...]:
        """Return the names of the folders that were asked for, and of those of these trials."""
        for path in paths:
            self.folder(path.trial.config)
        return tuple(folder.name for folder in self._folders.values())


def make_provenance(spec: Spec, corpus: CorpusText, device_type: str) -> Provenance:
    """Return what the spec's epochs depend on beside their configs.

    Raises ConfigError if it names the same pretrained weights twice.
    """
    return Provenance(
        code=code_digest(),
        corpus=corpus.digest,
        weights=_digests(spec),
        device_type=device_type,
        torch=torch_version(),
    )


def _digests(spec: Spec) -> Mapping[str, str]:
    digests = {path: file_digest(weights_file(Path(path))) for path in spec.weights}
    paths = {digest: path for path, digest in digests.items()}
    problems = [
        f"{spec.name}: weights: {path} and {paths[digest]} are the same; keep one"
        for path, digest in digests.items()
        if path != paths[digest]
    ]
    if problems:
        raise ConfigError(problems)
    return digests


def make_tree(spec: Spec, provenance: Provenance, decisions: Mapping[str, Decision]) -> Tree:
    """Return the tree of a sweep before any outcome is known."""
    return Tree(
        spec,
        lambda config: first_key(config, provenance),
        make_pruner(spec.prune),
        make_proposer(spec),
        decisions,
        provenance.weights,
    )


def restart(tree: Tree, decisions: Mapping[str, Decision]) -> None:
    """Begin a tree anew, under other decisions."""
    tree.restart(make_pruner(tree.spec.prune), make_proposer(tree.spec), decisions)


def make_outcomes(
    folder: SweepFolder,
    spec: Spec,
    references: Callable[[], Sequence[str]],
    *,
    mend: bool = False,
) -> RecordedOutcomes:
    """Return what the store knows, with BLEU as the spec wants it.

    `references` gives the validation references, should a score be missing. Who is to `mend` the
    store also looks for damage, and takes it out of the way.
    """

    def rescore(hypotheses: Sequence[str], tokenize: str) -> Mapping[str, Any]:
        from lstm3.bleu import score

        return dataclasses.asdict(score(hypotheses, references(), tokenize))

    tokenize = spec.base.bleu_tokenize
    return RecordedOutcomes(folder.store, tokenize, rescore, folder.given_up, mend=mend)

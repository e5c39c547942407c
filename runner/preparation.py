"""From a spec to what a sweep needs before its first epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm3.config import Config
from lstm3.corpus import CorpusText, read_corpus
from lstm3.encoding import prepare
from lstm3.errors import ConfigError
from lstm3.fingerprint import Provenance, code_digest, first_key, torch_version
from lstm3.weights import weights_digest
from runner.outcomes import RecordedOutcomes
from runner.spec import Choices, Spec
from runner.sweep_folder import Origin, SweepFolder
from runner.unfold import Tree


class Corpora:
    """One corpus, encoded on demand for every vocabulary that a sweep's configs ask for."""

    def __init__(self, text: CorpusText, cache: Path) -> None:
        self._text, self._cache = text, cache
        self._folders: dict[tuple[int, int], Path] = {}

    def folder(self, config: Config) -> Path:
        """Return the folder of the corpus encoded as `config` wants it."""
        wanted = (config.min_freq_src, config.min_freq_trg)
        if wanted not in self._folders:
            self._folders[wanted] = prepare(
                self._text, min_freq_src=wanted[0], min_freq_trg=wanted[1], cache=self._cache
            )
        return self._folders[wanted]

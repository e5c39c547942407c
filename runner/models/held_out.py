"""The test set as trials translate it: only where it was asked for, and remembered."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from lstm3.config import Config, core
from lstm3.corpus import ParallelText
from lstm3.durable import write_durably
from lstm3.encoding import load_encoded
from lstm3.errors import StateError
from lstm3.fingerprint import digest
from runner.models.best_weights import best_weights
from runner.storage.sweep_folder import SweepFolder
from runner.tree.path import Path

if TYPE_CHECKING:
    from lstm3.model_folder import TrainedModel


class HeldOut:
    """Translations of the test set by trials' best epochs, kept in the sweep's folder.

    `encoded` gives the folder of the corpus as a config wants it.
    """

    def __init__(
        self,
        folder: SweepFolder,
        encoded: Callable[[Config], FilePath],
        text: ParallelText,
        device: str,
    ) -> None:
        self._folder, self._encoded, self._text, self._device = folder, encoded, text, device

    def hypotheses(self, path: Path) -> Sequence[str]:
        """Return what a trial makes of the test sentences at the epoch best on validation.

        Raises StateError if the weights of that epoch are gone or damaged.
        """
        file = self._file(path)
        known = _read(file, self._digest)
        if known is not None:
            return known
        from lstm3.translate import translate_lines

        found = translate_lines(self._model(path), self._text.src)
        file.parent.mkdir(parents=True, exist_ok=True)
        content = {"digest": digest([self._digest, found]), "hypotheses": found}
        write_durably(file, json.dumps(content, ensure_ascii=False) + "\n")
        return found

    def known(self, path: Path) -> Sequence[str]:
        """Return the same, without translating; raises StateError if that was never done."""
        found = _read(self._file(path), self._digest)
        if found is None:
            what = f"trial #{path.trial.number} has no translations of this test set"
            raise StateError(f"{self._folder.name}: {what}; `finals` makes them")
        return found

    def _file(self, path: Path) -> FilePath:
        return self._folder.path / "test" / f"{path.best_key}.json"

    @functools.cached_property
    def _digest(self) -> str:
        return digest([self._text.src, self._text.trg])

    def _model(self, path: Path) -> TrainedModel:
        from lstm3.device import find_device
        from lstm3.model import LSTM_3
        from lstm3.model_folder import TrainedModel
        from lstm3.weights import fill, read_tensors

        config = path.trial.config
        file = self._weights(path)
        corpus = load_encoded(self._encoded(config))
        device = find_device(self._device)
        model = LSTM_3(core(config), len(corpus.src_vocab), len(corpus.trg_vocab)).to(device)
        tensors, _ = read_tensors(file)
        fill(model, tensors, file)
        return TrainedModel(
            model=model, config=config, src_vocab=corpus.src_vocab, trg_vocab=corpus.trg_vocab
        )

    def _weights(self, path: Path) -> FilePath:
        found = best_weights(self._folder, path)
        if found is None:
            raise StateError(
                f"{self._folder.trial_path(path.trial.id)}: the weights of epoch "
                f"{path.best_epoch} are gone or damaged; the same sweep with a larger num_epochs "
                "trains them again"
            )
        return found


def _read(file: FilePath, text: str) -> list[str] | None:
    """Return remembered translations, unless they are damaged or of another text."""
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
        hypotheses: list[str] = content["hypotheses"]
        is_whole = content["digest"] == digest([text, hypotheses])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return hypotheses if is_whole else None

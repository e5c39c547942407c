"""What a model that is taken away says of itself, as Markdown."""

from __future__ import annotations

import dataclasses
from pathlib import Path as FilePath
from typing import Any

from lstm3.config import Config
from runner import words
from runner.models.export import Model
from runner.results.significance import RESAMPLES, Interval
from runner.storage.origin import Origin
from runner.templates import filled

_ID_LENGTH = 8
_FILTERS = {
    "bleu": words.bleu,
    "brevity": words.brevity,
    "loss": words.loss,
    "value": words.value,
}


def model_card(
    model: Model, origin: Origin, interval: Interval | None, *, num_trials: int, license_name: str
) -> str:
    """Return the card of a trial's best epoch, whose BLEU lies in `interval`."""
    path, corpus = model.path, model.corpus
    result = path.best
    assert result is not None, "it has a model"
    trial_name = path.trial.id[:_ID_LENGTH]  # its number changes as the grid grows
    return filled(
        "runner.models",
        "model_card.md",
        _FILTERS,
        name=f"{origin.spec.name}, trial {trial_name}",
        license=license_name,
        sweep=origin.spec.name,
        trial_name=trial_name,
        epoch=path.best_epoch,
        result=result,
        interval=interval,
        num_resamples=RESAMPLES,
        num_sentences=len(corpus.valid_src),
        num_trials=num_trials,
        num_src=len(corpus.src_vocab),
        num_trg=len(corpus.trg_vocab),
        corpus=_corpus(origin),
        changed=_changed(path.trial.config),
        environment=words.environment(result.environment),
        provenance=origin.provenance,
    )


def _corpus(origin: Origin) -> str:
    corpus = origin.spec.corpus
    if isinstance(corpus, str):
        return f"The corpus `{corpus}`."
    names = {split: [FilePath(file).name for file in files] for split, files in corpus.items()}
    return "\n".join(f"- {split}: `{src}`, `{trg}`" for split, (src, trg) in names.items())


def _changed(config: Config) -> dict[str, Any]:
    found, default = dataclasses.asdict(config), dataclasses.asdict(Config())
    return {name: value for name, value in found.items() if value != default[name]}

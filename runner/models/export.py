"""A trial's model taken away: a folder that needs neither the sweep nor its store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath

from lstm3.durable import write_durably
from lstm3.encoding import EncodedCorpus, load_encoded
from lstm3.errors import ConfigError, StateError
from lstm3.model_folder import save_model
from lstm3.weights import read_tensors
from runner.models.best_weights import best_weights
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tree.path import Path

CARD = "README.md"


@dataclass(frozen=True, kw_only=True)
class Model:
    """The weights of a trial's best epoch, and the corpus whose vocabularies they belong to."""

    path: Path
    weights: FilePath
    corpus: EncodedCorpus


def find_model(folder: SweepFolder, origin: Origin, path: Path) -> Model:
    """Return the model of a trial's best epoch.

    Raises ConfigError if its weights are neither in the store nor in the trial's folder.
    """
    number, epoch = path.trial.number, path.best_epoch
    if epoch is None:
        raise ConfigError(f"{folder.name}: trial #{number} has no epoch yet")
    weights = best_weights(folder, path)
    if weights is not None:
        return Model(path=path, weights=weights, corpus=_corpus(folder, origin, weights))
    values = [f"{name}={value}" for name, value in path.trial.params.items()]
    again = " ".join(["python -m runner sweep", str(folder.spec_path), *values])
    raise ConfigError(
        f"{folder.name}: the weights of trial #{number} after epoch {epoch} are neither in the "
        f"store nor in {folder.trial_path(path.trial.id)}; to train them again: "
        f"{again} --results again; then export from there"
    )


def _corpus(folder: SweepFolder, origin: Origin, weights: FilePath) -> EncodedCorpus:
    """Return the encoded corpus with the vocabularies of these weights."""
    _, metadata = read_tensors(weights)
    others = sorted(entry.name for entry in folder.corpora.iterdir() if entry.is_dir())
    for name in dict.fromkeys([*origin.encoded, *others]):
        try:
            corpus = load_encoded(folder.corpora / name)
        except StateError:
            continue
        if corpus.vocab_digest == metadata.get("vocab"):
            return corpus
    raise ConfigError(
        f"{folder.corpora}: no corpus there has the vocabularies of {weights}; the command "
        "that trained them encodes it again"
    )


def export(model: Model, card: str, target: FilePath) -> None:
    """Write a model folder with a card; the weights come last, so a folder with weights is whole.

    Raises ConfigError if there is something at `target`.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise ConfigError(f"{target}: is not empty; expected a new folder")
    except OSError as error:
        raise ConfigError(f"{target}: {error.strerror}; expected a new folder") from None
    tensors, _ = read_tensors(model.weights)
    write_durably(target / CARD, card)
    save_model(target, tensors, model.path.trial.config, model.corpus)

"""What a trial makes of some validation sentences."""

from __future__ import annotations

from collections.abc import Sequence

from lstm3.bleu import sentence_bleu
from lstm3.config import Config
from lstm3.errors import UserError
from runner.results.history import Sample
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder, encoded_corpus
from runner.tree.path import Path


def best_samples(folder: SweepFolder, origin: Origin, path: Path) -> Sequence[Sample]:
    """Return the first sentences of the validation set as a trial's best epoch translates them.

    `num_samples` of the trial's config says how many. There are none if the validation set or the
    translations are damaged; the next start of the sweep mends that.
    """
    if path.best_epoch is None:
        return []
    config = path.trial.config
    pairs = validation_pairs(folder, origin)[: config.num_samples]
    outputs = validation_outputs(folder, path.best_key)
    return [
        Sample(
            source=source,
            reference=reference,
            output=output,
            bleu=sentence_bleu(output, reference, config.bleu_tokenize),
        )
        for (source, reference), output in zip(pairs, outputs, strict=False)
    ]


def epoch_samples(
    folder: SweepFolder, origin: Origin, keys: Sequence[str], config: Config
) -> Sequence[tuple[int, str, str, str]]:
    """Return (epoch, source, reference, output) of each epoch whose samples are to be shown.

    `num_samples` and `samples_every` of a trial's config say which. Epochs whose translations
    cannot be read are left out.
    """
    pairs = validation_pairs(folder, origin)[: config.num_samples]
    return [
        (epoch, *pair, output)
        for epoch, key in enumerate(keys, start=1)
        if epoch % config.samples_every == 0
        for pair, output in zip(pairs, validation_outputs(folder, key), strict=False)
    ]


def validation_pairs(folder: SweepFolder, origin: Origin) -> Sequence[tuple[str, str]]:
    """Return the sentences of the validation set; none if they cannot be read."""
    corpus = encoded_corpus(folder, origin)
    if corpus is None:
        return []
    return list(zip(corpus.valid_src, corpus.valid_trg, strict=True))


def validation_outputs(folder: SweepFolder, key: str) -> Sequence[str]:
    """Return what an epoch made of the validation set; nothing if that cannot be read."""
    try:
        return folder.store.hypotheses(key)
    except UserError:
        return []

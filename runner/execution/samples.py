"""What a trial makes of some validation sentences."""

from __future__ import annotations

from collections.abc import Sequence

from lstm3.bleu import sentence_bleu
from lstm3.config import Config
from lstm3.encoding import is_whole, load_encoded
from lstm3.errors import UserError
from runner.storage.sweep_folder import Origin, SweepFolder
from runner.tree.history import Sample
from runner.tree.path import Path


def best_samples(folder: SweepFolder, origin: Origin, path: Path) -> Sequence[Sample]:
    """Return the first sentences of the validation set as a trial's best epoch translates them.

    `num_samples` of the trial's config says how many. There are none if the validation set or the
    translations are damaged; the next start of the sweep mends that.
    """
    encoded = folder.corpora / origin.encoded
    if path.best_epoch is None or not is_whole(encoded):
        return []
    corpus = load_encoded(encoded)
    outputs = folder.store.hypotheses(path.keys[path.best_epoch - 1])
    config = path.trial.config
    lines = zip(corpus.valid_src, corpus.valid_trg, outputs, strict=True)
    return [
        Sample(
            source=source,
            reference=reference,
            output=output,
            bleu=sentence_bleu(output, reference, config.bleu_tokenize),
        )
        for (source, reference, output), _ in zip(lines, range(config.num_samples), strict=False)
    ]


def epoch_samples(
    folder: SweepFolder, origin: Origin, keys: Sequence[str], config: Config
) -> Sequence[tuple[int, str, str, str]]:
    """Return (epoch, source, reference, output) of each epoch whose samples are to be shown.

    `num_samples` and `samples_every` of a trial's config say which. Epochs whose translations
    cannot be read are left out.
    """
    encoded = folder.corpora / origin.encoded
    if not is_whole(encoded):
        return []
    corpus = load_encoded(encoded)
    lines = list(zip(corpus.valid_src, corpus.valid_trg, strict=True))[: config.num_samples]
    found = []
    for epoch, key in enumerate(keys, start=1):
        if epoch % config.samples_every == 0:
            try:
                outputs = folder.store.hypotheses(key)
            except UserError:
                continue
            found += [(epoch, *line, out) for line, out in zip(lines, outputs, strict=False)]
    return found

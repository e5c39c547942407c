"""The corpora that benchmarks train on, each with a config that suits it."""

from __future__ import annotations

from pathlib import Path

from lstm3.config import Config
from lstm3.corpus import read_corpus
from lstm3.encoding import EncodedCorpus, load_encoded, prepare

SMALL = Config(embedding_dim=64, hidden_size=128, num_layers=1, batch_size=64)


def load(source: str, cache: Path) -> tuple[Config, EncodedCorpus]:
    """Return a corpus, encoded, and the config that suits it."""
    config = SMALL if source == "demo" else Config()
    text = (
        source
        if source == "demo"
        else {
            split: (f"{source}/{name}.de", f"{source}/{name}.en")
            for split, name in (("train", "train"), ("valid", "val"))
        }
    )
    folder = prepare(
        read_corpus(text),
        min_freq_src=config.min_freq_src,
        min_freq_trg=config.min_freq_trg,
        cache=cache,
    )
    return config, load_encoded(folder)

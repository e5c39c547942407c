"""The demo corpus: German and English sentences from a small grammar, the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from lstm3.demo.sentences import Sentences

SIZES: Mapping[str, int] = {"train": 4000, "valid": 300, "test": 300}  # sentence pairs
_SEED = 20
_LENGTHS = range(3, 26)  # words


def demo_corpus() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return (German lines, English lines) for each of train, valid and test.

    No line occurs twice on its side, in one split or in two.
    """
    sentences = Sentences.seeded(_SEED)
    pairs: dict[str, str] = {}  # English by German
    seen = set[str]()
    while len(pairs) < sum(SIZES.values()):
        in_german, in_english = sentences.draw()
        fits = all(len(line.split()) in _LENGTHS for line in (in_german, in_english))
        if fits and in_german not in pairs and in_english not in seen:
            pairs[in_german] = in_english
            seen.add(in_english)
    german, english = tuple(pairs), tuple(pairs.values())
    corpus = {}
    start = 0
    for split, size in SIZES.items():
        corpus[split] = german[start : start + size], english[start : start + size]
        start += size
    return corpus

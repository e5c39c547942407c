"""The tokens that one side of a model knows, as ids."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lstm3.durable import write_durably
from lstm3.errors import StateError
from lstm3.fingerprint import digest

UNK, PAD, BOS, EOS, NUM, SUB = range(6)
SPECIALS = ("<UNK>", "<PAD>", "<BOS>", "<EOS>", "<NUM>", "<SUB>")
PLACEHOLDERS = (NUM, SUB)  # stand for a token that comes back from the source

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class Vocab:
    """Ids of known tokens; the specials come first.

    A number travels as <NUM>. A token with a digit that is not known travels as <SUB>, any other
    unknown one as <UNK>. Text cannot name a special: a tokenizer cuts "<PAD>" into three tokens.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        """Make the vocabulary of `tokens`, which are distinct and hold no special."""
        self.tokens = tuple(tokens)
        self._ids: Mapping[str, int] = {
            token: index for index, token in enumerate(self.tokens, start=len(SPECIALS))
        }

    @staticmethod
    def build(sentences: Iterable[Sequence[str]], min_freq: int) -> Vocab:
        """Return the vocabulary of tokens that occur at least `min_freq` times, by frequency."""
        counts = Counter(token for sentence in sentences for token in sentence)
        known = [
            (-count, token)
            for token, count in counts.items()
            if count >= min_freq and not _NUMBER.fullmatch(token)
        ]
        return Vocab([token for _, token in sorted(known)])

    def __len__(self) -> int:
        """Return the number of ids, specials included."""
        return len(SPECIALS) + len(self.tokens)

    @property
    def digest(self) -> str:
        """Return a hash of what every id means."""
        return digest(self.tokens)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Return the id of each token."""
        return [self._id(token) for token in tokens]

    def decode(
        self, ids: Sequence[int], src_tokens: Sequence[str], sources: Sequence[int]
    ) -> list[str]:
        """Return the token of each id.

        Where an id stands for a number or rare token and `sources` has its position in the source,
        from 0, that is the source's token; where it has -1, the special stays to be seen.
        """
        return [
            src_tokens[source] if index in PLACEHOLDERS and source >= 0 else self._token(index)
            for index, source in zip(ids, sources, strict=True)
        ]

    def save(self, path: Path) -> None:
        """Write the tokens durably, as JSON."""
        write_durably(path, json.dumps(self.tokens, ensure_ascii=False, indent=0) + "\n")

    @staticmethod
    def load(path: Path) -> Vocab:
        """Return the vocabulary in a file; raises StateError if there is none."""
        try:
            tokens = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}; expected a vocabulary") from None
        except ValueError as error:
            raise StateError(f"{path}: {error}; expected a JSON list of tokens") from None
        is_list = isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)
        if not is_list or len(set(tokens)) < len(tokens):
            raise StateError(f"{path}: expected a JSON list of distinct tokens")
        return Vocab(tokens)

    def _id(self, token: str) -> int:
        if _NUMBER.fullmatch(token):
            return NUM
        known = self._ids.get(token)
        if known is not None:
            return known
        return SUB if any(character.isdigit() for character in token) else UNK

    def _token(self, index: int) -> str:
        return SPECIALS[index] if index < len(SPECIALS) else self.tokens[index - len(SPECIALS)]


def digest_of_pair(src: Vocab, trg: Vocab) -> str:
    """Return a hash of what the ids of both sides of a model mean."""
    return digest([src.digest, trg.digest])

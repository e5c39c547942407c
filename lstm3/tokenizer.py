"""Text to tokens and back, exactly, for raw text and for text that comes tokenised.

A token is a word, a number, or a mark (punctuation, a clitic such as 's, an HTML entity). Marks
carry a joiner on each side where the text had no space, as in "dog￭," so that nothing about a
language must be known to put the tokens together again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

NAME = "joiner-1"  # of this way to cut text; a change that cuts otherwise gets another name
JOINER = "￭"

_TOKEN = re.compile(
    r"(?P<word>\d+(?:[.,:]\d+)*(?!\w)|\w+(?:-\w+)*)"
    r"|(?:(?<=\w)['’]|&apos;)\w+"  # a clitic
    r"|&\w+;"  # an HTML entity
    r"|(?P<mark>[^\w\s])(?P=mark)*"
)


def tokenize(text: str) -> list[str]:
    """Return the tokens of a line of text; its case is kept, its white space is not."""
    tokens: list[str] = []
    end = -1
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match.start() == end:
            if match["word"]:
                tokens[-1] += JOINER  # a word never touches a word, so this is a mark
            else:
                token = JOINER + token
        tokens.append(token)
        end = match.end()
    return tokens


def detokenize(tokens: Sequence[str]) -> str:
    """Return the text of which `tokenize` makes these tokens.

    A model's own may join what is not there, as at the end of a sentence; that joins nothing.
    """
    joined = " ".join(tokens).replace(f" {JOINER}", "").replace(f"{JOINER} ", "")
    return joined.replace(JOINER, "")

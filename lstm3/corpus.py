"""Parallel text: one sentence a line, two files a split, checked before anything is made of it."""

from __future__ import annotations

import difflib
import functools
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lstm3.config import describe
from lstm3.errors import CorpusError
from lstm3.fingerprint import digest
from lstm3.input_file import read_file

KNOWN_CORPORA = ("demo",)
SPLITS = ("train", "valid", "test")

_MOST_LINES = 5  # that are named for one file
_LONGEST_LINE = 100_000  # characters; validation translates every line, however long

CorpusSource = str | Mapping[str, tuple[str, str]]  # a known name, or files by split


@dataclass(frozen=True, kw_only=True)
class ParallelText:
    """Sentences and their translations, in order."""

    src: tuple[str, ...]
    trg: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CorpusText:
    """The text of a corpus, as it is."""

    train: ParallelText
    valid: ParallelText
    test: ParallelText | None

    @functools.cached_property
    def digest(self) -> str:
        """Return the hash of the text that training and validation see."""
        return digest([self.train.src, self.train.trg, self.valid.src, self.valid.trg])


def read_corpus(source: CorpusSource) -> CorpusText:
    """Return the text of a corpus: a known one, or that of files, plain or gzip (".gz").

    Raises CorpusError with a line for every problem.
    """
    if isinstance(source, str):
        return _known(source)
    problems: list[str] = []
    splits = {}
    for split, files in source.items():
        try:
            splits[split] = read_pairs(files)
        except CorpusError as error:
            problems += error.problems
    if problems:
        raise CorpusError(problems)
    return CorpusText(train=splits["train"], valid=splits["valid"], test=splits.get("test"))


def parse_source(value: object, folder: Path) -> tuple[CorpusSource, list[tuple[str, str]]]:
    """Return (the corpus that a config's value names, problems as (split or "", what is wrong)).

    Relative paths are taken from `folder`. Whether files are there is not looked at.
    """
    if isinstance(value, str):
        return value, [] if value in KNOWN_CORPORA else [("", _unknown(value))]
    if not isinstance(value, dict):
        expected = "a known corpus such as demo, or {train: [source file, target file], valid: […]}"
        return "", [("", f"found {describe(value)}; expected {expected}")]
    problems = [
        (split, f"unknown split; expected {', '.join(SPLITS)}")
        for split in value
        if split not in SPLITS
    ]
    files: dict[str, tuple[str, str]] = {}
    for split in SPLITS:
        pair = value.get(split)
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(f, str) for f in pair):
            files[split] = (str(folder / pair[0]), str(folder / pair[1]))
        elif split in value or split != "test":
            expected = "[source file, target file]"
            problems.append((split, f"found {describe(pair)}; expected {expected}"))
    return files, problems


def _unknown(name: str) -> str:
    """Return the message for a corpus that is not known, with the nearest one."""
    nearest = difflib.get_close_matches(name, KNOWN_CORPORA, n=1, cutoff=0.4)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"known: {', '.join(KNOWN_CORPORA)}"
    return f"{describe(name)} is no known corpus; {hint}"


def _known(name: str) -> CorpusText:
    if name not in KNOWN_CORPORA:
        raise CorpusError(_unknown(name))
    from lstm3.demo import demo_corpus

    splits = {split: ParallelText(src=src, trg=trg) for split, (src, trg) in demo_corpus().items()}
    return CorpusText(train=splits["train"], valid=splits["valid"], test=splits["test"])


def read_pairs(files: tuple[str, str]) -> ParallelText:
    """Return the sentences in a source file and their translations in a target file.

    Raises CorpusError with a line for every problem.
    """
    problems: list[str] = []
    sides = []
    for file in files:
        try:
            lines = read_lines(Path(file))
        except CorpusError as error:
            problems += error.problems
        else:
            problems += _no_sentences(file, lines)
            sides.append(lines)
    if len(sides) == 2 and len(sides[0]) != len(sides[1]):
        problems.append(
            f"{files[0]}: found {len(sides[0]):,} lines, and {len(sides[1]):,} in {files[1]}; "
            "expected as many in both"
        )
    if problems:
        raise CorpusError(problems)
    return ParallelText(src=sides[0], trg=sides[1])


def _no_sentences(file: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) > _LONGEST_LINE:
            limit = f"expected a sentence of at most {_LONGEST_LINE:,}"
            yield f"{file}:{number}: the line has {len(line):,} characters; {limit}"
            break
    blank = [number for number, line in enumerate(lines, start=1) if not line.strip()]
    for number in blank[:_MOST_LINES]:
        yield f"{file}:{number}: the line is empty; expected a sentence"
    if len(blank) > _MOST_LINES:
        yield f"{file}: {len(blank) - _MOST_LINES:,} more lines are empty"


def read_lines(path: Path) -> tuple[str, ...]:
    """Return the lines of a UTF-8 text file, plain or gzip; raises CorpusError.

    Lines end at a line feed and nowhere else: other separators may be part of a sentence. A byte
    order mark, and carriage returns before a line feed, are not.
    """
    try:
        data = read_file(path)
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        text = data.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(f"{path}:{line}: not UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CorpusError(f"{path}: {reason}; expected a text file") from None
    if not text:
        raise CorpusError(f"{path}: the file is empty; expected a sentence a line")
    lines = text.removesuffix("\n").split("\n")
    return tuple(line.rstrip("\r") for line in lines)

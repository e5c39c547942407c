"""Text is read as it is, and what is wrong with it is told at once."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm3.corpus import (
    CorpusText,
    ParallelText,
    parse_source,
    read_corpus,
    read_lines,
    read_pairs,
)
from lstm3.errors import CorpusError


def _write(folder: Path, name: str, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(path)


def _problems(src: str, trg: str) -> tuple[str, ...]:
    with pytest.raises(CorpusError) as caught:
        read_pairs((src, trg))
    return caught.value.problems


_lines = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])))


@given(_lines.filter(lambda lines: any(lines) and not lines[0].startswith("\ufeff")))
def test_lines_end_at_line_feeds_alone(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    content = "".join(f"{line}\n" for line in lines)
    expected = tuple(line.rstrip("\r") for line in lines)
    for name in ("a.txt", "a.txt.gz"):
        assert read_lines(Path(_write(folder, name, content))) == expected


def test_a_last_line_without_a_line_feed_counts(tmp_path: Path) -> None:
    assert read_lines(Path(_write(tmp_path, "a", "x\ny"))) == ("x", "y")


def test_a_byte_order_mark_and_carriage_returns_are_not_part_of_a_sentence(tmp_path: Path) -> None:
    assert read_lines(Path(_write(tmp_path, "a", "\ufeffx\r\ny\r\r\n"))) == ("x", "y")


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    source = {
        "train": (_write(tmp_path, "t.de", "a\n \nc\n"), str(tmp_path / "missing")),
        "valid": (_write(tmp_path, "v.de", b"a\nb\xff\n"), _write(tmp_path, "v.en", "")),
    }
    with pytest.raises(CorpusError) as caught:
        read_corpus(source)
    assert list(caught.value.problems) == [
        f"{tmp_path}/t.de:2: the line is empty; expected a sentence",
        f"{tmp_path}/missing: No such file or directory; expected a text file",
        f"{tmp_path}/v.de:2: not UTF-8",
        f"{tmp_path}/v.en: the file is empty; expected a sentence a line",
    ]


def test_an_empty_line_is_told_of_its_own_file_even_if_the_other_is_unreadable(
    tmp_path: Path,
) -> None:
    trg = _write(tmp_path, "b", "x\n\n")
    missing, blank = _problems(str(tmp_path / "a"), trg)
    assert "No such file" in missing
    assert blank.startswith(f"{trg}:2: ")


def test_no_more_than_five_empty_lines_of_a_file_are_named(tmp_path: Path) -> None:
    src = _write(tmp_path, "a", "\n" * 8)
    trg = _write(tmp_path, "b", "x\n" * 8)
    problems = _problems(src, trg)
    assert [problem.split(": ")[0] for problem in problems] == [
        *(f"{src}:{number}" for number in range(1, 6)),
        src,
    ]
    assert "3 more lines" in problems[-1]


def test_lines_that_are_empty_on_both_sides_are_wrong_too(tmp_path: Path) -> None:
    src, trg = _write(tmp_path, "a", "x\n\n"), _write(tmp_path, "b", "x\n\n")
    assert [problem.split(": ")[0] for problem in _problems(src, trg)] == [f"{src}:2", f"{trg}:2"]


def test_unequal_numbers_of_lines_are_told_with_both_numbers(tmp_path: Path) -> None:
    src, trg = _write(tmp_path, "a", "x\ny\n"), _write(tmp_path, "b", "x\n")
    (problem,) = _problems(src, trg)
    assert "found 2 lines, and 1 in" in problem


@pytest.mark.parametrize(
    "data",
    [b"no gzip", gzip.compress(b"x\n" * 99, mtime=0)[:-9], b"\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff"],
)
def test_a_damaged_gzip_file_is_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(data)
    with pytest.raises(CorpusError) as caught:
        read_lines(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")


def test_a_folder_is_no_text_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="expected a text file"):
        read_lines(tmp_path)


def test_the_digest_is_of_training_and_validation_text_alone() -> None:
    def text(train: str = "a", trg: str = "b", test: ParallelText | None = None) -> CorpusText:
        valid = ParallelText(src=("v",), trg=("w",))
        return CorpusText(train=ParallelText(src=(train,), trg=(trg,)), valid=valid, test=test)

    same = text().digest
    assert text(test=ParallelText(src=("x",), trg=("y",))).digest == same
    assert text(train="c").digest != same
    assert text(train="b", trg="a").digest != same


def test_the_digest_is_of_the_text_and_not_of_its_place(tmp_path: Path) -> None:
    digests = set()
    for folder, suffix in (("one", ""), ("two", ".gz")):
        (tmp_path / folder).mkdir()
        pair = tuple(_write(tmp_path / folder, f"{side}{suffix}", side) for side in ("de", "en"))
        digests.add(read_corpus({"train": pair, "valid": pair}).digest)
    assert len(digests) == 1


def test_the_demo_corpus_is_known() -> None:
    corpus = read_corpus("demo")
    assert corpus.test is not None
    for split in (corpus.train, corpus.valid, corpus.test):
        assert len(split.src) == len(split.trg) > 0


def test_an_unknown_corpus_is_told_with_the_nearest_known() -> None:
    with pytest.raises(CorpusError, match="did you mean 'demo'"):
        read_corpus("dmo")


def test_relative_files_are_taken_from_the_folder_of_the_spec(tmp_path: Path) -> None:
    source, problems = parse_source({"train": ["a", "b"], "valid": ["c", "/d"]}, tmp_path)
    assert not problems
    assert source == {
        "train": (f"{tmp_path}/a", f"{tmp_path}/b"),
        "valid": (f"{tmp_path}/c", "/d"),
    }


def test_every_wrong_part_of_a_corpus_is_told() -> None:
    value = {"train": ["a"], "dev": ["a", "b"], "test": [1, 2]}
    _, problems = parse_source(value, Path("/"))
    assert problems == [
        ("dev", "unknown split; expected train, valid, test"),
        ("train", "found ['a']; expected [source file, target file]"),
        ("valid", "found nothing; expected [source file, target file]"),
        ("test", "found [1, 2]; expected [source file, target file]"),
    ]


@pytest.mark.parametrize("value", [None, 3, ["a", "b"]])
def test_a_corpus_of_the_wrong_kind_is_told(value: object) -> None:
    _, [(split, problem)] = parse_source(value, Path("/"))
    assert split == ""
    assert "expected a known corpus" in problem

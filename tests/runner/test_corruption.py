"""No damage to any file under results/ gives a traceback or a wrong table; most of it is mended."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.cli import run
from tests.runner.crashing import sweep
from tests.runner.test_crashes import BASE, make_folder

pytestmark = pytest.mark.slow

SPEC = BASE + "sweep: {tf_from_epoch: [1, 2], tf_decrease: [0.2, 0.4]}\nprune: none\n"
# Which files there are, by a pattern that finds one of a kind.
KINDS = (
    "some/sweep.yaml",
    "some/origin.json",
    "some/lock",
    "some/study.db",
    "some/trials.csv",
    "some/states.json",
    "some/logs",
    "some/decisions/*.json",
    "some/trials/*/config.yaml",
    "some/trials/*/*.safetensors",
    ".epochs/*/*.record",
    ".epochs/*/*.weights",
    ".epochs/*/*.moments",
    ".corpora/*/train.src.npy",
    ".corpora/*/train.trg.offsets.npy",
    ".corpora/*/src.vocab.json",
    ".corpora/*/valid.trg.txt",
)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    if content:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replace_by_folder(path: Path) -> None:
    remove(path)
    path.mkdir()


def replace_by_loop(path: Path) -> None:
    """Make a file unreadable, even for root."""
    remove(path)
    path.symlink_to(path)


class Bomb:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (Path("exploded"),)


def replace_by_pickle(path: Path) -> None:
    remove(path)
    path.write_bytes(pickle.dumps(Bomb()))


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


DAMAGES = (cut, empty, flip, replace_by_folder, replace_by_loop, replace_by_pickle, remove)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a sweep that has run to its end, one trial stopped by a decision."""
    folder = make_folder(tmp_path_factory.mktemp("whole"), "some", SPEC)
    code, output = sweep(folder, ["sweep", "some.yaml", "--quiet"])
    assert code == 0, output
    trial = next((folder / "results/some/trials").iterdir()).name
    decisions = folder / "results/some/decisions"
    decisions.mkdir()
    (decisions / f"{trial}.json").write_text('{"stopped_after": 2, "is_brought_back": false}')
    code, output = sweep(folder, ["sweep", "some.yaml", "--quiet"])
    assert code == 0, output
    return folder


def command(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Return (exit code, standard output, standard error) of a command run in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = run([*arguments, "--results", str(folder / "results")])
    return code, output.getvalue(), errors.getvalue()


def table(folder: Path) -> dict[str, Any]:
    code, output, errors = command(folder, "table", "some", "--format", "json")
    assert code == 0, errors
    found: dict[str, Any] = json.loads(output)
    found.pop("timing")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_damage_of_any_kind_is_an_explained_end_or_is_mended_by_the_same_command(
    kind, whole, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    expected = table(whole)
    for damage in DAMAGES:
        folder = tmp_path / damage.__name__
        shutil.copytree(whole, folder)
        victim = sorted((folder / "results").glob(kind))[0]
        if victim.is_dir() and damage in (cut, empty, flip):
            continue
        damage(victim)
        what = f"{kind}, {damage.__name__}"
        # Without a decision the trial is no longer stopped, so the table differs rightly.
        is_forgotten = damage is remove and kind.startswith("some/decisions")
        for reading in (["table", "some", "--format", "json"], ["show", "some", "0"], ["store"]):
            code, output, errors = command(folder, *reading)
            assert code in (0, 2), f"{what}: {reading} ended with {code}: {errors}"
            assert code == 0 or errors.count("\n") >= 1, f"{what}: {reading} says nothing"
            if code == 0 and reading[0] == "table" and not errors and not is_forgotten:
                found = json.loads(output)
                found.pop("timing")
                assert found == expected, f"{what}: a wrong table without a warning"
        code, output = sweep(folder, ["sweep", "some.yaml", "--quiet"])
        assert code in (0, 1, 2), f"{what}: {code}: {output}"
        assert "Traceback" not in output, f"{what}: {output}"
        if code == 0 and not is_forgotten:
            assert table(folder) == expected, f"{what}: a wrong table after it was mended"
        assert not (folder / "exploded").exists(), f"{what}: a file under results/ was executed"
        assert not (tmp_path / "exploded").exists(), f"{what}: a file under results/ was executed"
        if not kind.startswith(("some/sweep", "some/origin", "some/lock", "some/decisions")):
            assert code == 0, f"{what}: not mended: {output}"
        shutil.rmtree(folder)

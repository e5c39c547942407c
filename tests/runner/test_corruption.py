"""No damage to any file under results/ gives a traceback or a wrong table; most of it is mended."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import re
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
# Patterns that find a file of each kind. Damage to these, the next sweep mends by itself,
MENDED = (
    "some/sweep.yaml",
    "some/study.db",
    "some/trials.csv",
    "some/states.json",
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
# and damage to these may end it with an explanation.
EXPLAINED = ("some/origin.json", "some/lock", "some/decisions/*.json")


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


def victim(folder: Path, kind: str) -> Path:
    return sorted((folder / "results").glob(kind))[0]


def check_readings(folder: Path, expected: dict[str, Any], what: str) -> None:
    for reading in (["table", "some", "--format", "json"], ["show", "some", "0"], ["store"]):
        code, output, errors = command(folder, *reading)
        assert code in (0, 1, 2), f"{what}: {reading} ended with {code}: {errors}"
        assert code == 0 or "results/" in errors, f"{what}: {reading} does not say why"
        if code == 0 and reading[0] == "table" and not errors:
            found = json.loads(output)
            found.pop("timing")
            assert found == expected, f"{what}: a wrong table without a warning"


def start_again(folder: Path, what: str) -> tuple[int, str]:
    code, output = sweep(folder, ["sweep", "some.yaml", "--quiet"])
    assert "Traceback" not in output, f"{what}: {output}"
    exploded = [path for path in (folder, Path.cwd()) if (path / "exploded").exists()]
    assert not exploded, f"{what}: a file under results/ was executed"
    return code, output


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_table_of_damaged_results_is_right_or_comes_with_a_warning(
    damage, whole, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    expected = table(whole)
    for number, kind in enumerate((*MENDED, *EXPLAINED)):
        if damage is remove and kind in (".epochs/*/*.record", "some/decisions/*.json"):
            continue  # what is not there is not known, and not wrong
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        damage(victim(folder, kind))
        check_readings(folder, expected, kind)
        shutil.rmtree(folder)


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_same_command_mends_what_is_damaged_or_says_what_is_in_its_way(
    damage, whole, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    expected = table(whole)
    folder = tmp_path / "some"
    shutil.copytree(whole, folder)
    for kind in MENDED:
        damage(victim(folder, kind))
    code, output = start_again(folder, damage.__name__)
    while code == 1 and damage is replace_by_folder:  # a file that cannot be written over
        [path] = re.findall(r"^(\S+): Is a directory(?:;.*)?$", output, re.MULTILINE)
        (folder / path).rmdir()
        code, output = start_again(folder, damage.__name__)
    assert code == 0, output
    assert table(folder) == expected


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", EXPLAINED)
def test_damage_that_no_command_can_mend_is_explained_and_once_removed_all_goes_on(
    kind, damage, whole, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "some"
    shutil.copytree(whole, folder)
    path = victim(folder, kind)
    damage(path)
    code, output = start_again(folder, kind)
    if code == 2:
        assert str(path.relative_to(folder)) in output
        remove(path)
        code, output = start_again(folder, kind)
    assert code == 0, output
    if not kind.startswith("some/decisions"):
        assert table(folder) == table(whole)

"""A running sweep under the command of other processes: watched, detached, stopped, taken up."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.mirrors.now import read_now
from runner.storage.sweep_folder import SweepFolder
from tests.runner.processes import num_records, run, start, table

pytestmark = pytest.mark.slow
ONE = ("--workers", "1")


def in_terminal(folder: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command in a pseudo terminal; return it and the end that a person looks at."""
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    return process, person


def screen(person: int) -> str:
    """Return all that a terminal shows until nobody writes to it."""
    shown = b""
    try:
        while True:
            shown += os.read(person, 65536)
    except OSError:  # as Linux says it
        return shown.decode()
    finally:
        os.close(person)


def until_there_are(num: int, results: Path) -> None:
    while num_records(results) < num:
        time.sleep(0.02)


def test_who_watches_sees_a_sweep_go_on_that_was_killed(folder):
    process = start(folder, "sweep", "small.yaml", "num_epochs=2", *ONE)
    next(process.stdout)
    watcher, person = in_terminal(folder, "watch", "small")
    until_there_are(2, folder / "results")
    process.kill()
    process.communicate()
    code, _, errors = run(folder, "sweep", "small.yaml", "num_epochs=2", *ONE)
    assert code == 0, errors
    shown = screen(person)
    assert watcher.wait() == 0
    assert f"process {process.pid} on " in shown
    assert "cpu 0  epoch" in shown
    assert f"{table(folder)['epochs']['trained']} epochs trained of 8 planned" in shown
    assert not (folder / "results/small/now.json").exists()


def test_a_detached_sweep_outlives_its_terminal_and_heeds_stop(folder):
    starter, person = in_terminal(
        folder, "sweep", "small.yaml", "num_epochs=1000", "--detach", *ONE
    )
    shown = screen(person)
    assert starter.wait() == 0
    assert "watch small" in shown
    now = read_now(SweepFolder(results=folder / "results", name="small").now_path)
    assert f"process {now.process}" in shown
    assert os.getsid(now.process) == now.process
    log = folder / "results/small/sweep.log"
    assert f"process {now.process} on " in run(folder, "stop", "small", "0")[1]
    while " stopped" not in log.read_text():
        time.sleep(0.02)
    code, output, errors = run(folder, "stop", "small")
    assert code == 0, errors
    assert "it has ended" in output
    assert not (folder / "results/small/now.json").exists()
    while "interrupted" not in log.read_text():
        time.sleep(0.02)
    assert run(folder, "stop", "small")[0] == 2


def test_a_detached_sweep_that_cannot_start_says_why(folder):
    (folder / "train.de").write_text("")
    before = sorted(folder.rglob("*"))
    code, output, errors = run(folder, "sweep", "small.yaml", "--detach")
    assert code == 2
    assert "train.de" in errors
    assert output == ""
    assert sorted(folder.rglob("*")) == before


def test_a_page_says_that_it_is_written_again_only_while_somebody_does(folder):
    sweep = start(folder, "sweep", "small.yaml", "num_epochs=1000", *ONE)
    until_there_are(1, folder / "results")
    page = folder / "page.html"
    reporter = start(folder, "report", "small", "--watch", "--out", str(page))
    while not page.exists():
        time.sleep(0.02)
        assert reporter.poll() is None, reporter.communicate()
    assert 'http-equiv="refresh"' in page.read_text()
    assert "looked at again every" in page.read_text()
    reporter.send_signal(signal.SIGINT)
    _, errors = reporter.communicate(timeout=60)
    assert (reporter.returncode, errors) == (130, "")
    assert 'http-equiv="refresh"' not in page.read_text()
    assert "looked at again every" not in page.read_text()
    sweep.terminate()
    sweep.communicate(timeout=60)

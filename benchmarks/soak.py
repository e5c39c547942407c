"""Does a real sweep survive whatever kills and freezes its processes, and end in the same table?

A sweep on the demo corpus runs again and again while its workers and its coordinator are killed,
interrupted and frozen at random. The same command is started until it is done, and its table is
compared with that of a sweep that nobody disturbed. It needs Linux, for /proc.

    python -m benchmarks.soak [--minutes N] [--seed N] [--every SECONDS]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lstm3.cores import num_cores

SPEC = """\
# Does anything get lost?
corpus: demo
base: {num_epochs: 4, hidden_size: 32, embedding_dim: 32, num_layers: 1}
sweep:
  tf_from_epoch: [1, 2]
  tf_decrease: [0.1, 0.3]
  lr: [2e-3, 4e-3]
prune: {percentile: {keep: 60, startup_trials: 2, warmup_epochs: 1}}
grace_epochs: 1
deadline: {factor: 3, floor_seconds: 20}
wandb: off
"""
WORKER_DEATHS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP)
COORDINATOR_DEATHS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
WORKERS = min(2, num_cores())
MOST_SECONDS_OF_ORPHANS = 30.0


@dataclass
class Toll:
    """What was done to sweeps, and what it cost them."""

    hits: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    sweeps: int = 0
    epochs: int = 0  # distinct ones
    repeated: int = 0
    gave_up: int = 0  # starts that ended with a trial whose epoch was hit three times in a row
    orphans: int = 0
    wrong: int = 0

    @property
    def most_repeated(self) -> int:
        """Return how many epochs may have been in flight when something was hit."""
        hits = self.hits.items()
        return sum(n * (WORKERS if what.startswith("coordinator") else 1) for what, n in hits)


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "runner", *arguments, "--results", str(folder / "results")]


def sweep(folder: Path, *options: str) -> list[str]:
    spec = str(folder / "soak.yaml")
    return command(folder, "sweep", spec, "--quiet", "--workers", str(WORKERS), *options)


def table(folder: Path) -> dict[str, object]:
    done = subprocess.run(
        command(folder, "table", "soak", "--format", "json"), capture_output=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def children(process: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    try:
        listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in listed.split()]


def is_worker(process: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] != "Z"


def hit(coordinator: subprocess.Popen[bytes], numbers: random.Random, toll: Toll) -> None:
    """Do something bad to one of a sweep's processes."""
    workers = [child for child in children(coordinator.pid) if is_worker(child)]
    if workers and numbers.random() < 0.7:
        number, victim, what = numbers.choice(WORKER_DEATHS), numbers.choice(workers), "worker"
        if number is signal.SIGSTOP and toll.hits["worker SIGSTOP"] * 4 > toll.hits.total():
            number = signal.SIGKILL  # each of those costs a whole deadline
        try:
            os.kill(victim, number)
        except ProcessLookupError:
            return
    else:
        number, what = numbers.choice(COORDINATOR_DEATHS), "coordinator"
        end(coordinator, number, toll)
    toll.hits[f"{what} {number.name}"] += 1


def end(coordinator: subprocess.Popen[bytes], number: signal.Signals, toll: Toll) -> None:
    """End a coordinator, and see that it leaves no process behind."""
    left = children(coordinator.pid)
    coordinator.send_signal(number)
    coordinator.wait()
    patience = time.monotonic() + MOST_SECONDS_OF_ORPHANS
    while (left := [child for child in left if is_alive(child)]) and time.monotonic() < patience:
        time.sleep(0.1)
    toll.orphans += len(left)


def disturbed_sweep(folder: Path, numbers: random.Random, every: float, toll: Toll) -> None:
    """Start one command until it has done its sweep, and disturb it all the while."""
    retry: list[str] = []
    while True:
        toll.starts += 1
        coordinator = subprocess.Popen(
            sweep(folder, *retry), stdout=subprocess.DEVNULL, start_new_session=True
        )
        while coordinator.poll() is None:
            try:
                coordinator.wait(numbers.expovariate(1 / every))
            except subprocess.TimeoutExpired:
                hit(coordinator, numbers, toll)
        if coordinator.returncode == 0:
            return
        retry = ["--retry-failed"] if coordinator.returncode == 1 else []
        toll.gave_up += coordinator.returncode == 1


def make_folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    (folder / "soak.yaml").write_text(SPEC, encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=6.0, help="mean seconds between two hits")
    options = parser.parse_args()
    numbers, toll = random.Random(options.seed), Toll()
    until = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as place:
        calm = make_folder(Path(place), "calm")
        subprocess.run(sweep(calm), stdout=subprocess.DEVNULL, check=True)
        expected = table(calm)
        del expected["timing"]
        while time.monotonic() < until:
            folder = make_folder(Path(place), f"rough{toll.sweeps}")
            disturbed_sweep(folder, numbers, options.every, toll)
            found = table(folder)
            timing, epochs = found.pop("timing"), found["epochs"]
            assert isinstance(timing, dict)
            assert isinstance(epochs, dict)
            toll.repeated += timing["repeated"]
            toll.epochs += epochs["trained"]
            toll.wrong += found != expected
            toll.sweeps += 1
            print(f"sweep {toll.sweeps}: {dict(toll.hits)}, {toll.repeated} epochs lost so far")
    print()
    for what, number in sorted(toll.hits.items()):
        print(f"{what:24} {number:5}")
    print(f"{'hits survived':24} {toll.hits.total():5}")
    print(f"{'starts of the command':24} {toll.starts:5}")
    print(f"{'epochs trained':24} {toll.epochs:5}")
    print(f"{'epochs begun again':24} {toll.repeated:5}")
    print(f"{'gave an epoch up':24} {toll.gave_up:5}  (hit three times in a row; --retry-failed)")
    print(f"{'processes left behind':24} {toll.orphans:5}")
    print(f"{'tables that differ':24} {toll.wrong:5} of {toll.sweeps}")
    sys.exit(toll.wrong > 0 or toll.orphans > 0 or toll.repeated > toll.most_repeated)


if __name__ == "__main__":
    main()

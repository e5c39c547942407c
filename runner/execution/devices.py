"""Which slots there are: one a GPU, or one a CPU core."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

from lstm3.cores import TOO_MANY, num_cores
from lstm3.errors import ConfigError
from lstm3.fingerprint import torch_version
from runner.execution.events import Slot


def make_slots(
    *, devices: str | None, workers: int | None, threads: int, per_device: int
) -> list[Slot]:
    """Return the slots that the command line asks for; raises ConfigError.

    Without `devices`, all CUDA devices, or else the CPU's cores. `threads` is what each CPU worker
    computes with; `per_device` is how many workers share a GPU. Fewer workers than slots are
    spread over all devices.
    """
    given = None if devices is None else [name.strip() for name in devices.split(",")]
    names = find_gpus() if given is None else given
    names = names or ["cpu"]
    types = {device_type(name) for name in names}
    if len(types) > 1:
        raise ConfigError(f"--devices: found {devices}; one sweep runs on one type of device")
    if types == {"cpu"}:
        return _cpu_slots(len(names) if workers is None and len(names) > 1 else workers, threads)
    if len(set(names)) < len(names):
        raise ConfigError(f"--devices: found {devices}; two workers cannot share a device")
    missing = [name for name in names if not _is_there(name)]
    if missing:
        said = f"torch {torch_version()} has no such device here"
        raise ConfigError(f"--devices: found {', '.join(missing)}; {said}")
    places = [(name, share) for share in range(per_device) for name in names]
    if workers is not None and not 1 <= workers <= len(places):
        shared = f" × {per_device} slots each" if per_device > 1 else ""
        raise ConfigError(
            f"--workers: found {workers}; there are {len(names)} devices{shared} "
            f"({', '.join(names)})"
        )
    return [
        Slot(index=index, name=name if per_device == 1 else f"{name} {share}", device=name)
        for index, (name, share) in enumerate(places[:workers])
    ]


def device_type(name: str) -> str:
    """Return cpu, cuda or mps; raises ConfigError for a name that is none of theirs."""
    kind, colon, index = name.partition(":")
    is_known = kind in ("cpu", "cuda", "mps") and (
        not colon or (kind == "cuda" and index.isdigit())
    )
    if not is_known:
        raise ConfigError(f"--devices: found '{name}'; expected cpu, cuda, cuda:N or mps")
    return kind


def _is_there(name: str) -> bool:
    if name == "mps":
        return platform.system() == "Darwin" and platform.machine() == "arm64"
    return ("cuda:0" if name == "cuda" else name) in find_gpus()


def find_gpus() -> list[str]:
    """Return the CUDA devices that torch can use, as it will number them, without importing it."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = len([name for name in visible.split(",") if name.strip() not in ("", "-1")])
    else:
        count = _count_gpus()
    if count and torch_version().endswith("+cpu"):  # built without CUDA
        return []
    return [f"cuda:{index}" for index in range(count)]


def _count_gpus() -> int:
    command = shutil.which("nvidia-smi")
    if command is None:
        return 0
    listed = subprocess.run([command, "--list-gpus"], capture_output=True, text=True, check=False)
    return len(listed.stdout.splitlines()) if listed.returncode == 0 else 0


def _cpu_slots(workers: int | None, threads: int) -> list[Slot]:
    cores = num_cores()
    count = max(1, cores // threads) if workers is None else workers
    if count < 1:
        raise ConfigError(f"--workers: found {count}; expected a number ≥ 1")
    if count * threads > cores:
        what = (
            f"threads: found {threads}"
            if threads > cores
            else f"--workers: found {count} workers × {threads} threads"
        )
        raise ConfigError(f"{what} for {cores} cores; {TOO_MANY}")
    return [Slot(index=index, name=f"cpu {index}", device="cpu") for index in range(count)]

"""What lies under a results folder, how much of it, and what of it nobody wants."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.storage.retention import LEAST, Why
from runner.storage.state_lists import origin_files, read_wants, sweep_of, wanting_folders
from runner.storage.store import EpochStore, StoreError
from runner.storage.sweep_folder import SweepFolder

Sizes = Mapping[str, int]  # bytes by key or path


@dataclass(frozen=True, kw_only=True)
class SweepHoldings:
    """What a sweep keeps."""

    name: str
    is_running: bool
    wants: Mapping[str, Why] | None  # None if it does not say; then all that it trained
    checkpoints: Mapping[int, int]  # bytes by inode: trials share some of them


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What lies under a results folder."""

    results: Path
    sweeps: Sequence[SweepHoldings]
    is_any_running: bool  # even one that has not said anything yet
    states: Sizes  # by key: what dropping each would free
    why: Mapping[str, Why]  # the best reason that any sweep has for each
    records: Sizes
    damaged: Sizes
    corpora: Sizes
    unnamed_corpora: Sizes  # that no sweep was started with

    def wanted_by(self, sweep: SweepHoldings) -> Mapping[Why, Sequence[int]]:
        """Return the bytes of the states that a sweep wants, by why."""
        found: dict[Why, list[int]] = {}
        for key, why in sorted((sweep.wants or {}).items(), key=lambda item: -item[1]):
            if key in self.states:
                found.setdefault(why, []).append(self.states[key])
        return found

    @property
    def unclaimed(self) -> Sizes:
        """Return the states that no sweep wants."""
        return {key: size for key, size in self.states.items() if not self.why[key]}

    @property
    def checkpoints(self) -> Mapping[int, int]:
        return {inode: size for sweep in self.sweeps for inode, size in sweep.checkpoints.items()}


@dataclass(frozen=True, kw_only=True)
class Prunable:
    """What can go without changing any table."""

    states: Sizes
    damaged: Sizes
    corpora: Sizes


def survey(results: Path, keep: str = "all") -> Survey:
    """Return what lies under a results folder.

    Below `keep`, reasons of sweeps that do not run count for nothing.
    """
    store = SweepFolder(results=results, name="").store
    names = sorted({sweep_of(file, results) for file in origin_files(results)})
    wants = _wants(results)
    sweeps = [
        _holdings(SweepFolder(results=results, name=name), wants.get(name, {}), keep)
        for name in names
    ]
    has_writers = is_any_running(results)
    states = {key: size for key, size in store.state_sizes().items() if size}
    corpora = results / ".corpora"
    folders = {str(path): _size(path.rglob("*")) for path in sorted(corpora.glob("[!.]*"))}
    named = _named_corpora(results)
    return Survey(
        results=results,
        sweeps=sweeps,
        is_any_running=has_writers,
        states=states,
        why=_reasons(store, sweeps, states, has_writers=has_writers),
        records=_sizes(store.root.glob("??/*.record")),
        damaged=_sizes(store.root.rglob("*.damaged")),
        corpora=folders,
        unnamed_corpora={
            path: size
            for path, size in folders.items()
            if named is not None and Path(path).name not in named
        },
    )


def prunable(found: Survey) -> Prunable:
    """Return what can go without changing any table or disturbing a sweep that runs.

    A sweep that runs, or is being started, may use an encoded corpus before it says so.
    """
    return Prunable(
        states=found.unclaimed,
        damaged=found.damaged,
        corpora={} if found.is_any_running else found.unnamed_corpora,
    )


def drop(going: Prunable, results: Path) -> Prunable:
    """Drop what can go, and return what went: a sweep may have been started since it was found.

    So corpora come first, each if no sweep runs; a state that is dropped costs no more than time.
    """
    dropped = {}
    for path, size in going.corpora.items():
        if not is_any_running(results):
            shutil.rmtree(path, ignore_errors=True)
            dropped[path] = size
    store = SweepFolder(results=results, name="").store
    for key in going.states:
        store.drop_state(key)
    for path in going.damaged:
        Path(path).unlink(missing_ok=True)
    return dataclasses.replace(going, corpora=dropped)


def is_any_running(results: Path) -> bool:
    """Return whether any sweep under a results folder runs, or is being started."""
    return any(
        SweepFolder(results=results, name=path.name).is_running
        for path in results.iterdir()
        if path.is_dir()
    )


def _wants(results: Path) -> Mapping[str, Mapping[str, Why] | None]:
    """Return which states each sweep and the trials sent to it want; None if one does not say."""
    found: dict[str, dict[str, Why] | None] = {}
    for folder in wanting_folders(results):
        name, wants = sweep_of(folder, results), read_wants(folder)
        known = found.setdefault(name, {})
        if known is None or wants is None:
            found[name] = None
            continue
        for key, why in wants.items():
            known[key] = max(why, known.get(key, why))
    return found


def _holdings(folder: SweepFolder, wants: Mapping[str, Why] | None, keep: str) -> SweepHoldings:
    is_running = folder.is_running
    if wants is not None and not is_running:
        wants = {key: why for key, why in wants.items() if why >= LEAST[keep]}
    checkpoints = (path.stat() for path in folder.path.glob("trials/*/*.safetensors"))
    return SweepHoldings(
        name=folder.name,
        is_running=is_running,
        wants=wants,
        checkpoints={status.st_ino: status.st_size for status in checkpoints},
    )


def _reasons(
    store: EpochStore, sweeps: Sequence[SweepHoldings], states: Sizes, *, has_writers: bool
) -> Mapping[str, Why]:
    lists = [sweep.wants for sweep in sweeps if sweep.wants is not None]
    left_alone = {sweep.name for sweep in sweeps if sweep.wants is None or sweep.is_running}
    why = {
        key: max((wants.get(key, Why.UNCLAIMED) for wants in lists), default=Why.UNCLAIMED)
        for key in states
    }
    for key in [key for key in states if not why[key] and (left_alone or has_writers)]:
        trained_by = _trained_by(store, key)
        if trained_by in left_alone or (trained_by is None and has_writers):
            why[key] = Why.NEEDED
    return why


def _trained_by(store: EpochStore, key: str) -> str | None:
    """Return the sweep that trained an epoch, or None if that is unknown: it may be in flight."""
    try:
        record = store.get(key)
    except StoreError:
        return None
    return record.sweep if record else None


def _named_corpora(results: Path) -> set[str] | None:
    """Return the encoded corpora that sweeps were started with; None if one does not say."""
    try:
        origins = [json.loads(file.read_text(encoding="utf-8")) for file in origin_files(results)]
        return {name for origin in origins for name in origin["encoded"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sizes(paths: Iterable[Path]) -> Sizes:
    return {str(path): path.stat().st_size for path in paths if path.is_file()}


def _size(paths: Iterable[Path]) -> int:
    return sum(_sizes(paths).values())

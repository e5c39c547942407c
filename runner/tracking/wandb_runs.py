"""The trials of a sweep as W&B runs: a window on it, which is never read back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue

from runner.execution.children import spawn, start_child
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tracking.wandb_client import LATER, serve
from runner.tracking.wandb_content import Ask, Snapshot, Word
from runner.tree.path import Path
from runner.tree.trial import TrialState


class WandbRuns:
    """Shows trials in W&B out of a process of its own, so no trouble there reaches the sweep.

    The spec's `wandb` is the mode: "auto" is online if an API key is known and offline otherwise,
    and "off" starts nothing. Runs are written whole: shared epochs appear in every trial's run.
    For a trial that a W&B agent runs, `agent_run` is the id of the run that it was given.
    """

    def __init__(
        self, folder: SweepFolder, origin: Origin, *, agent_run: str | None = None
    ) -> None:
        self._sweep = origin.spec.name
        self._owners: dict[str, str] = {}  # id of the trial that had an epoch first, by key
        self._warnings: list[str] = []
        self._is_stop_asked = False
        self._process: BaseProcess | None = None
        if origin.spec.wandb == "off":
            return
        self._inbox: Queue[Snapshot | Ask] = spawn.Queue()
        self._outbox, theirs = spawn.Pipe(duplex=False)
        self._process = spawn.Process(
            target=serve,
            args=(folder, origin, agent_run, self._inbox, theirs),
            name="wandb",
            daemon=True,
        )
        start_child(self._process)
        theirs.close()

    def show(self, moved: Iterable[Path]) -> None:
        """Bring the runs of these trials up to date; never waits for W&B."""
        if self._process is None:
            return
        for path in sorted(moved, key=lambda path: path.trial.number):
            if path.results or path.state is TrialState.FAILED:
                self._inbox.put(self._snapshot(path))

    def begin(self, path: Path) -> None:
        """Show a trial before its first epoch is done."""
        if self._process is not None:
            self._inbox.put(self._snapshot(path))

    def is_stop_asked(self) -> bool:
        """Return whether the server wants the run stopped."""
        if self._process is not None:
            self._receive()
        return self._is_stop_asked

    def warnings(self) -> list[str]:
        """Return what went wrong since the last call; after `close`, the last of it."""
        if self._process is not None:
            is_dead = self._process.exitcode is not None
            self._receive()
            if is_dead:
                self._abandon("its process died")
        found, self._warnings = self._warnings, []
        return found

    def close(self, timeout_seconds: float, how: Ask = Ask.CLOSE) -> None:
        """Finish all runs, in this time at most."""
        if self._process is None:
            return
        self._inbox.put(how)
        self._process.join(timeout_seconds)
        code = self._process.exitcode
        late = f"not done after {timeout_seconds:g} s"
        self._abandon(late if code is None else "its process died" if code else None)

    def _snapshot(self, path: Path) -> Snapshot:
        origins = []
        for key, result in zip(path.keys, path.results, strict=True):
            owner = self._owners.setdefault(key, path.trial.id)
            origins.append(result.origin(self._sweep, is_first=owner == path.trial.id))
        return Snapshot(
            trial=path.trial,
            keys=tuple(path.keys),
            settings=tuple(path.settings),
            results=tuple(path.results),
            origins=tuple(origins),
            best_epoch=path.best_epoch,
            state=path.state,
            reason=path.reason,
        )

    def _receive(self) -> None:
        with contextlib.suppress(EOFError, ConnectionError):
            while self._outbox.poll():
                said: str | Word = self._outbox.recv()
                if isinstance(said, Word):
                    self._is_stop_asked = True
                else:
                    self._warnings.append(said)

    def _abandon(self, trouble: str | None) -> None:
        assert self._process is not None, "it was started"
        self._process.kill()
        self._process.join()
        self._process = None
        self._receive()
        if trouble is not None:
            self._warnings.append(f"W&B: {trouble}; {LATER}")
        self._inbox.cancel_join_thread()  # what nobody reads must not keep us from ending
        self._inbox.close()
        self._outbox.close()

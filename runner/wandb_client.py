"""The W&B client, in a process of its own; no other file imports wandb."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from lstm3.durable import write_durably
from lstm3.fingerprint import Provenance, digest
from runner.children import be_child
from runner.spec import Spec
from runner.trial import TrialState
from runner.wandb_content import Snapshot, row, run_config, run_name, summary

if TYPE_CHECKING:
    import wandb

LATER = "carrying on the sweep completes its runs"

_MOST_OPEN = 32  # runs at a time: each costs the client files and memory, and many trials may wait
_LONGEST_TAG = 64  # characters; W&B refuses longer ones
_INTERRUPTED = 255  # the exit code by which W&B knows runs that were interrupted


def serve(
    folder: FilePath,
    spec: Spec,
    provenance: Provenance,
    inbox: Queue[Snapshot | None],
    outbox: Connection,
) -> None:
    """Show every snapshot that comes through `inbox`, until None does."""
    be_child()
    client = _Client(folder, spec, provenance, outbox.send)
    while (snapshot := inbox.get()) is not None:
        client.show(snapshot)
    client.close()


@dataclass(kw_only=True)
class _OpenRun:
    run: wandb.Run
    snapshot: Snapshot  # the newest
    num_logged: int = 0


class _Client:
    """The W&B client in its process. Trouble takes it from online to offline, and from there off.

    At most `_MOST_OPEN` runs are open; trials beyond that are held until one ends, or they do.
    """

    def __init__(
        self, folder: FilePath, spec: Spec, provenance: Provenance, warn: Callable[[str], None]
    ) -> None:
        self._folder, self._spec, self._provenance = folder, spec, provenance
        self._warn = warn
        self._open: dict[str, _OpenRun] = {}  # by trial id
        self._held: dict[str, Snapshot] = {}  # likewise, the newest of each
        self._mode = spec.wandb
        try:
            _prepare(folder / "wandb")
            if self._mode == "offline" or not _is_logged_in(self._mode):
                self._go_offline()
            else:
                self._mode = "online"
        except Exception as error:
            self._step_down(error)

    def show(self, snapshot: Snapshot) -> None:
        """Bring a trial's run up to date."""
        if self._mode == "off":
            return
        try:
            self._show(snapshot)
        except Exception as error:
            self._step_down(error, snapshot)

    def close(self) -> None:
        """Write what is held, and end what is open as interrupted."""
        while self._mode != "off":
            try:
                while self._open or self._held:
                    self._fill()
                    self._interrupt()
                return
            except Exception as error:
                self._step_down(error)

    def _show(self, snapshot: Snapshot) -> None:
        trial_id = snapshot.trial.id
        if trial_id not in self._open and self._is_written(snapshot):
            return
        has_room = trial_id in self._open or len(self._open) < _MOST_OPEN
        if has_room or snapshot.state.is_final:
            self._held.pop(trial_id, None)
            self._write(snapshot)
            self._fill()
        else:
            self._held[trial_id] = snapshot

    def _fill(self) -> None:
        while self._held and len(self._open) < _MOST_OPEN:
            trial_id = next(iter(self._held))
            self._write(self._held[trial_id])
            del self._held[trial_id]

    def _write(self, snapshot: Snapshot) -> None:
        trial_id = snapshot.trial.id
        if trial_id not in self._open:
            self._open[trial_id] = _OpenRun(run=self._begin(snapshot), snapshot=snapshot)
        opened = self._open[trial_id]
        opened.snapshot = snapshot
        for epoch in range(opened.num_logged + 1, len(snapshot.results) + 1):
            opened.run.log(row(snapshot, epoch), step=epoch, commit=True)
        opened.num_logged = len(snapshot.results)
        opened.run.summary.update(summary(snapshot))
        if snapshot.state.is_final:
            self._finish(opened)

    def _begin(self, snapshot: Snapshot) -> wandb.Run:
        import wandb

        run_id = self._run_id(snapshot)
        for old in (self._folder / "wandb").glob(f"offline-run-*-{run_id}*"):
            shutil.rmtree(old)  # all that it had is written again
        self._mark_path(snapshot).unlink(missing_ok=True)
        sweep = self._spec
        run = wandb.init(
            id=run_id,
            resume="allow" if self._mode == "online" else None,
            reinit="create_new",
            dir=self._folder,
            name=run_name(snapshot.trial),
            group=sweep.name,
            job_type="trial",
            tags=[sweep.name[:_LONGEST_TAG]],
            notes=sweep.question,
            config=run_config(snapshot, self._provenance),
            allow_val_change=True,
            settings=_settings(),
        )
        run.define_metric("*", step_metric="epoch")
        return run

    def _finish(self, opened: _OpenRun) -> None:
        """End a run as its trial has ended, and note that all of it is written."""
        run, snapshot = opened.run, opened.snapshot
        if snapshot.state is not TrialState.COMPLETE:
            run.tags = (*(run.tags or ()), snapshot.state.value)
        run.finish(exit_code=1 if snapshot.state is TrialState.FAILED else 0)
        del self._open[snapshot.trial.id]
        path = self._mark_path(snapshot)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, json.dumps(self._mark(snapshot)) + "\n")

    def _interrupt(self) -> None:
        """End every open run; carrying on the sweep goes on with them."""
        import wandb

        for opened in self._open.values():
            opened.run.summary.update({"state": "interrupted"})
        wandb.teardown(exit_code=_INTERRUPTED)  # waits for all at once
        self._open.clear()

    def _step_down(self, error: Exception, *lost: Snapshot) -> None:
        """Go offline with every run that is open or lost, or give up if that is the trouble."""
        snapshots = {opened.snapshot.trial.id: opened.snapshot for opened in self._open.values()}
        snapshots |= {snapshot.trial.id: snapshot for snapshot in lost}
        self._open.clear()
        trouble = " ".join(str(error).split()).rstrip(".")
        if self._mode == "offline":
            self._mode = "off"
            self._warn(f"W&B: {trouble}; {LATER}")
            return
        self._go_offline()
        where = self._folder / "wandb" / "offline-run-*"
        self._warn(f"W&B: {trouble}; it goes on offline, and `wandb sync {where}` uploads the runs")
        for snapshot in snapshots.values():
            self.show(snapshot)

    def _go_offline(self) -> None:
        self._mode = "offline"
        # Only from the environment does offline mean that no connection is tried.
        os.environ["WANDB_MODE"] = "offline"
        import wandb

        with contextlib.suppress(Exception, SystemExit):  # it is given up whatever it says
            wandb.teardown()

    def _run_id(self, snapshot: Snapshot) -> str:
        # What epochs depend on is in it: a sweep's namesake is another sweep.
        provenance = dataclasses.asdict(self._provenance)
        return digest([self._spec.name, provenance, snapshot.trial.id])

    def _mark(self, snapshot: Snapshot) -> dict[str, Any]:
        return {
            "run": self._run_id(snapshot),
            "epochs": len(snapshot.results),
            "state": snapshot.state.value,
        }

    def _mark_path(self, snapshot: Snapshot) -> FilePath:
        return self._folder / "trials" / snapshot.trial.id / "wandb.json"

    def _is_written(self, snapshot: Snapshot) -> bool:
        try:
            mark = json.loads(self._mark_path(snapshot).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(mark == self._mark(snapshot))


def _prepare(folder: FilePath) -> None:
    """Make this process's environment and output fit for the client, before it is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "client.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    for name in ("WANDB_SERVICE", "WANDB_SWEEP_ID"):  # of another run that we may be part of
        os.environ.pop(name, None)
    os.environ |= {
        "WANDB_SILENT": "true",
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_CACHE_DIR": str(folder / "cache"),
    }
    os.environ.setdefault("WANDB_PROJECT", "lstm3-sweeps")
    os.environ.setdefault("WANDB_INIT_TIMEOUT", "30")  # seconds
    os.environ.setdefault("WANDB_FINISH_TIMEOUT", "30")


def _is_logged_in(mode: str) -> bool:
    """Return whether an API key is known; raises ConnectionError in mode "online" if not."""
    if mode == "online":
        os.environ["WANDB_MODE"] = "online"
    import wandb

    is_known = wandb.login(prompt=False, verify=False)
    if mode == "online" and not is_known:
        raise ConnectionError("no API key is known; `wandb login` stores one")
    return is_known


def _settings() -> wandb.Settings:
    import wandb

    return wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        finish_timeout_raises=True,
        symlink=False,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
        x_transaction_log_flush_interval=1.0,  # seconds; all since the last is lost in a crash
    )

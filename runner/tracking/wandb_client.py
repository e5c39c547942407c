"""W&B runs, of a sweep or of one trial under an agent, kept by a process of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from lstm3.durable import write_durably
from lstm3.fingerprint import digest
from runner.execution.children import be_child
from runner.storage.origin import Origin
from runner.storage.sweep_folder import SweepFolder
from runner.tracking.wandb_content import (
    Ask,
    Snapshot,
    Word,
    row,
    run_config,
    run_name,
    summary,
    tags,
)
from runner.tracking.wandb_setup import gave_up, is_to_stop, log_in, prepare, sample_table, settings
from runner.tree.trial import TrialState

if TYPE_CHECKING:
    import wandb

LATER = "carrying on the sweep completes its runs"

_MOST_OPEN = 32  # runs at a time: each costs the client files and memory, and many trials may wait
_INTERRUPTED = 255  # the exit code by which W&B knows runs that were interrupted


def serve(
    folder: SweepFolder,
    origin: Origin,
    agent_run: str | None,
    inbox: Queue[Snapshot | Ask],
    outbox: Connection,
) -> None:
    """Show every snapshot that comes through `inbox`, until it says how to close."""
    be_child()
    if agent_run is not None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the trial heeds it, and ends this process
    client = _Client(folder, origin, agent_run, outbox.send)
    while isinstance(asked := inbox.get(), Snapshot):
        client.show(asked)
    if asked is Ask.PREEMPT:
        client.preempt()
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
        self,
        folder: SweepFolder,
        origin: Origin,
        agent_run: str | None,
        say: Callable[[str | Word], None],
    ) -> None:
        self._folder, self._origin, self._agent_run = folder, origin, agent_run
        self._spec = origin.spec
        self._place = folder.path if agent_run is None else folder.agents / agent_run
        self._files = self._place / "wandb"
        self._say = say
        self._open: dict[str, _OpenRun] = {}  # by trial id
        self._held: dict[str, Snapshot] = {}  # likewise, the newest of each
        self._mode = self._spec.wandb
        try:
            self._begin_session()
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

    def preempt(self) -> None:
        """End what is open so that W&B gives it out again, unless W&B itself wants it ended."""
        try:
            for opened in list(self._open.values()):
                opened.run.summary.update({"state": "preempted"})
                if is_to_stop(opened.run):
                    self._say(Word.STOP)
                    opened.run.summary.update({"state": TrialState.STOPPED.value})
                    opened.run.finish(exit_code=0)
                else:
                    opened.run.mark_preempting()
                    opened.run.finish(exit_code=1)
            self._open.clear()
        except Exception as error:
            self._step_down(error)

    def _begin_session(self) -> None:
        if self._agent_run is None:
            for name in ("WANDB_SWEEP_ID", "WANDB_RUN_ID"):  # of a run that we may be part of
                os.environ.pop(name, None)
        prepare(self._files)
        if self._mode == "online":
            os.environ["WANDB_MODE"] = "online"
        if self._mode == "offline" or not log_in(is_needed=self._mode == "online"):
            self._go_offline()
        else:
            self._mode = "online"

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
        if snapshot.results and not opened.num_logged:
            # What its first epoch tells is new; to all else this changes nothing.
            config: Any = opened.run.config
            new = run_config(snapshot, self._origin.provenance)
            config.update(new, allow_val_change=True)
        opened.num_logged = len(snapshot.results)
        opened.run.summary.update(summary(snapshot))
        if snapshot.state.is_final:
            self._finish(opened)
        self._check()

    def _begin(self, snapshot: Snapshot) -> wandb.Run:
        import wandb

        run_id = self._run_id(snapshot)
        for old in self._files.glob(f"offline-run-*-{run_id}*"):
            shutil.rmtree(old)  # all that it had is written again
        self._mark_path(snapshot).unlink(missing_ok=True)
        run = wandb.init(
            id=run_id,
            resume="allow" if self._mode == "online" else None,
            reinit="create_new",
            dir=self._place,
            name=run_name(snapshot.trial),
            group=self._spec.name,
            job_type="final" if self._spec.is_finals else "trial",
            tags=tags(self._spec.name, TrialState.RUNNING),
            notes=self._spec.question,
            config=run_config(snapshot, self._origin.provenance),
            allow_val_change=True,
            settings=settings(lambda: self._say(Word.STOP), is_agents=self._agent_run is not None),
        )
        run.define_metric("*", step_metric="epoch")
        return run

    def _finish(self, opened: _OpenRun) -> None:
        """End a run as its trial has ended, and note that all of it is written."""
        from runner.models.samples import epoch_samples

        run, snapshot = opened.run, opened.snapshot
        config = snapshot.trial.config
        samples = epoch_samples(self._folder, self._origin, snapshot.keys, config)
        if samples:
            run.summary["samples"] = sample_table(samples)
        run.tags = tags(self._spec.name, snapshot.state)
        run.finish(exit_code=1 if snapshot.state is TrialState.FAILED else 0)
        self._check()
        del self._open[snapshot.trial.id]
        path = self._mark_path(snapshot)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, json.dumps(self._mark(snapshot, self._mode)) + "\n")

    def _interrupt(self) -> None:
        """End every open run; carrying on the sweep goes on with them."""
        import wandb

        for opened in self._open.values():
            opened.run.summary.update({"state": "interrupted"})
        wandb.teardown(exit_code=_INTERRUPTED)  # waits for all at once
        self._check()
        self._open.clear()

    def _check(self) -> None:
        if self._mode == "online" and gave_up(self._files):
            raise ConnectionError("the server refused a run's rows")

    def _step_down(self, error: Exception, *lost: Snapshot) -> None:
        """Go offline with every run that is open or lost, or give up if that is the trouble."""
        snapshots = {opened.snapshot.trial.id: opened.snapshot for opened in self._open.values()}
        snapshots |= {snapshot.trial.id: snapshot for snapshot in lost}
        self._open.clear()
        trouble = " ".join(str(error).split()).rstrip(".")
        if self._mode == "offline":
            self._mode = "off"
            self._say(f"W&B: {trouble}; {LATER}")
            return
        command = f"python -m runner wandb sync {self._folder.path}"
        if self._agent_run is not None:
            command = f"wandb sync {self._files}/offline-run-*"
        self._say(f"W&B: {trouble}; it goes on offline, and `{command}` uploads the runs later")
        self._go_offline()
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
        if self._agent_run is not None:
            return self._agent_run
        # What epochs depend on is in it: a sweep's namesake is another sweep. A trial's id has
        # its weights.
        provenance = dataclasses.replace(self._origin.provenance, weights={})
        return digest([self._spec.name, dataclasses.asdict(provenance), snapshot.trial.id])

    def _mark(self, snapshot: Snapshot, mode: str) -> dict[str, Any]:
        return {
            "run": self._run_id(snapshot),
            "epochs": len(snapshot.results),
            "state": snapshot.state.value,
            "mode": mode,
        }

    def _mark_path(self, snapshot: Snapshot) -> FilePath:
        if self._agent_run is not None:
            return self._place / "wandb.json"
        return self._folder.trial_path(snapshot.trial.id) / "wandb.json"

    def _is_written(self, snapshot: Snapshot) -> bool:
        """Return whether all of a run is where it belongs, or further."""
        try:
            mark = json.loads(self._mark_path(snapshot).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return mark in [self._mark(snapshot, mode) for mode in {self._mode, "online"}]

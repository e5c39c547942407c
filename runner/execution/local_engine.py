"""Workers as processes of this machine, one a slot, warm from epoch to epoch."""

from __future__ import annotations

import contextlib
import functools
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from lstm3.fingerprint import Provenance
from runner.execution.children import be_child, last_words, spawn, speak_into, start_child
from runner.execution.engine import Core, Died, EpochTask, Finished, MakeCore, Progressed, Report
from runner.execution.events import Slot
from runner.execution.faults import Broke, Fault, how_it_broke, why_none_starts
from runner.execution.promise import Promise
from runner.tree.outcome import EpochFailure, EpochResult

_PROGRESS_SECONDS = 0.25  # from one word of progress to the next
_PATIENCE_SECONDS = 5.0  # that a worker has to end by itself


def trainers(provenance: Provenance) -> MakeCore:
    """Return what makes the cores that train LSTM_3 as keys of this provenance promise."""
    return functools.partial(_make_trainer, Promise.of(provenance))


def _make_trainer(promise: Promise, slot: Slot) -> Core:
    from runner.execution.trainer import Trainer  # in the worker, since it loads torch

    return Trainer(slot.device, promise)


_Message = tuple[float, float] | EpochResult | EpochFailure | Broke


@dataclass(kw_only=True, eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    task: EpochTask | None = None


class LocalEngine:
    """One spawned process a slot; a worker that dies is replaced.

    What workers print goes to a file a slot in `logs`, which is begun anew by each worker.
    """

    def __init__(self, slots: Sequence[Slot], make_core: MakeCore, logs: Path) -> None:
        self.slots = slots
        self._make_core = make_core
        self._logs = logs
        logs.mkdir(parents=True, exist_ok=True)
        self._workers = {slot: self._start(slot) for slot in slots}

    def submit(self, slot: Slot, task: EpochTask) -> None:
        worker = self._workers[slot]
        assert worker.task is None, f"{slot} is busy"
        worker.task = task
        with contextlib.suppress(ConnectionError):  # it is dead, which `reports` will find
            worker.connection.send(task)

    def reports(self, timeout: float) -> list[Report]:
        ready = wait([worker.connection for worker in self._workers.values()], timeout)
        reports = []
        for slot, worker in list(self._workers.items()):
            if worker.connection in ready:
                report = self._receive(slot, worker)
                if report is not None:
                    reports.append(report)
        return reports

    def replace(self, slot: Slot, reason: str) -> Report | None:
        return self._replace(slot, Broke(reason=reason, fault=Fault.WORKER))

    def _replace(self, slot: Slot, broke: Broke) -> Report | None:
        worker = self._workers[slot]
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        self._workers[slot] = self._start(slot)
        if worker.task is None:
            return None
        return Died(slot=slot, task=worker.task, reason=broke.reason, fault=broke.fault)

    def close(self) -> None:
        for worker in self._workers.values():
            worker.process.terminate()
        end = time.monotonic() + _PATIENCE_SECONDS
        for worker in self._workers.values():
            worker.process.join(max(0.0, end - time.monotonic()))
            worker.process.kill()
            worker.process.join()
            worker.connection.close()

    def _start(self, slot: Slot) -> _Worker:
        ours, theirs = spawn.Pipe()
        process = spawn.Process(
            target=_serve,
            args=(theirs, slot, self._make_core, self._log(slot)),
            name=f"worker {slot.name}",
        )
        start_child(process)
        theirs.close()
        return _Worker(process=process, connection=ours)

    def _log(self, slot: Slot) -> Path:
        return self._logs / f"worker{slot.index}.log"

    def _receive(self, slot: Slot, worker: _Worker) -> Report | None:
        task = worker.task
        try:
            message: _Message = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join(_PATIENCE_SECONDS)
            ending = _how_it_ended(worker.process.exitcode) + last_words(self._log(slot))
            return self.replace(slot, ending)
        assert task is not None, f"{slot} reports without a task"
        if isinstance(message, tuple):
            fraction, speed = message
            return Progressed(slot=slot, task=task, fraction=fraction, tokens_per_second=speed)
        if isinstance(message, Broke):
            return self._replace(slot, message)  # what broke may be the process itself
        worker.task = None
        return Finished(slot=slot, task=task, outcome=message)


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"the worker was killed by {signal.Signals(-code).name}"
    return f"the worker ended with exit code {code}"


def _serve(connection: Connection, slot: Slot, make_core: MakeCore, log: Path) -> None:
    """Be a worker: train the epochs that come through `connection` until it is closed."""
    be_child()
    speak_into(log)
    try:
        core = _make(make_core, slot)
        while True:
            task: EpochTask = connection.recv()
            done = core if isinstance(core, Broke) else _run(core, task, connection)
            connection.send(done)
    except (EOFError, ConnectionError):
        return  # the coordinator is gone


def _make(make_core: MakeCore, slot: Slot) -> Core | Broke:
    try:
        return make_core(slot)
    except Exception as error:  # it is reported with the first task
        return why_none_starts(error)


def _run(core: Core, task: EpochTask, connection: Connection) -> _Message:
    said = 0.0
    epoch = core(task)
    try:
        while True:
            progress = next(epoch)
            now = time.monotonic()
            if now - said >= _PROGRESS_SECONDS:
                connection.send(progress)
                said = now
    except StopIteration as end:
        outcome: EpochResult | EpochFailure = end.value
        return outcome
    except ConnectionError:
        raise
    except Exception as error:  # whatever broke an epoch must not break the sweep
        return how_it_broke(error)

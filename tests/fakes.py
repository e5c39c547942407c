"""Small doubles behind our protocols: a core that learns by arithmetic instead of by gradients."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import time
from collections.abc import Generator
from pathlib import Path

from lstm3.config import Config
from lstm3.fingerprint import Provenance
from lstm3.metrics import EpochMetrics
from runner.execution.engine import EpochTask, Progress
from runner.execution.events import Slot
from runner.specs.spec import Choices, Spec
from runner.storage.record import Record
from runner.storage.store import EpochStore
from runner.tree.outcome import EpochFailure, EpochResult

PROVENANCE = Provenance(code="code", corpus="corpus", weights={}, device_type="cpu", torch="2")


def make_spec(**changes: object) -> Spec:
    """Return a small sweep over teacher forcing, with some keys changed."""
    values: dict[str, object] = {
        "name": "small",
        "corpus": "demo",
        "base": Config(num_epochs=5, patience=0),
        "axes": {
            "tf_from_epoch": Choices(values=(1, 2, 3)),
            "tf_decrease": Choices(values=(0.1, 0.2)),
        },
        "prune": None,
        "wandb": "off",
    }
    return Spec(**values | changes)  # type: ignore[arg-type]


def simulated(key: str, epoch: int) -> dict[str, float]:
    """Return the losses and BLEU of an epoch, as a function of its key and depth alone."""
    noise = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
    val_loss = 5.0 / (1 + epoch) + noise
    bleu = 30.0 * (1 - 0.7**epoch) + 5 * noise
    return {"val_loss": val_loss, "val_loss_no_tf": val_loss + 0.1, "bleu": bleu}


def simulated_result(key: str, epoch: int, sweep: str = "small") -> EpochResult:
    """Return the outcome of an epoch that was never trained."""
    values = simulated(key, epoch)
    return EpochResult(
        sweep=sweep,
        seconds=1.0,
        environment={},
        train_loss=values["val_loss"],
        sinergy=values["bleu"],
        bp=1.0,
        signature="simulated",
        num_tokens=100,
        num_parameters=1000,
        **values,
    )


class SimulatedCore:
    """Stores records and states as the real core does; `diverges` names epochs that fail."""

    def __init__(self, slot: Slot, *, diverges: frozenset[float] = frozenset()) -> None:
        self.slot, self.diverges = slot, diverges

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        yield 0.5, 1000.0
        store = EpochStore(task.store)
        attempts = store.begin(task.key)
        parent = store.check_state(task.parent) if task.epoch > 1 else {}
        facts = self._failure(task) or self._success(task, store)
        record = Record(
            key=task.key,
            parent=task.parent,
            epoch=task.epoch,
            settings=task.settings,
            sweep=task.sweep,
            seconds=1.0,
            attempts=attempts,
            environment={"made by": type(self).__name__},
            parent_weights=parent.get("weights"),
            **facts,
        )
        return store.put(record).outcome(task.bleu_tokenize)

    def content(self, key: str) -> str:
        """Return what the files of a state hold."""
        return key

    def _failure(self, task: EpochTask) -> dict[str, object] | None:
        if task.settings.teacher_forcing not in self.diverges:
            return None
        return {"failure": f"loss is not finite at epoch {task.epoch}"}

    def _success(self, task: EpochTask, store: EpochStore) -> dict[str, object]:
        values = simulated(task.key, task.epoch)
        for path in (store.weights_path(task.key), store.moments_path(task.key)):
            path.write_text(self.content(task.key))
        metrics = EpochMetrics(
            epoch=task.epoch,
            train_loss=values["val_loss"],
            val_loss=values["val_loss"],
            val_loss_no_tf=values["val_loss_no_tf"],
            num_tokens=100,
            hypotheses=(f"hypothesis of {task.key}",),
        )
        scores = {"bleu": values["bleu"], "sinergy": values["bleu"], "bp": 1.0}
        return {
            "metrics": metrics,
            "num_parameters": 1000,
            "state": store.state_digests(task.key),
            "scores": {task.bleu_tokenize: scores | {"signature": "simulated"}},
        }


def make_simulated_core(slot: Slot) -> SimulatedCore:
    return SimulatedCore(slot)


def make_core_after_meeting(meeting: Path, num_workers: int, slot: Slot) -> SimulatedCore:
    """Return a core once so many workers have come to a folder."""
    (meeting / f"{slot.index}").touch()
    for _ in range(6_000):
        if len(list(meeting.iterdir())) == num_workers:
            return SimulatedCore(slot)
        time.sleep(0.01)
    raise RuntimeError("the others did not come")


def make_diverging_core(slot: Slot) -> SimulatedCore:
    """Return a core whose loss is not finite wherever teacher forcing is 0.6."""
    return SimulatedCore(slot, diverges=frozenset({0.6}))


class MortalCore(SimulatedCore):
    """Kills its own process in the first attempts at epochs of depth 2, once for each key."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        grave = Path(task.store) / f"{task.key}.died"
        if task.epoch == 2 and not grave.exists():
            grave.touch()
            EpochStore(task.store).begin(task.key)
            os.kill(os.getpid(), signal.SIGKILL)
        return (yield from super().__call__(task))


def make_mortal_core(slot: Slot) -> SimulatedCore:
    return MortalCore(slot)


class FrozenCore(SimulatedCore):
    """Stops its own process in the first attempt at each epoch of depth 2."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        grave = Path(task.store) / f"{task.key}.froze"
        if task.epoch == 2 and not grave.exists():
            grave.touch()
            EpochStore(task.store).begin(task.key)
            os.kill(os.getpid(), signal.SIGSTOP)
        return (yield from super().__call__(task))


def make_frozen_core(slot: Slot) -> SimulatedCore:
    return FrozenCore(slot)


class DoomedCore(SimulatedCore):
    """Breaks on every epoch whose teacher forcing is 0.6."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        if task.settings.teacher_forcing == 0.6:
            raise ValueError("no such number")
        return (yield from super().__call__(task))


def make_doomed_core(slot: Slot) -> SimulatedCore:
    return DoomedCore(slot)


class GreedyCore(SimulatedCore):
    """Runs out of memory while another epoch is trained on its device.

    Every second epoch needs a device alone; the others say for how long they are there.
    """

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        folder = Path(task.store) / "running"
        folder.mkdir(exist_ok=True)
        mine = folder / f"{self.slot.device}.{self.slot.index}"
        mine.touch()
        try:
            time.sleep(0.02)
            others = [path for path in folder.glob(f"{self.slot.device}.*") if path != mine]
            if others and int(task.key, 16) % 2:
                raise MemoryError("CUDA out of memory")
            return (yield from super().__call__(task))
        finally:
            mine.unlink()


def make_greedy_core(slot: Slot) -> SimulatedCore:
    return GreedyCore(slot)


class HungryCore(SimulatedCore):
    """Has too little memory for teacher forcing 0.6, even alone."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        if task.settings.teacher_forcing == 0.6:
            raise MemoryError("CUDA out of memory")
        return (yield from super().__call__(task))


def make_hungry_core(slot: Slot) -> SimulatedCore:
    return HungryCore(slot)


class BrokenDevice(SimulatedCore):
    """Trains nothing on cuda:1."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        if self.slot.device == "cuda:1":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return (yield from super().__call__(task))


def make_core_with_a_broken_device(slot: Slot) -> SimulatedCore:
    return BrokenDevice(slot)


class CrashingCore(SimulatedCore):
    """Reads where there is no memory, at teacher forcing 0.6."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        if task.settings.teacher_forcing == 0.6:
            ctypes.string_at(0)
        return (yield from super().__call__(task))


def make_crashing_core(slot: Slot) -> SimulatedCore:
    return CrashingCore(slot)


class ChangedCore(SimulatedCore):
    """Gets other weights than SimulatedCore does, as another kind of processor may."""

    def content(self, key: str) -> str:
        return f"other weights of {key}"


def make_changed_core(slot: Slot) -> SimulatedCore:
    return ChangedCore(slot)


class Unrepeatable(SimulatedCore):
    """Cannot train an epoch of depth 2 that is known already: it breaks, or its loss diverges."""

    def __init__(self, slot: Slot, *, breaks: bool) -> None:
        super().__init__(slot)
        self.breaks = breaks

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        if self.breaks and self._is_hopeless(task):
            raise ValueError("no such number")
        return (yield from super().__call__(task))

    def _failure(self, task: EpochTask) -> dict[str, object] | None:
        return {"failure": "loss is not finite"} if self._is_hopeless(task) else None

    def _is_hopeless(self, task: EpochTask) -> bool:
        return task.epoch == 2 and EpochStore(task.store).get(task.key) is not None


class SlowCore(SimulatedCore):
    """Takes a moment, and notes each epoch that it trains."""

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        time.sleep(0.02)
        with (Path(task.store) / "trained").open("a") as file:
            file.write(f"{task.key}\n")
        return (yield from super().__call__(task))


def make_slow_core(slot: Slot) -> SimulatedCore:
    return SlowCore(slot)

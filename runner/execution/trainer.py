"""The core that real workers run: trains one epoch of LSTM_3 and remembers it."""

from __future__ import annotations

import dataclasses
import functools
import platform
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lstm3.bleu import score
from lstm3.config import Config
from lstm3.encoding import EncodedCorpus, load_encoded
from lstm3.epoch import iterate_epoch
from lstm3.errors import CorpusError, NonFiniteLossError, StateError
from lstm3.state import TrainingState, create_state, load_state, save_state
from runner.execution.engine import EpochTask, Progress
from runner.execution.faults import DeviceError, PlaceError
from runner.execution.promise import Promise
from runner.storage.record import Record
from runner.storage.store import EpochStore, StoreError
from runner.tree.outcome import EpochFailure, EpochResult


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """One try to train an epoch."""

    number: int  # from 1: more after crashes
    began: float  # by the clock of time.perf_counter

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began


class Trainer:
    """Trains epochs on one device, and keeps the state of the last one for its children.

    Raises PlaceError where it cannot train them as their keys promise.
    """

    def __init__(self, device: str, promise: Promise) -> None:
        promise.check_process()
        self._promise = promise
        self._device = torch.device(device)
        self._held: tuple[str, TrainingState, str] | None = None  # key, state, weights' digest
        self._load_corpus = functools.lru_cache(maxsize=4)(_load_corpus)

    def __call__(self, task: EpochTask) -> Generator[Progress, None, EpochResult | EpochFailure]:
        """Train and store the epoch of `task`; yield progress, return its outcome."""
        _touch(self._device)
        store = EpochStore(task.store)
        attempt = _Attempt(number=store.begin(task.key), began=time.perf_counter())
        corpus = self._load_corpus(task.corpus)
        state, parent_weights = self._state(task, corpus)
        try:
            record = yield from self._train(task, state, corpus, attempt)
        except NonFiniteLossError as error:
            record = self._record(task, attempt, failure=str(error))
        record = dataclasses.replace(record, parent_weights=parent_weights)
        remembered = store.put(record)
        is_scored = remembered.is_scored(task.bleu_tokenize)  # else it was made under another one
        return (remembered if is_scored else record).outcome(task.bleu_tokenize)

    def _state(self, task: EpochTask, corpus: EncodedCorpus) -> tuple[TrainingState, str | None]:
        """Return the state that the epoch starts from, held, stored or fresh, and its digest."""
        held, self._held = self._held, None  # training consumes it
        if held is not None and held[0] == task.parent:
            return held[1:]
        if task.epoch == 1:
            return self._first_state(task.config, corpus), None
        store = EpochStore(task.store)
        digests = store.check_state(task.parent)
        files = store.weights_path(task.parent), store.moments_path(task.parent)
        try:
            return load_state(*files, task.config, corpus, self._device), digests["weights"]
        except StateError as error:
            raise StoreError(error.problems) from None

    def _first_state(self, config: Config, corpus: EncodedCorpus) -> TrainingState:
        try:
            return create_state(config, corpus, self._device)
        finally:  # that other weights are there now explains whatever became of it
            if config.weights is not None:
                self._promise.check_weights(config.weights)

    def _train(
        self, task: EpochTask, state: TrainingState, corpus: EncodedCorpus, attempt: _Attempt
    ) -> Generator[Progress, None, Record]:
        epoch = iterate_epoch(state, task.settings, corpus)
        while True:
            try:
                progress = next(epoch)
            except StopIteration as end:
                state, metrics = end.value
                break
            yield progress.fraction, progress.num_tokens / attempt.seconds
        store = EpochStore(task.store)
        save_state(state, store.weights_path(task.key), store.moments_path(task.key))
        digests = store.state_digests(task.key)
        self._held = (task.key, state, digests["weights"])
        scores = score(metrics.hypotheses, corpus.valid_trg, task.bleu_tokenize)
        return self._record(
            task,
            attempt,
            metrics=metrics,
            num_parameters=state.model.num_parameters,
            scores={task.bleu_tokenize: dataclasses.asdict(scores)},
            state=digests,
        )

    def _record(self, task: EpochTask, attempt: _Attempt, **facts: Any) -> Record:
        return Record(
            key=task.key,
            parent=task.parent,
            epoch=task.epoch,
            settings=task.settings,
            sweep=task.sweep,
            seconds=attempt.seconds,
            attempts=attempt.number,
            environment=self._environment(task),
            **facts,
        )

    def _environment(self, task: EpochTask) -> dict[str, Any]:
        return {
            "torch": torch.__version__,
            "python": platform.python_version(),
            "device": str(self._device),
            "processor": _processor(self._device),
            "threads": task.config.threads,
            "precision": task.config.precision,
        }


def _load_corpus(folder: Path) -> EncodedCorpus:
    """Return an encoded corpus; raises PlaceError, for it lies among the results."""
    try:
        corpus = load_encoded(folder)
        _ = corpus.valid_src, corpus.valid_trg  # which would else be read when first asked for
    except (StateError, CorpusError) as error:
        raise PlaceError(str(error)) from None
    return corpus


@functools.cache
def _touch(device: torch.device) -> None:
    """Compute something, so that no epoch is blamed for a device that cannot; raises DeviceError.

    That waits for an epoch: a GPU may have no room left for a worker until it is given one.
    """
    try:
        torch.ones(1, device=device).item()
    except Exception as error:  # torch has many
        what = str(error).partition("\n")[0]
        raise DeviceError(f"{device} cannot be used: {type(error).__name__}: {what}") from None


@functools.cache
def _processor(device: torch.device) -> str:
    """Return the model of what computes, as its maker calls it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    names = Path("/proc/cpuinfo")
    if names.exists():
        for line in names.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

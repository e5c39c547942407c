"""One epoch: a pure function of a training state, the epoch's settings and the corpus.

Whatever else is said here may change a number only by changing this function's key, which holds
the code of all that it reaches.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from lstm3.arithmetic import arithmetic, autocast
from lstm3.dataset import Batch, TranslationDataset
from lstm3.encoding import EncodedCorpus
from lstm3.errors import ConfigError, NonFiniteLossError, StateError
from lstm3.loss import training_loss
from lstm3.memory import give_back, tune_heap
from lstm3.metrics import EpochMetrics
from lstm3.model import LSTM_3
from lstm3.randomness import Stream, generator
from lstm3.sampling import draw_own, find_inputs
from lstm3.schedule import EpochSettings
from lstm3.search import text_of
from lstm3.state import TrainingState
from lstm3.validation import BATCH_SIZE, put_together, validate_batch

_STEPS_BETWEEN_CHECKS = 50  # of the loss on a device that computes while we go on; each waits


class Phase(enum.Enum):
    TRAIN = "train"
    VALIDATE = "validate"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an epoch is."""

    phase: Phase
    step: int  # batches done, of both phases
    num_steps: int
    num_tokens: int  # target tokens trained on so far

    @property
    def fraction(self) -> float:
        return self.step / self.num_steps


def run_epoch(
    state: TrainingState, settings: EpochSettings, corpus: EncodedCorpus
) -> tuple[TrainingState, EpochMetrics]:
    """Train one epoch from `state`, which is consumed, and return what `iterate_epoch` does."""
    epoch = iterate_epoch(state, settings, corpus)
    while True:
        try:
            next(epoch)
        except StopIteration as end:
            result: tuple[TrainingState, EpochMetrics] = end.value
            return result


def iterate_epoch(
    state: TrainingState, settings: EpochSettings, corpus: EncodedCorpus
) -> Generator[Progress, None, tuple[TrainingState, EpochMetrics]]:
    """Train one epoch and validate; yield after every batch, return the next state and metrics.

    Raises StateError if the state belongs to another vocabulary, ConfigError if no pair is short
    enough to train on, and NonFiniteLossError if training diverges; the state is of no use then.
    """
    _check_fit(state, corpus)
    tune_heap()
    config, model, epoch = state.config, state.model, state.epoch + 1
    train, valid = TranslationDataset(corpus.train), TranslationDataset(corpus.valid)
    streams = _Streams.of(config.seed, epoch, model.device)
    train_batches = train.training_batches(config.batch_size, config.max_len, streams.shuffle)
    valid_batches = valid.sorted_batches(BATCH_SIZE)
    num_steps = len(train_batches) + len(valid_batches)
    if not train_batches:
        raise ConfigError(f"max_len: {config.max_len} leaves out every training pair")

    state.set(settings)
    interval = 1 if model.device.type == "cpu" else _STEPS_BETWEEN_CHECKS
    losses = Losses(epoch=epoch, lr=settings.lr, interval=interval)
    num_tokens = 0
    for step, indices in enumerate(train_batches, start=1):
        batch = train.batch(indices)
        losses.add(*_train_step(state, settings, batch, streams))
        num_tokens += batch.num_tokens
        yield Progress(phase=Phase.TRAIN, step=step, num_steps=num_steps, num_tokens=num_tokens)
    train_loss = losses.total() / num_tokens

    parts = []
    for step, indices in enumerate(valid_batches, start=len(train_batches) + 1):
        parts.append(validate_batch(model, valid.batch(indices)))
        yield Progress(phase=Phase.VALIDATE, step=step, num_steps=num_steps, num_tokens=num_tokens)
    validation = put_together(parts, valid_batches)
    give_back()
    if not math.isfinite(validation.loss + validation.loss_no_tf):
        raise NonFiniteLossError(epoch=epoch, step=len(train_batches), lr=settings.lr)

    state.epoch = epoch
    metrics = EpochMetrics(
        epoch=epoch,
        train_loss=train_loss,
        val_loss=validation.loss_per_token,
        val_loss_no_tf=validation.loss_no_tf_per_token,
        num_tokens=num_tokens,
        hypotheses=tuple(
            text_of(hypothesis, source, corpus.trg_vocab)
            for hypothesis, source in zip(validation.hypotheses, corpus.valid_src, strict=True)
        ),
    )
    return state, metrics


def _train_step(
    state: TrainingState, settings: EpochSettings, batch: Batch, streams: _Streams
) -> tuple[Tensor, Tensor]:
    """Take one step of the optimizer; return the batch's loss and its plain loss, summed."""
    model, config = state.model, state.config
    is_own = None
    if settings.teacher_forcing < 1:
        is_own = draw_own(batch.inputs, settings.teacher_forcing, streams.teacher_forcing)
    with arithmetic(config):
        loss, nll = batch_loss(
            model, batch.to(model.device), settings.label_smoothing, is_own, streams.dropout
        )
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
        state.optimizer.step()
        state.optimizer.zero_grad()  # here: they need not be there during the next step's passes
        model.pin_gates()
    return loss.detach(), nll


def batch_loss(
    model: LSTM_3,
    batch: Batch,
    label_smoothing: float,
    is_own: Tensor | None,
    dropout: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return the mean loss of a batch, to be minimised, and its plain loss summed over tokens.

    Decoder inputs are the reference, or where `is_own` (B, T) the model's own likeliest token.
    """
    with autocast(model.config, model.device):
        memory, start = model.encode(batch.src, batch.src_lengths, dropout)
        masks = model.draw_masks(batch.inputs, memory, dropout)
        inputs = batch.inputs
        if is_own is not None:
            inputs = find_inputs(model, inputs, is_own, start, memory, masks)
        features, _, _ = model.decode(inputs, start, memory, masks)
        return training_loss(
            model.classifier, batch.select_targets(features), batch.targets, label_smoothing
        )


@dataclass(frozen=True, kw_only=True)
class _Streams:
    """The generators of one epoch; only dropout is drawn where the model is."""

    shuffle: torch.Generator
    dropout: torch.Generator
    teacher_forcing: torch.Generator

    @staticmethod
    def of(seed: int, epoch: int, device: torch.device) -> _Streams:
        return _Streams(
            shuffle=generator(seed, epoch, Stream.SHUFFLE),
            dropout=generator(seed, epoch, Stream.DROPOUT, device),
            teacher_forcing=generator(seed, epoch, Stream.TEACHER_FORCING),
        )


class Losses:
    """The losses of an epoch's steps, which must be finite; asking a GPU for them waits for it.

    So they are asked for once in `interval` steps, and stay where they are until then.
    """

    def __init__(self, *, epoch: int, lr: float, interval: int) -> None:
        self._epoch, self._lr, self._interval = epoch, lr, interval
        self._losses: list[Tensor] = []
        self._nlls: list[Tensor] = []

    def add(self, loss: Tensor, nll: Tensor) -> None:
        """Take the loss of one more step; raises NonFiniteLossError at the end of an interval."""
        self._losses.append(loss)
        self._nlls.append(nll)
        if len(self._losses) % self._interval == 0:
            self._check(self._losses[-self._interval :])

    def total(self) -> float:
        """Return the plain losses of all steps, summed in fp64."""
        self._check(self._losses)
        return math.fsum(torch.stack(self._nlls).tolist())

    def _check(self, latest: list[Tensor]) -> None:
        first = len(self._losses) - len(latest) + 1
        for step, loss in enumerate(torch.stack(latest).tolist(), start=first):
            if not math.isfinite(loss):
                raise NonFiniteLossError(epoch=self._epoch, step=step, lr=self._lr)


def _check_fit(state: TrainingState, corpus: EncodedCorpus) -> None:
    if state.vocab_digest != corpus.vocab_digest:
        raise StateError(
            f"the training state is of vocabulary {state.vocab_digest}; "
            f"the corpus has {corpus.vocab_digest}"
        )

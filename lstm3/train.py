"""One model trained by itself, from its config to its folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from lstm3.bleu import Scores, score
from lstm3.checkpoint import checkpoint_name
from lstm3.config import Config
from lstm3.encoding import EncodedCorpus
from lstm3.epoch import Progress, iterate_epoch
from lstm3.metrics import EpochMetrics
from lstm3.model_folder import CHECKPOINTS, clear, save_model
from lstm3.schedule import EpochSettings, Schedule
from lstm3.state import create_state
from lstm3.weights import write_tensors


@dataclass(frozen=True, kw_only=True)
class EpochTrained:
    """An epoch of a training run, done and saved."""

    settings: EpochSettings
    metrics: EpochMetrics
    scores: Scores
    seconds: float
    is_best: bool
    num_parameters: int


def train(
    config: Config, corpus: EncodedCorpus, device: torch.device, folder: Path
) -> Iterator[Progress | EpochTrained]:
    """Train all epochs; yield progress after every batch, and every epoch once it is saved.

    `folder` becomes a model folder with the weights of the best epoch by BLEU; its `checkpoints`
    has those of every epoch from `save_from_epoch` on, and of the last. An older model that it
    holds stays until the first epoch is done.
    """
    state = create_state(config, corpus, device)
    schedule = Schedule.start(config)
    best = -1.0
    for epoch in range(1, config.num_epochs + 1):
        began = time.perf_counter()
        settings = schedule.settings(config)
        state, metrics = yield from iterate_epoch(state, settings, corpus)
        schedule = schedule.after(metrics.val_loss, config)
        scores = score(metrics.hypotheses, corpus.valid_trg, config.bleu_tokenize)
        is_best = scores.bleu > best
        weights = state.model.state_dict()
        if is_best:
            if epoch == 1:
                clear(folder)
            best = scores.bleu
            save_model(folder, weights, config, corpus)
        if epoch >= config.save_from_epoch or epoch == config.num_epochs:
            name = checkpoint_name(config, state.model.num_parameters, epoch)
            (folder / CHECKPOINTS).mkdir(exist_ok=True)
            metadata = {"vocab": corpus.vocab_digest}
            write_tensors(folder / CHECKPOINTS / name, weights, metadata)
        yield EpochTrained(
            settings=settings,
            metrics=metrics,
            scores=scores,
            seconds=time.perf_counter() - began,
            is_best=is_best,
            num_parameters=state.model.num_parameters,
        )

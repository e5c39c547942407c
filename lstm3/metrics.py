"""What an epoch of training leaves behind, its state aside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EpochMetrics:
    """The facts of one epoch, from which all else (BLEU, schedules, tables) is derived.

    Losses are plain cross-entropies in nats per target token, <EOS> counted, never smoothed.
    """

    epoch: int  # from 1
    train_loss: float  # of the model while it learned: with dropout, on the inputs it was given
    val_loss: float  # every decoder input is the reference
    val_loss_no_tf: float  # every decoder input is the model's own greedy token
    num_tokens: int  # target tokens trained on
    hypotheses: tuple[str, ...]  # greedy translations of the validation set, in its order

"""The reference core: LSTM_3's mathematics in the obvious way, to measure the real core against.

Packed sequences, logits over every position, torch's own loss, dropout and AdamW; below teacher
forcing 1 a loop that steps, classifies and learns token by token; greedy search that goes on until
the last sentence is done. With dropout off it equals the real core number for number.

Shapes: B sentences, S source and T target positions, H hidden size, V target vocabulary.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm3.config import Config
from lstm3.dataset import Batch
from lstm3.model import LSTM_3
from lstm3.vocab import BOS, EOS, PAD, UNK

State = tuple[Tensor, Tensor]  # h and c of all layers, (L, B, H) each


class Reference(nn.Module):
    """The translation model of a config, and its training step."""

    def __init__(self, config: Config, src_size: int, trg_size: int) -> None:
        super().__init__()
        self.config = config
        embedding, hidden, num_layers = (
            config.embedding_dim,
            config.hidden_size,
            config.num_layers,
        )
        self.src_embedding = nn.Embedding(src_size, embedding, padding_idx=PAD)
        self.src_norm = nn.LayerNorm(embedding)
        self.encoder = nn.LSTM(
            embedding,
            hidden,
            num_layers,
            batch_first=True,
            bidirectional=True,
            dropout=config.dropout_enc if num_layers > 1 else 0.0,
        )
        self.project = nn.Linear(2 * hidden, hidden)
        self.project_h = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in range(num_layers))
        self.project_c = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in range(num_layers))
        self.memory_norm = nn.LayerNorm(hidden)
        self.trg_embedding = nn.Embedding(trg_size, embedding, padding_idx=PAD)
        self.trg_norm = nn.LayerNorm(embedding)
        self.decoder = nn.LSTM(
            embedding,
            hidden,
            num_layers,
            batch_first=True,
            dropout=config.dropout_dec if num_layers > 1 else 0.0,
        )
        self.output_norm = nn.LayerNorm(hidden)
        self.classifier = nn.Linear(2 * hidden, trg_size)
        self.optimizer = torch.optim.AdamW(self.parameters(), amsgrad=config.amsgrad)

    @torch.no_grad()
    def copy_from(self, model: LSTM_3) -> None:
        """Take the weights of a real core's model."""
        encoder, decoder = model.encoder, model.decoder
        pairs = [
            (self.src_embedding, encoder.embedding),
            (self.src_norm, encoder.embedding_norm),
            (self.project, encoder.project),
            (self.project_h, encoder.project_h),
            (self.project_c, encoder.project_c),
            (self.memory_norm, encoder.norm),
            (self.trg_embedding, decoder.embedding),
            (self.trg_norm, decoder.embedding_norm),
            (self.output_norm, decoder.norm),
            (self.classifier, model.classifier),
        ]
        for mine, theirs in pairs:
            mine.load_state_dict(theirs.state_dict())
        for lstm, layers in (
            (self.encoder, [layer.lstm for layer in encoder.layers]),
            (self.decoder, decoder.layers),
        ):
            for depth, layer in enumerate(layers):
                for name, weight in cast(nn.Module, layer).named_parameters():
                    mine = getattr(lstm, name.replace("_l0", f"_l{depth}"))
                    mine.copy_(weight[:, : mine.shape[1]] if mine.dim() == 2 else weight)

    def train_step(self, batch: Batch, label_smoothing: float, is_own: Tensor | None) -> float:
        """Take one step of the optimizer; return the batch's mean loss."""
        self.train()
        self.optimizer.zero_grad()
        loss = self.loss(batch, label_smoothing, is_own)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters(), self.config.clip_norm)
        self.optimizer.step()
        return loss.item()

    def loss(self, batch: Batch, label_smoothing: float, is_own: Tensor | None) -> Tensor:
        """Return the mean loss over target tokens.

        Inputs are the reference, or where `is_own` (B, T) the model's own likeliest token.
        """
        memory, is_padding, state = self.encode(batch.src, batch.src_lengths)
        if is_own is None:
            logits, _ = self.decode(batch.inputs, state, memory, is_padding)  # (B, T, V)
        else:
            token, steps = batch.inputs[:, 0], []
            for step in range(batch.inputs.shape[1]):
                logits, state = self.decode(token.unsqueeze(1), state, memory, is_padding)
                steps.append(logits)
                if step + 1 < batch.inputs.shape[1]:
                    own = logits[:, 0].argmax(dim=-1)
                    token = own.where(is_own[:, step + 1], batch.inputs[:, step + 1])
            logits = torch.cat(steps, dim=1)  # (B, T, V)
        return cross_entropy(
            logits.flatten(0, 1),
            batch.trg[:, 1:].flatten(),
            ignore_index=PAD,
            label_smoothing=label_smoothing,
        )

    def encode(self, src: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, State]:
        """Return the memory (B, S, H), where it is padding (B, S), and the decoder's start."""
        config = self.config
        x = dropout(self.src_norm(self.src_embedding(src)), config.dropout_emb, self.training)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        packed, (h, c) = self.encoder(packed)  # h, c (2L, B, H)
        outputs, _ = pad_packed_sequence(packed, batch_first=True)  # (B, S, 2H)
        memory = self.memory_norm(self.project(outputs))
        state = _both_directions(self.project_h, h), _both_directions(self.project_c, c)
        return dropout(memory, config.dropout_enc, self.training), src == PAD, state

    def decode(
        self, tokens: Tensor, state: State, memory: Tensor, is_padding: Tensor
    ) -> tuple[Tensor, State]:
        """Return logits (B, T, V) and the state after `tokens` (B, T)."""
        config = self.config
        x = dropout(self.trg_norm(self.trg_embedding(tokens)), config.dropout_emb, self.training)
        x, state = self.decoder(x, state)
        outputs = dropout(self.output_norm(x), config.dropout_dec, self.training)  # (B, T, H)
        scores = outputs @ memory.transpose(1, 2) * config.hidden_size**-0.5  # (B, T, S)
        weights = scores.masked_fill(is_padding.unsqueeze(1), -torch.inf).softmax(dim=-1)
        weights = dropout(weights, config.dropout_attention, self.training)
        return self.classifier(torch.cat([outputs, weights @ memory], dim=-1)), state

    @torch.no_grad()
    def validate(self, batch: Batch) -> tuple[float, float, list[list[int]]]:
        """Return two losses, with and without teacher forcing, and the greedy translations.

        Losses are summed over target tokens.
        """
        self.eval()
        loss = float(self.loss(batch, 0.0, None)) * batch.num_tokens
        hypotheses, loss_no_tf = self.search(batch, batch.trg[:, 1:])
        return loss, loss_no_tf, hypotheses

    @torch.no_grad()
    def search(self, batch: Batch, targets: Tensor | None = None) -> tuple[list[list[int]], float]:
        """Return the greedy translations, and the loss of `targets` (B, T) under the same steps."""
        self.eval()
        num_targets = 0 if targets is None else targets.shape[1]
        limits = 2 * batch.src_lengths + 10
        memory, is_padding, state = self.encode(batch.src, batch.src_lengths)
        token = torch.full_like(batch.src[:, 0], BOS)
        is_open = torch.ones_like(token, dtype=torch.bool)
        tokens: list[Tensor] = []
        loss_no_tf = 0.0
        while len(tokens) < num_targets or is_open.any():
            logits, state = self.decode(token.unsqueeze(1), state, memory, is_padding)
            logits = logits[:, 0]
            if targets is not None and len(tokens) < num_targets:
                target = targets[:, len(tokens)]
                loss_no_tf += float(
                    cross_entropy(logits, target, ignore_index=PAD, reduction="sum")
                )
            logits[:, [UNK, PAD, BOS]] = -torch.inf
            token = logits.argmax(dim=-1)
            tokens.append(token)
            is_open &= (token != EOS) & (len(tokens) < limits)
        rows = zip(torch.stack(tokens, dim=1).tolist(), limits.tolist(), strict=True)
        return [_until_end(row[:limit]) for row, limit in rows], loss_no_tf


def _until_end(tokens: list[int]) -> list[int]:
    return tokens[: tokens.index(EOS)] if EOS in tokens else tokens


def _both_directions(projections: nn.ModuleList, states: Tensor) -> Tensor:
    """Return the decoder's states (L, B, H) of the encoder's (2L, B, H)."""
    forward, backward = states[0::2], states[1::2]
    return torch.stack(
        [
            project(torch.cat(both, dim=-1))
            for project, *both in zip(projections, forward, backward, strict=True)
        ]
    )

"""LSTM_3: a bidirectional LSTM encoder, and one LSTM decoder with attention for every use.

Shapes: B sentences, S source positions, T target positions, E embedding size, H hidden size,
L layers, V target vocabulary, N rows of any kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lstm3.config import Config
from lstm3.dropout import Masks, apply_mask, draw_mask, drop
from lstm3.vocab import PAD

LSTMState = tuple[tuple[Tensor, Tensor], ...]  # of each layer: h and c, (1, B, H) each

_SHUT = 1e4  # as a gate's input: sigmoid(-_SHUT) is exactly 0, and sigmoid(_SHUT) exactly 1


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the encoder makes of the source sentences, for attention."""

    values: Tensor  # (B, S, H)
    is_padding: Tensor  # (B, S)

    def rows(self, index: Tensor) -> Memory:
        return Memory(values=self.values[index], is_padding=self.is_padding[index])


class LSTM_3(nn.Module):
    """The translation model of `config` for vocabularies of these sizes.

    It drops nothing by itself: dropout happens where masks, or a generator of them, are given.
    """

    def __init__(self, config: Config, src_size: int, trg_size: int) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config, src_size)
        self.decoder = Decoder(config, trg_size)
        self.classifier = nn.Linear(2 * config.hidden_size, trg_size)

    @property
    def num_parameters(self) -> int:
        """The number of parameters that are trained."""
        pinned = sum(layer.num_pinned for layer in self._padding_proof_layers())
        return sum(parameter.numel() for parameter in self.parameters()) - pinned

    def pin_gates(self) -> None:
        """Keep the gates that padding shuts as they are; due after each step of the optimizer."""
        for layer in self._padding_proof_layers():
            layer.pin_gates()

    def _padding_proof_layers(self) -> list[PaddingProofLSTM]:
        return [layer for layer in self.modules() if isinstance(layer, PaddingProofLSTM)]

    @property
    def device(self) -> torch.device:
        return self.classifier.weight.device

    def encode(
        self, src: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Memory, LSTMState]:
        """Return the memory of source sentences (B, S) and the state that decoding starts from."""
        memory, state = self.encoder(src, lengths, generator)
        return memory, state

    def decode(
        self, tokens: Tensor, state: LSTMState, memory: Memory, masks: Masks | None = None
    ) -> tuple[Tensor, Tensor, LSTMState]:
        """Return features (B, T, 2H), attention weights (B, T, S) and the state after `tokens`.

        `tokens` (B, T) are the decoder's inputs, any number of them: attention does not feed the
        recurrence, so T positions at once and T calls with one each are the same computation.
        """
        outputs, state = self.decoder.recur(tokens, state, masks)
        mask = None if masks is None else masks.attention
        features, weights = self.decoder.attend(outputs, memory, mask)
        return features, weights, state

    def classify(self, features: Tensor) -> Tensor:
        """Return logits (..., V) of features (..., 2H), in fp32."""
        logits: Tensor = self.classifier(features)
        return logits.float()

    def draw_masks(self, tokens: Tensor, memory: Memory, generator: torch.Generator) -> Masks:
        """Return dropout masks for one decoder pass over `tokens` (B, T)."""
        config, length = self.config, memory.values.shape[1]

        def mask(size: int, p: float) -> Tensor | None:
            return draw_mask((*tokens.shape, size), p, generator)

        return Masks(
            embedding=mask(config.embedding_dim, config.dropout_emb),
            outputs=tuple(
                mask(config.hidden_size, config.dropout_dec) for _ in range(config.num_layers)
            ),
            attention=mask(length, config.dropout_attention),
        )


class Encoder(nn.Module):
    """Embeddings, bidirectional LSTM layers, and the projections to the decoder's size."""

    def __init__(self, config: Config, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        size, hidden, num_layers = config.embedding_dim, config.hidden_size, config.num_layers
        self.embedding = nn.Embedding(vocab_size, size, padding_idx=PAD)
        self.embedding_norm = nn.LayerNorm(size)
        self.layers = nn.ModuleList(
            PaddingProofLSTM(inputs, hidden) for inputs in (size, *[2 * hidden] * (num_layers - 1))
        )
        self.project = nn.Linear(2 * hidden, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.project_h = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in self.layers)
        self.project_c = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in self.layers)

    def forward(
        self, src: Tensor, lengths: Tensor, generator: torch.Generator | None
    ) -> tuple[Memory, LSTMState]:
        config = self.config
        is_padding = src == PAD  # (B, S)
        x = self.embedding_norm(self.embedding(src))  # (B, S, E)
        x = drop(x, config.dropout_emb, generator)
        state: list[tuple[Tensor, Tensor]] = []
        for layer, project_h, project_c in zip(
            self.layers, self.project_h, self.project_c, strict=True
        ):
            if state:
                x = drop(x, config.dropout_enc, generator)
            x, h, c = layer(x, lengths, is_padding)  # (B, S, 2H), (B, 2H), (B, 2H)
            state.append((project_h(h).unsqueeze(0), project_c(c).unsqueeze(0)))
        values = drop(self.norm(self.project(x)), config.dropout_enc, generator)  # (B, S, H)
        return Memory(values=values, is_padding=is_padding), tuple(state)


class PaddingProofLSTM(nn.Module):
    """A bidirectional LSTM layer that stands still on padding, exactly.

    One more input is 1 on padding, where its weights shut the input gate and open the forget
    gate: forwards the cell is carried unchanged to the end of the batch, backwards it stays zero
    until a sentence's last token, and no gradient comes from there. Packed sequences do the same
    in more time.
    """

    gates: Tensor

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_size + 1, hidden_size, batch_first=True, bidirectional=True)
        gates = torch.zeros(4, hidden_size)  # input, forget, cell, output
        gates[0], gates[1] = -_SHUT, _SHUT
        self.register_buffer("gates", gates.flatten(), persistent=False)
        self.num_pinned = 2 * gates.numel()
        self.pin_gates()

    def forward(
        self, x: Tensor, lengths: Tensor, is_padding: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return outputs (B, S, 2H), and final h and c of both directions, (B, 2H) each."""
        x = torch.cat([x, is_padding.unsqueeze(-1).to(x.dtype)], dim=-1)
        outputs, (h, c) = self.lstm(x)  # (B, S, 2H), (2, B, H), (2, B, H)
        last = (lengths - 1).clamp(min=0)
        rows = torch.arange(len(last), device=last.device)
        forward_h = outputs[rows, last, : self.lstm.hidden_size]
        return outputs, torch.cat([forward_h, h[1]], dim=-1), torch.cat([c[0], c[1]], dim=-1)

    @torch.no_grad()
    def pin_gates(self) -> None:
        """Undo what a step of the optimizer does to the added column.

        That is weight decay alone: its gradient is exactly zero.
        """
        for name, weight in self.lstm.named_parameters():
            if name.startswith("weight_ih"):
                weight[:, -1] = self.gates


class Decoder(nn.Module):
    """Embeddings, LSTM layers, and dot-product attention over the memory."""

    def __init__(self, config: Config, vocab_size: int) -> None:
        super().__init__()
        size, hidden, num_layers = config.embedding_dim, config.hidden_size, config.num_layers
        self.embedding = nn.Embedding(vocab_size, size, padding_idx=PAD)
        self.embedding_norm = nn.LayerNorm(size)
        self.layers = nn.ModuleList(
            nn.LSTM(inputs, hidden, batch_first=True)
            for inputs in (size, *[hidden] * (num_layers - 1))
        )
        self.norm = nn.LayerNorm(hidden)
        self.scale = hidden**-0.5

    def recur(
        self, tokens: Tensor, state: LSTMState, masks: Masks | None
    ) -> tuple[Tensor, LSTMState]:
        """Return the outputs (B, T, H) for input tokens (B, T), and the state after them."""
        x = self.embedding_norm(self.embedding(tokens))  # (B, T, E)
        if masks:
            x = apply_mask(masks.embedding, x)
        states = []
        for depth, (layer, before) in enumerate(zip(self.layers, state, strict=True), start=1):
            x, after = layer(x, before)  # (B, T, H)
            states.append(after)
            if depth == len(self.layers):
                x = self.norm(x)
            if masks:
                x = apply_mask(masks.outputs[depth - 1], x)
        return x, tuple(states)

    def attend(self, outputs: Tensor, memory: Memory, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return [output; context] (B, T, 2H) and the attention weights (B, T, S)."""
        scores = (outputs * self.scale) @ memory.values.transpose(1, 2)  # (B, T, S)
        # The least finite number, not -inf: a sentence without a token is all padding.
        least = torch.finfo(scores.dtype).min
        weights = scores.masked_fill(memory.is_padding.unsqueeze(1), least).softmax(dim=-1)
        context = apply_mask(mask, weights) @ memory.values  # (B, T, S) @ (B, S, H) -> (B, T, H)
        return torch.cat([outputs, context], dim=-1), weights

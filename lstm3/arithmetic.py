"""How a process computes: its threads, its precision, and what multiplies its matrices."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from lstm3.config import Config


@contextmanager
def arithmetic(config: Config) -> Iterator[None]:
    """Compute as `config` says within the block, whatever the process does elsewhere.

    The number of threads and the library choose the last bits of a result, so they are part of
    what an epoch is a function of.
    """
    num_threads = torch.get_num_threads()
    _use_threads(config.threads)
    try:
        with _no_tf32(), _onednn() if _is_onednn_exact() else nullcontext():
            yield
    finally:
        _use_threads(num_threads)


def autocast(config: Config, device: torch.device) -> torch.autocast:
    """Return the context of a model's passes: bfloat16 where `config` asks for it."""
    return torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bf16")


def _use_threads(number: int) -> None:
    if torch.get_num_threads() != number:
        torch.set_num_threads(number)


@contextmanager
def _fp32_precision(backend: Any, precision: str) -> Iterator[None]:
    before = backend.fp32_precision
    backend.fp32_precision = precision
    try:
        yield
    finally:
        backend.fp32_precision = before


@contextmanager
def _no_tf32() -> Iterator[None]:
    """Keep CUDA from rounding fp32 to ten bits, which cuDNN's LSTMs do unless they are told."""
    cuda, cudnn = torch.backends.cuda, torch.backends.cudnn
    with _fp32_precision(cuda.matmul, "ieee"), _fp32_precision(cudnn.rnn, "ieee"):
        yield


def _onednn() -> AbstractContextManager[None]:
    """Allow bfloat16 inside of fp32 products, which makes torch ask oneDNN instead of MKL."""
    return _fp32_precision(torch.backends.mkldnn.matmul, "bf16")  # type: ignore[attr-defined]


@functools.cache
def _is_onednn_exact() -> bool:
    """Return whether oneDNN multiplies in full fp32 on this CPU in spite of that permission.

    It does where the CPU has no unit for bfloat16 matrices (AMX), and is faster than MKL by a
    third. Relative errors of fp32 are about 1e-6 here, those of bfloat16 1e-3.
    """
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, 256, 256, generator=generator)
    with _onednn():
        product = left @ right
    exact = left.double() @ right.double()
    return bool((product - exact).abs().max() < 1e-5 * exact.abs().max())

"""How a process computes: its threads, its precision, and what multiplies its matrices."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

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
        with _onednn() if _is_onednn_exact() else nullcontext():
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
def _onednn() -> Iterator[None]:
    """Allow bfloat16 inside of fp32 products, which makes torch ask oneDNN instead of MKL."""
    matmul = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    precision_before = matmul.fp32_precision
    matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        matmul.fp32_precision = precision_before


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

"""What a process computes with is changed within a block, and put back after it."""

from __future__ import annotations

import pytest
import torch

from lstm3.arithmetic import arithmetic, autocast
from lstm3.config import Config

MATMUL = torch.backends.mkldnn.matmul


def test_threads_are_those_of_the_config_and_put_back():
    before = torch.get_num_threads()
    with arithmetic(Config(threads=before + 1)):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_all_is_put_back_after_an_error():
    before = torch.get_num_threads(), MATMUL.fp32_precision
    with pytest.raises(ValueError, match="inside"), arithmetic(Config(threads=before[0] + 1)):
        raise ValueError("inside")
    assert (torch.get_num_threads(), MATMUL.fp32_precision) == before


def test_products_of_fp32_are_in_full_fp32():
    left, right = torch.randn(2, 300, 300, generator=torch.Generator().manual_seed(1))
    exact = left.double() @ right.double()
    with arithmetic(Config()):
        error = (left @ right - exact).abs().max() / exact.abs().max()
    assert error < 1e-5


def test_cuda_does_not_round_fp32_on_its_own():
    backends = torch.backends.cuda.matmul, torch.backends.cudnn.rnn
    before = [backend.fp32_precision for backend in backends]
    with arithmetic(Config()):
        assert [backend.fp32_precision for backend in backends] == ["ieee", "ieee"]
    assert [backend.fp32_precision for backend in backends] == before


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_precision_is_that_of_the_config(precision, dtype):
    with autocast(Config(precision=precision), torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype

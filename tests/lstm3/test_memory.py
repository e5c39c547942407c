"""What a process keeps of kernels is what its user said, and giving memory back loses nothing."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest
import torch

from lstm3 import memory

CAPACITY = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"


def test_few_kernels_are_kept_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.setenv(CAPACITY, "300")
    importlib.reload(memory)
    assert os.environ[CAPACITY] == "300"
    monkeypatch.delenv(CAPACITY)
    importlib.reload(memory)
    assert os.environ[CAPACITY] == "16"


@pytest.mark.skipif(sys.platform != "linux", reason="it is glibc's heap that is measured")
def test_a_large_tensor_leaves_no_hole_in_the_heap():
    """In a process of its own, since others' tensors lie in the heap of this one."""
    code = """if True:
        from pathlib import Path
        import torch
        from lstm3.memory import tune_heap

        def resident():
            return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

        tune_heap()
        torch.ones(6 << 20)  # having freed one, glibc by itself takes smaller ones from its heap
        tensors = [torch.ones(size) for size in 10 * [4 << 20, 1 << 18]]  # 16 MB and 1 MB
        full = resident()
        del tensors[::2]
        print(full - resident())
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(done.stdout) > 9 * 16 * 10**6


def test_what_is_in_use_stays_when_memory_is_given_back():
    tensors = [torch.full((1000, size), float(size)) for size in range(1, 50)]
    kept = tensors[::2]
    del tensors
    memory.give_back()
    assert all(bool((tensor == tensor.shape[1]).all()) for tensor in kept)

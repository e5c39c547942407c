"""What a process keeps of kernels is what its user said, and giving memory back loses nothing."""

from __future__ import annotations

import importlib
import os

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


def test_what_is_in_use_stays_when_memory_is_given_back():
    tensors = [torch.full((1000, size), float(size)) for size in range(1, 50)]
    kept = tensors[::2]
    del tensors
    memory.give_back()
    assert all(bool((tensor == tensor.shape[1]).all()) for tensor in kept)

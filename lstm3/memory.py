"""What a process that trains keeps in memory beyond what it uses."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Callable

# oneDNN keeps a compiled kernel for every shape that it meets, and nearly every batch has its own:
# by default 1,024 of them, which scattered over the heap cost gigabytes. Read at its first use.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
# Large tensors come from the system in pages of 2 MB instead of 4 kB. Read at torch's first use.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

# Of glibc's malloc.h: what is free at the heap's end is given back beyond the first, and what is
# larger than the second lies outside the heap, in bytes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = (-1, 1 << 30), (-3, 2 << 20)


@functools.cache
def tune_heap() -> None:
    """Keep tensors of ever other sizes from tearing glibc's heap, where that is what is used.

    The large ones are mapped by themselves, which leaves no holes, and the heap of all others is
    not given back and asked for again in every step.
    """
    set_option = _glibc("mallopt")
    if set_option is not None:
        for option, size in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            set_option(option, size)


def give_back() -> None:
    """Give memory that is free within this process back to the system, where it can be asked to.

    What tensors of ever other sizes leave in glibc's heap would go on growing.
    """
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _glibc(name: str) -> Callable[..., int] | None:
    """Return a function that only glibc has."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None

"""What a process that trains keeps in memory beyond what it uses."""

from __future__ import annotations

import ctypes
import os
import sys

# oneDNN keeps a compiled kernel for every shape that it meets, and nearly every batch has its own:
# by default 1,024 of them, which scattered over the heap cost gigabytes. Read at its first use.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")


def give_back() -> None:
    """Give memory that is free within this process back to the system, where it can be asked to.

    Tensors of ever other sizes leave holes in glibc's heap, which would go on growing.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
        if trim is not None:
            trim(0)

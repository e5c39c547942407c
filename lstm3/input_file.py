"""Files that people name, read whole."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_file(path: Path) -> bytes:
    """Return the content of a regular file; raises OSError.

    A pipe or a device is refused: it may never end, and cannot be read again.
    """
    check_regular(path)
    return path.read_bytes()


def check_regular(path: Path) -> int:
    """Return the size of a regular file in bytes; raises OSError if it is none."""
    try:
        found = path.stat()
    except ValueError:  # such as a NUL in its name
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "a pipe or a device", str(path))
    return found.st_size

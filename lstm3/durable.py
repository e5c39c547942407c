"""Files that are there whole or not at all, whatever dies in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def durably(path: Path) -> Iterator[Path]:
    """Yield a temporary path; at the end of the block its file is synced and becomes `path`.

    If the block raises, `path` stays as it was and the temporary file is removed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_durably(path: Path, content: str | bytes) -> None:
    """Write a file so that a crash leaves the old content or the new one."""
    data = content.encode() if isinstance(content, str) else content
    with durably(path) as temporary:
        temporary.write_bytes(data)


def sync(path: Path) -> None:
    """Have a file's or folder's content on the disk before returning."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Files that are there whole or not at all, whatever dies in between."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def durably(path: Path) -> Iterator[Path]:
    """Yield a temporary path; at the end of the block its file is synced and becomes `path`.

    If the block raises, `path` stays as it was and the temporary file is removed.
    """
    temporary = temporary_name(path)
    try:
        yield temporary
        sync(temporary)
        _rename(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _rename(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except OSError as error:  # which tells of the name that nobody knows
        raise OSError(error.errno, error.strerror, str(path)) from None


def write_durably(path: Path, content: str | bytes) -> None:
    """Write a file so that a crash leaves the old content or the new one."""
    data = content.encode() if isinstance(content, str) else content
    with durably(path) as temporary:
        temporary.write_bytes(data)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that is there whole or not at all, but may be lost in a power failure."""
    temporary = temporary_name(path)
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        _rename(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_name(path: Path) -> Path:
    """Return a name beside `path` that says whose it is, for `remove_leftovers`."""
    return path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.tmp")


def remove_leftovers(folder: Path) -> None:
    """Remove what processes of this machine that are gone have left under temporary names."""
    host = socket.gethostname()
    for path in folder.rglob(f".*.{host}.*.tmp"):
        owner = path.name.split(".")[-2]
        if owner.isdigit() and not _is_alive(int(owner)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sync(path: Path) -> None:
    """Have a file's or folder's content on the disk before returning."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

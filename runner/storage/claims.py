"""Which process trains an epoch, when several sweeps on one store want it at the same time."""

from __future__ import annotations

import contextlib
import fcntl
import os

from runner.storage.store import EpochStore


class Claims:
    """The epochs that this process has claimed; the system gives them free when it dies.

    A claim is a lock on the epoch's mark in the store, which exists until the epoch is remembered.
    """

    def __init__(self, store: EpochStore) -> None:
        self._store = store
        self._held: dict[str, int] = {}  # file descriptors by key

    def take(self, key: str) -> bool:
        """Claim an epoch, unless another process has."""
        self._store.make_room(key)
        path = self._store.mark_path(key)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = os.fstat(descriptor).st_ino == path.stat().st_ino
        except (BlockingIOError, FileNotFoundError):
            is_ours = False  # another has it, or had it and was done just now
        if is_ours:
            self._held[key] = descriptor
        else:
            os.close(descriptor)
        return is_ours

    def release(self, key: str) -> None:
        """Give a claim up, and leave no mark of an epoch that was never begun."""
        self._end(key, removes_mark=os.fstat(self._held[key]).st_size == 0)

    def tidy(self) -> None:
        """Remove the marks of epochs that are done, which a process left that died just then."""
        for mark in self._store.root.rglob("*.begun"):
            key = mark.stem
            if self._store.record_path(key).exists() and self.take(key):
                self._end(key, removes_mark=True)

    def close(self) -> None:
        """Give all claims up."""
        for key in list(self._held):
            self.release(key)

    def _end(self, key: str, *, removes_mark: bool) -> None:
        """Give a claim up; once its mark is removed, one of that name is another process's."""
        descriptor = self._held.pop(key)
        if removes_mark:
            with contextlib.suppress(OSError):
                self._store.mark_path(key).unlink()
        os.close(descriptor)

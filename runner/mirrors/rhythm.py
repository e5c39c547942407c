"""When a thing is done again that may cost a small share of the time alone."""

from __future__ import annotations

import time
from typing import Self


class Rhythm:
    """Due when a pause is over since the end of the last block under `with`.

    The pause is `pause_seconds`, or longer where the block itself would else take more than its
    share of the time.
    """

    def __init__(self, pause_seconds: float, costs_at_most: float = 0.01) -> None:
        self._pause_seconds, self._costs_at_most = pause_seconds, costs_at_most
        self._began = self._next = 0.0

    def is_due(self) -> bool:
        return time.monotonic() >= self._next

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        now = time.monotonic()
        self._next = now + max(self._pause_seconds, (now - self._began) / self._costs_at_most)

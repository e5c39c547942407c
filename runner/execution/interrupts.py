"""Ctrl-C, SIGTERM and a closed terminal as a question that a loop asks.

So nothing is cut in the middle.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType


class Interrupts:
    """While it is entered, the first signal is noted, and the second one has its usual effect."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def is_set(self) -> bool:
        """Return whether a signal came."""
        return self.received is not None

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (a handler)
        self.received = signal.Signals(number)
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

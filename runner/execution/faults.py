"""What breaks an epoch, and what can be hoped for when it is tried again."""

from __future__ import annotations

import enum
import traceback
from dataclasses import dataclass
from pathlib import Path

from lstm3.errors import UserError
from runner.storage.store import StoreError


class Fault(enum.Enum):
    """What an epoch was lost to."""

    WORKER = enum.auto()  # that died, or broke
    MEMORY = enum.auto()  # of the device, which was too small for all that ran there
    INPUT = enum.auto()  # that will be no better the next time
    PLACE = enum.auto()  # where files are kept: full, gone or not writable


@dataclass(frozen=True, kw_only=True)
class Broke:
    """An exception, told to another process."""

    reason: str
    fault: Fault


def how_it_broke(error: Exception) -> Broke:
    """Return what an exception says, where it was raised, and whose fault it is."""
    fault = _fault(error)
    if fault in (Fault.INPUT, Fault.PLACE):
        return Broke(reason=str(error), fault=fault)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return Broke(reason=f"{type(error).__name__}: {error} ({place})", fault=fault)


def _fault(error: Exception) -> Fault:
    is_of_memory = (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"  # torch's, which is not loaded here
        or "can't allocate memory" in str(error)  # its RuntimeError on CPU
    )
    if is_of_memory:
        return Fault.MEMORY
    if isinstance(error, OSError):
        return Fault.PLACE
    if isinstance(error, UserError) and not isinstance(error, StoreError):
        return Fault.INPUT
    return Fault.WORKER

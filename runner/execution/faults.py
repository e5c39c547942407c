"""What breaks an epoch, and what can be hoped for when it is tried again."""

from __future__ import annotations

import enum
import traceback
from dataclasses import dataclass
from pathlib import Path

from lstm3.errors import ExplainedError, UserError, said_of_file
from runner.storage.store import StoreError


class Fault(enum.Enum):
    """What an epoch was lost to."""

    WORKER = enum.auto()  # that died, or broke
    MEMORY = enum.auto()  # of the device, which was too small for all that ran there
    DEVICE = enum.auto()  # that cannot be used at all
    STATE = enum.auto()  # that the epoch starts from: damaged, and to be made again
    INPUT = enum.auto()  # that will be no better the next time
    PLACE = enum.auto()  # where the sweep runs: its disk, its results, what is installed


class DeviceError(Exception):
    """Nothing can be computed on a device."""


class PlaceError(ExplainedError):
    """Nothing can be trained, or kept, where the sweep runs until somebody mends it."""


@dataclass(frozen=True, kw_only=True)
class Broke:
    """An exception, told to another process."""

    reason: str
    fault: Fault


def how_it_broke(error: Exception) -> Broke:
    """Return what an exception says, where it was raised, and whose fault it is."""
    fault = _fault(error)
    if fault in (Fault.WORKER, Fault.MEMORY):
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return Broke(reason=f"{type(error).__name__}: {error} ({place})", fault=fault)
    reason = said_of_file(error) if isinstance(error, OSError) else str(error)
    return Broke(reason=reason, fault=fault)


def why_none_starts(error: Exception) -> Broke:
    """Return the same of an exception while a worker was made, which is no epoch's fault."""
    broke = how_it_broke(error)
    if broke.fault is Fault.PLACE:
        return broke
    return Broke(reason=f"no worker can be started: {broke.reason}", fault=Fault.PLACE)


def _fault(error: Exception) -> Fault:
    is_of_memory = (
        isinstance(error, MemoryError)
        or "out of memory" in str(error)  # as torch says it of a GPU
        or "can't allocate memory" in str(error)  # and of the CPU
    )
    if is_of_memory:
        return Fault.MEMORY
    if isinstance(error, OSError | PlaceError):
        return Fault.PLACE
    if isinstance(error, DeviceError):
        return Fault.DEVICE
    if isinstance(error, StoreError):
        return Fault.STATE
    if isinstance(error, UserError):
        return Fault.INPUT
    return Fault.WORKER

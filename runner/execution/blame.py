"""Whose fault it is that epochs break: the epoch's own, or that of the device they ran on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

MOST_TRIES = 3  # of an epoch that breaks, in a row, before its trials fail
_MOST_VICTIMS = 3  # epochs that break on a device in a row, and nowhere else, before it is shut


class Blame:
    """Counts what broke where; devices are named as torch names them.

    An epoch that breaks on two devices is at fault itself. A device on which different epochs
    break, none ending well in between, is quarantined, unless it is the last one.
    """

    def __init__(self, devices: Iterable[str]) -> None:
        self.healthy = set(devices)
        self._tries: defaultdict[str, int] = defaultdict(int)  # by key
        self._misses: defaultdict[str, int] = defaultdict(int)  # by key
        self._broke_on: defaultdict[str, set[str]] = defaultdict(set)  # devices by key
        self._victims: defaultdict[str, set[str]] = defaultdict(set)  # keys by device

    def acquit(self, key: str, device: str) -> None:
        """Note that an epoch ended well on a device."""
        self._tries.pop(key, None)
        self._misses.pop(key, None)
        self._broke_on.pop(key, None)
        self._victims[device].clear()

    def accuse(self, key: str, device: str) -> int:
        """Note that an epoch broke on a device; return how often it has broken in a row."""
        self._tries[key] += 1
        self._broke_on[key].add(device)
        if len(self._broke_on[key]) > 1:
            for victims in self._victims.values():
                victims.discard(key)
        else:
            self._victims[device].add(key)
        return self._tries[key]

    def miss(self, key: str) -> int:
        """Note that the state that an epoch starts from was damaged; return how often in a row."""
        self._misses[key] += 1
        return self._misses[key]

    def suits(self, key: str, device: str) -> bool:
        """Return whether an epoch may be tried there: not where it broke, if there is another."""
        untried = self.healthy - self._broke_on.get(key, set())
        return device in (untried or self.healthy)

    def quarantine(self, device: str) -> bool:
        """Shut a device out if it is at fault and not the last; return whether it was."""
        return len(self._victims[device]) >= _MOST_VICTIMS and self.shut(device)

    def shut(self, device: str) -> bool:
        """Shut a device out if it is not the last; return whether it was, and not before."""
        if self.is_last(device) or device not in self.healthy:
            return False
        self.healthy.discard(device)
        return True

    def is_last(self, device: str) -> bool:
        """Return whether a device is the only one that is not shut out."""
        return self.healthy == {device}

"""What a sweep was started with, and what the agents were that work on it."""

from __future__ import annotations

import dataclasses

from lstm3.fingerprint import Provenance
from runner.specs.spec import Spec
from runner.storage.origin import Origin, compare
from runner.storage.sweep_folder import SweepFolder


def changes_since(folder: SweepFolder, spec: Spec, provenance: Provenance) -> list[str]:
    """Return what changed since a sweep was last started, or else its agents, in lines to show.

    Raises ConfigError if it changes what the earlier trials of either mean: a table has both.
    Where none has an epoch, as where no device could be used, they may go to another type of it.
    """
    known = [origin for origin in (folder.load(), agents_origin(folder)) if origin is not None]
    if not folder.trials.exists():
        known = [_moved_to(provenance.device_type, origin) for origin in known]
    found = [compare(origin, spec, provenance) for origin in known]
    return found[0] if found else []


def agents_origin(folder: SweepFolder) -> Origin | None:
    """Return what a sweep's agents were started with, or None if there were none."""
    origin = _of_agents(folder).load()
    if origin is None:
        return None
    return dataclasses.replace(origin, spec=dataclasses.replace(origin.spec, name=folder.name))


def save_agents_origin(folder: SweepFolder, origin: Origin) -> None:
    """Keep what a sweep's agents are started with, unless that is kept already."""
    if origin != agents_origin(folder):
        _of_agents(folder).save(origin)


def _moved_to(device_type: str, origin: Origin) -> Origin:
    provenance = dataclasses.replace(origin.provenance, device_type=device_type)
    return dataclasses.replace(origin, provenance=provenance)


def _of_agents(folder: SweepFolder) -> SweepFolder:
    return SweepFolder(results=folder.path, name=folder.agents.name)

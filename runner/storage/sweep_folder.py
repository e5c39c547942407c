"""A sweep's folder under results/: its resolved spec, what it depends on, and who holds it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lstm3.config import describe
from lstm3.durable import write_durably
from lstm3.errors import ConfigError
from lstm3.fingerprint import Provenance, digest
from runner.specs.resolved_spec import write_spec
from runner.specs.spec_file import parse_spec
from runner.storage.decisions import Decisions
from runner.storage.given_up import GivenUp
from runner.storage.lock import Lock
from runner.storage.origin import Origin
from runner.storage.store import EpochStore

if TYPE_CHECKING:
    from lstm3.encoding import EncodedCorpus

_ORIGIN = "origin.json"
_SPEC = "sweep.yaml"


@dataclass(frozen=True, kw_only=True)
class SweepFolder:
    """Names of all that a sweep keeps; the epoch store and the corpora are shared by sweeps."""

    results: Path
    name: str

    @property
    def path(self) -> Path:
        return self.results / self.name

    @property
    def store(self) -> EpochStore:
        return EpochStore(self.results / ".epochs")

    @property
    def corpora(self) -> Path:
        return self.results / ".corpora"

    @property
    def cache(self) -> Path:
        """What can be made again, of all sweeps."""
        return self.results / ".cache"

    @property
    def spec_path(self) -> Path:
        """The resolved spec of the sweep, or of its agents where only they have worked on it."""
        own = self.path / _SPEC
        return own if own.exists() else self.agents / _SPEC

    @property
    def study_path(self) -> Path:
        return self.path / "study.db"

    @property
    def csv_path(self) -> Path:
        return self.path / "trials.csv"

    @property
    def log_path(self) -> Path:
        return self.path / "sweep.log"

    @property
    def now_path(self) -> Path:
        return self.path / "now.json"

    @property
    def lock(self) -> Lock:
        return Lock(self.path / "lock")

    @property
    def given_up(self) -> GivenUp:
        return GivenUp(self.path / "given_up")

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.path / "decisions")

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def agents(self) -> Path:
        return self.path / "agents"

    @property
    def agents_lock(self) -> Lock:
        """What all that train a trial of its own share."""
        return Lock(self.agents / "lock")

    @property
    def is_running(self) -> bool:
        """Return whether a process runs the sweep, or a trial that was sent to it."""
        return self.lock.holder() is not None or self.agents_lock.is_shared()

    @property
    def trials(self) -> Path:
        """The folders of trials, once one of them has an epoch."""
        return self.path / "trials"

    def trial_path(self, trial_id: str) -> Path:
        return self.trials / trial_id

    def load(self) -> Origin | None:
        """Return what the sweep was started with, or None if it never was; raises ConfigError."""
        path = self.path / _ORIGIN
        if not os.path.lexists(path):
            return None
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if values.pop("digest", None) != digest(values):
                raise ValueError("its content was changed")
        except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
            raise ConfigError(
                f"{path}: {error}; expected what the sweep wrote; once it is removed, 'sweep' "
                "writes it anew"
            ) from None
        spec = parse_spec(values["spec"], name=self.name, folder=self.path, where=str(path))
        provenance = Provenance(**values["provenance"])
        return Origin(spec=spec, provenance=provenance, encoded=tuple(values["encoded"]))

    def save(self, origin: Origin) -> None:
        """Keep what the sweep was started with, and a copy of its resolved spec to be read."""
        spec = write_spec(origin.spec)
        values = {
            "spec": spec,
            "provenance": dataclasses.asdict(origin.provenance),
            "encoded": origin.encoded,
        }
        content = json.dumps({"digest": digest(values), **values}, indent=2)
        write_durably(self.path / _ORIGIN, content + "\n")
        write_durably(self.path / _SPEC, spec)


def check_name(name: str) -> None:
    """Raise ConfigError if `name` cannot be that of a folder that `find_sweep` finds again."""
    if not re.fullmatch(r"\w[\w.-]{0,99}", name) or name.endswith((".yaml", ".yml")):
        expected = "at most 100 letters, digits, '.', '-' and '_'"
        raise ConfigError(f"--name: found {describe(name)}; expected {expected}")


def find_sweep(sweep: str, results: Path) -> SweepFolder:
    """Return the folder of a sweep named by its spec's file name or by its results folder."""
    path = Path(sweep)
    folder = path.parent if path.name == _SPEC else path
    if os.path.exists(folder / _ORIGIN):  # also of a name too long for a file
        return SweepFolder(results=folder.resolve().parent, name=folder.resolve().name)
    is_spec = path.suffix in (".yaml", ".yml")
    return SweepFolder(results=results, name=path.stem if is_spec else path.name)


def references(folder: SweepFolder, origin: Origin) -> Sequence[str]:
    """Return the validation references that a sweep was started with; raises UserError."""
    corpus = encoded_corpus(folder, origin)
    if corpus is None:
        named = ", ".join(origin.encoded)
        raise ConfigError(f"{folder.corpora}: {named}: damaged or gone; 'sweep' makes it again")
    return corpus.valid_trg


def encoded_corpus(folder: SweepFolder, origin: Origin) -> EncodedCorpus | None:
    """Return one of a sweep's encoded corpora, which all have the same sentences.

    There is none if all are damaged or gone.
    """
    from lstm3.encoding import is_whole, load_encoded

    places = (folder.corpora / name for name in origin.encoded)
    whole = next(filter(is_whole, places), None)
    return None if whole is None else load_encoded(whole)


def load_origin(folder: SweepFolder) -> Origin:
    """Return what a sweep was started with; raises ConfigError if there is no such sweep."""
    origin = folder.load()
    if origin is None:
        known = sorted(path.parent.name for path in folder.results.glob(f"*/{_ORIGIN}"))
        there = f"there are {', '.join(known)}" if known else "there is none yet"
        raise ConfigError(f"{folder.path}: no such sweep; {there}")
    return origin

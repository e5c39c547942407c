"""What the keys of a sweep's epochs promise of whoever trains them, however late it is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lstm3.checkpoint import weights_file
from lstm3.fingerprint import (
    Provenance,
    code_digest,
    file_digest,
    source_digest,
    torch_version,
)
from runner.execution.faults import PlaceError

_SINCE = "since this sweep was started"


@dataclass(frozen=True, kw_only=True)
class Promise:
    """The training code, torch and pretrained weights that epochs are trained with."""

    code: str  # digest of the training code
    source: str  # digest of the modules that it stands in, which is had sooner
    torch: str  # its version
    weights: Mapping[str, str]  # digests of pretrained weights, by the path that names them

    @staticmethod
    def of(provenance: Provenance) -> Promise:
        """Return what keys of this provenance promise, made in the process that made it."""
        return Promise(
            code=provenance.code,
            source=source_digest(),
            torch=provenance.torch,
            weights=provenance.weights,
        )

    def check_process(self) -> None:
        """Raise PlaceError if this process, which has loaded both, has other code or torch."""
        if source_digest() != self.source and code_digest() != self.code:
            raise PlaceError(f"the training code has changed {_SINCE}")
        if torch_version() != self.torch:
            raise PlaceError(f"torch {self.torch} has become {torch_version()} {_SINCE}")

    def check_weights(self, path: str) -> None:
        """Raise PlaceError if pretrained weights, which were just read, are other ones."""
        file = weights_file(Path(path))
        if file_digest(file) != self.weights[path]:
            raise PlaceError(f"{file}: these pretrained weights have changed {_SINCE}")

"""What a sweep was started with, and what is different when it is started again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lstm3.errors import ConfigError
from lstm3.fingerprint import Provenance, weights_by_content
from runner.specs.spec import Choices, Spec
from runner.specs.spec_changes import changes

_TITLES = {"code": "training code", "corpus": "corpus text", "device_type": "device type"}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a sweep was started with: its spec, what its epochs depend on, its encoded corpora."""

    spec: Spec
    provenance: Provenance
    encoded: tuple[str, ...]  # folder names under results/.corpora: one a vocabulary


def field_title(name: str) -> str:
    """Return how a field of a provenance is called wherever a person reads it."""
    return _TITLES.get(name, name)


def compare(old: Origin, spec: Spec, provenance: Provenance) -> list[str]:
    """Return what changed since a sweep was last started, in lines to show.

    Raises ConfigError if it changes what the sweep's earlier trials mean.
    """
    harmless, serious = changes(
        spec_by_content(old.spec, old.provenance.weights),
        spec_by_content(spec, provenance.weights),
    )
    serious += provenance_changes(old.provenance, provenance)
    if serious:
        name = spec.name
        raise ConfigError(
            [f"{name}: {line}" for line in serious]
            + [f"{name}: this changes what its trials mean; give it a new name: --name {name}-2"]
        )
    return harmless


def provenance_changes(old: Provenance, new: Provenance) -> Iterator[str]:
    """Yield what epochs depend on beside their configs and is not the same, a line each.

    What differs in pretrained weights is told by specs that have them by content.
    """
    before = dataclasses.asdict(old)
    for name, value in dataclasses.asdict(new).items():
        if name != "weights" and value != before[name]:
            yield f"{field_title(name)}: {before[name]} → {value}"


def spec_by_content(spec: Spec, digests: Mapping[str, str]) -> Spec:
    """Return the spec with each pretrained weights' digest in the place of its path."""
    axes = dict(spec.axes)
    if isinstance(axis := axes.get("weights"), Choices):
        known = tuple(weights_by_content(path, digests) for path in axis.values)
        axes["weights"] = Choices(values=known)
    if spec.baseline or "weights" not in axes:
        base = dataclasses.replace(
            spec.base, weights=weights_by_content(spec.base.weights, digests)
        )
    else:
        base = spec.base  # no trial has its weights
    cells = tuple(
        {**cell, "weights": weights_by_content(cell["weights"], digests)}
        if "weights" in cell
        else cell
        for cell in spec.cells
    )
    return dataclasses.replace(spec, base=base, axes=axes, cells=cells)

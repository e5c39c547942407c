"""What an epoch depends on, as hashes: equal keys mean equal results."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm3.config import Acts, Config, select
from lstm3.schedule import EpochSettings

# Modules whose effect on an epoch enters its key by value: as a setting, as text, as a hash.
_BY_VALUE = {"checkpoint", "config", "corpus", "durable", "errors", "fingerprint", "schedule"}
_ENTRY = "epoch"  # the module of run_epoch
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """Return the hash of a JSON-able value; floats enter by their shortest exact form."""
    return hashlib.sha256(_JSON.encode(value).encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What epochs depend on beside their configs, all by content."""

    code: str  # digest of the training code
    corpus: str  # digest of the training and validation text
    weights: Mapping[str, str]  # digests of pretrained weights, by the path that names them
    device_type: str  # cpu, cuda or mps
    torch: str  # its version


def first_key(config: Config, provenance: Provenance) -> str:
    """Return the key of a trial's state before its first epoch."""
    values = select(config, Acts.ON_EVERY_EPOCH)
    values["weights"] = weights_by_content(config.weights, provenance.weights)
    return digest(
        {
            "config": values,
            "code": provenance.code,
            "corpus": provenance.corpus,
            "device_type": provenance.device_type,
            "torch": provenance.torch,
        }
    )


def weights_by_content(path: str | None, digests: Mapping[str, str]) -> str | None:
    """Return the digest of the pretrained weights at `path`, if a config has any."""
    return None if path is None else digests[path]


def torch_version() -> str:
    """Return the version of the installed torch, without importing it."""
    import importlib.metadata  # slow to load, and most commands do without

    return importlib.metadata.version("torch")


def next_key(parent: str, settings: EpochSettings) -> str:
    """Return the key of the epoch that is trained from state `parent` under `settings`."""
    return digest([parent, vars(settings)])


def file_digest(path: Path) -> str:
    """Return the hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


@functools.cache
def code_digest() -> str:
    """Return the hash of the code that run_epoch runs, without comments and docstrings."""
    return digest({name: _bare_code(source) for name, source in epoch_modules().items()})


@functools.cache
def code_of(*modules: str) -> str:
    """Return the hash of these modules' code, without comments and docstrings."""
    return digest([_bare_code(_sources()[name]) for name in modules])


@functools.cache
def source_digest() -> str:
    """Return the hash of this package's modules as they are written.

    It is had fifty times quicker than `code_digest`, and says as much where it is the same.
    """
    return digest(_sources())


@functools.cache
def _sources() -> Mapping[str, str]:
    """Return the text of this package's modules, by name, as this process found them first."""
    package = Path(__file__).parent
    return {path.stem: path.read_text(encoding="utf-8") for path in package.glob("*.py")}


def epoch_modules() -> Mapping[str, str]:
    """Return the text of this package's modules that run_epoch reaches by imports, by name."""
    found: dict[str, str] = {}
    waiting = [_ENTRY]
    while waiting:
        name = waiting.pop()
        if name in found or name in _BY_VALUE:
            continue
        found[name] = _sources()[name]
        waiting += _imports(ast.parse(found[name]))
    return dict(sorted(found.items()))


def _imports(tree: ast.AST) -> Iterator[str]:
    """Return the modules of this package that a module imports, by their names in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "lstm3":
            imported = [f"lstm3.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [node.module or ""]
        else:
            continue
        yield from (name.removeprefix("lstm3.") for name in imported if name.startswith("lstm3."))


def _bare_code(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            body[:] = body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )

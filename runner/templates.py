"""Templates of pages, filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def filled(
    package: str, name: str, filters: Mapping[str, Callable[..., Any]], /, **values: Any
) -> str:
    """Return a package's template with its values, which are escaped if it is HTML.

    A value that it names and does not get is an error.
    """
    environment = Environment(
        loader=PackageLoader(package, ""),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= filters
    return environment.get_template(name).render(**values)

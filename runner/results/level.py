"""The level of significance that holds where none is asked for."""

from __future__ import annotations

LEVEL = 0.05

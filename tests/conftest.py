"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# No test measures time, and a failure must come back when it is looked into.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")

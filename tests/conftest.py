"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test measures time, and a failure must come back when it is looked into.
settings.register_profile(
    "project",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    max_examples=50,
)
settings.load_profile("project")

"""What is asked of a W&B server beside keeping runs: to register a sweep, and what agents did."""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from lstm3.errors import ExplainedError
from runner.tracking.pulled import PulledRun
from runner.tracking.wandb_setup import PROJECT, log_in

_MOST_ROWS = 100_000  # of a run; beyond that the server would leave some out


class WandbError(ExplainedError):
    """W&B did not do what was asked of it."""


def create_sweep(config: Mapping[str, Any], *, project: str | None, entity: str | None) -> str:
    """Register a sweep, and return its name as agents take it; raises WandbError."""
    with _asking():
        import wandb

        project = project or os.environ.get("WANDB_PROJECT", PROJECT)
        name = wandb.sweep(dict(config), project=project, entity=entity)
        # By registering it the client has learned whose project it is.
        return f"{os.environ.get('WANDB_ENTITY', entity)}/{os.environ['WANDB_PROJECT']}/{name}"


def pull_runs(group: str, *, project: str | None, entity: str | None) -> list[PulledRun]:
    """Return the runs that agents made of a sweep; raises WandbError."""
    with _asking():
        import wandb

        api = wandb.Api()
        project = project or os.environ.get("WANDB_PROJECT", PROJECT)
        entity = entity or os.environ.get("WANDB_ENTITY") or api.default_entity
        wanted = {"group": group, "sweep": {"$ne": None}}
        found = api.runs(f"{entity}/{project}", filters=wanted, lazy=False)
        return [
            PulledRun(
                name=run.id,
                arrived=datetime.datetime.fromisoformat(run.created_at).timestamp(),
                config=run.config,
                summary=dict(run.summary),
                rows=list(run.history(samples=_MOST_ROWS, pandas=False)),
            )
            for run in found
        ]


@contextlib.contextmanager
def _asking() -> Iterator[None]:
    """Let the client talk to standard error, and fail in one line."""
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    os.environ.setdefault("WANDB_SILENT", "true")
    with contextlib.redirect_stdout(sys.stderr):
        try:
            log_in(is_needed=True)
            yield
        except Exception as error:  # the client has many kinds
            said = " ".join(str(error).split()) or type(error).__name__
            raise WandbError(f"W&B: {said}") from None

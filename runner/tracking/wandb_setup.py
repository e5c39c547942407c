"""How a process of its own becomes a W&B client, and what all its runs have in common."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.execution.children import speak_into
from runner.tracking.wandb_content import SAMPLE_COLUMNS

if TYPE_CHECKING:
    import wandb

PROJECT = "lstm3-sweeps"  # unless the environment names another
_GAVE_UP = b"Fatal error while uploading data"  # the client's words; it says them nowhere else
_STOP_SECONDS = 3.0  # that the server has to say whether it wants a run stopped
_POLL_SECONDS = 0.2
_AGENT_SECONDS = 1.0  # from one upload of an agent's run to the next, which brings such answers


def prepare(folder: Path) -> None:
    """Make this process's environment and output fit for the client, before it is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    speak_into(_log(folder))
    os.environ.pop("WANDB_SERVICE", None)  # of another run that we may be part of
    os.environ |= {
        "WANDB_SILENT": "false",  # what it says goes to the log, where `gave_up` looks for it
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_DATA_DIR": str(folder / "data"),
    }
    os.environ.setdefault("WANDB_PROJECT", PROJECT)
    os.environ.setdefault("WANDB_INIT_TIMEOUT", "30")  # seconds
    os.environ.setdefault("WANDB_FINISH_TIMEOUT", "30")


def gave_up(folder: Path) -> bool:
    """Return whether the client has stopped uploading, of which no call of its own tells."""
    return _GAVE_UP in _log(folder).read_bytes()


def _log(folder: Path) -> Path:
    return folder / "client.log"


def log_in(*, is_needed: bool) -> bool:
    """Return whether an API key is known; raises ConnectionError if one is needed and is not."""
    import wandb

    is_known = wandb.login(prompt=False, verify=False)
    if is_needed and not is_known:
        raise ConnectionError("no API key is known; `wandb login` stores one")
    return is_known


def settings(stop: Callable[[], None], *, is_agents: bool) -> wandb.Settings:
    """Return how runs are kept; `stop` is called when the server wants one stopped."""
    import wandb

    return wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        finish_timeout_raises=True,
        symlink=False,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
        x_transaction_log_flush_interval=1.0,  # seconds; all since the last is lost in a crash
        x_file_stream_transmit_interval=_AGENT_SECONDS if is_agents else None,
        stop_fn=stop,
    )


def is_to_stop(run: wandb.Run) -> bool:
    """Return whether the server wants a run stopped; no, if it does not say so soon.

    It says so in its answer to whatever was logged last.
    """
    from wandb.proto import wandb_internal_pb2

    messages: Any = wandb_internal_pb2
    interface: Any = run._interface  # since there is no public way to ask
    end = time.monotonic() + _STOP_SECONDS
    while not run.offline and time.monotonic() < end:
        ask = messages.Request(stop_status=messages.StopStatusRequest())
        try:
            answer = interface._deliver(messages.Record(request=ask)).wait_or(timeout=1.0)
        except TimeoutError:
            return False
        if answer.response.stop_status_response.run_should_stop:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def sample_table(rows: Sequence[Sequence[Any]]) -> wandb.Table:
    """Return translations of a trial's epochs as W&B shows them."""
    import wandb

    return wandb.Table(columns=list(SAMPLE_COLUMNS), data=[list(row) for row in rows])

"""A W&B server for tests, on 127.0.0.1: as much of one as the real client and agent talk to.

Rows of a run are kept by their place in its history, as W&B keeps them: what is sent again for a
place takes the place of what was there.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

ENTITY = "me"


@dataclass(kw_only=True)
class FakeRun:
    """What the server knows of a run."""

    name: str
    project: str
    group: str | None = None
    job_type: str | None = None
    display_name: str | None = None
    tags: list[str] = field(default_factory=list)
    sweep: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)  # by place
    summary: dict[str, Any] = field(default_factory=dict)
    exit_codes: list[int] = field(default_factory=list)  # of each process that ended it
    files: dict[str, bytes] = field(default_factory=dict)
    is_stopped: bool = False
    is_preempting: bool = False

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [self.lines[place] for place in sorted(self.lines)]

    @property
    def epochs(self) -> list[int]:
        return [row["epoch"] for row in self.rows]


@dataclass(kw_only=True)
class FakeSweep:
    """A sweep whose trials are given out one by one, in this order; `stops` are told to end."""

    name: str
    project: str
    config: dict[str, Any]
    waiting: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # (run, parameters)
    given_out: list[tuple[str, str]] = field(default_factory=list)  # (run, agent)
    running: dict[str, str] = field(default_factory=dict)  # run: agent
    is_over: bool = False


class WandbServer:
    """Listens until it is closed. `refuse` maps a part of a path, or a query's name, to a status.

    `delay` is what every answer takes, in seconds.
    """

    def __init__(self) -> None:
        self.runs: dict[str, FakeRun] = {}
        self.sweeps: dict[str, FakeSweep] = {}
        self.refuse: dict[str, int] = {}
        self.delay = 0.0
        self.asked: list[str] = []  # every query's name
        self.unknown: list[str] = []
        self.lock = threading.RLock()
        server = self

        class Handler(_Handler):
            wandb = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._thread.start()

    def environment(self, home: str) -> dict[str, str]:
        """Return the variables that bring a client here."""
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": "0" * 40, "HOME": home}

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(self, name: str, given: dict[str, Any]) -> Any:
        """Return the data of a query."""
        with self.lock:
            self.asked.append(name)
            handler = getattr(self, "_" + re.sub("([a-z])([A-Z])", r"\1_\2", name).lower(), None)
            if handler is None:
                self.unknown.append(name)
                raise LookupError(name)
            return handler(given)

    def stream(self, run: FakeRun, sent: dict[str, Any]) -> None:
        """Take in what a run's process sends of its history, summary and ending."""
        with self.lock:
            history = sent.get("files", {}).get("wandb-history.jsonl", {})
            for place, line in enumerate(history.get("content", []), history.get("offset", 0)):
                run.lines[place] = json.loads(line)
            for line in sent.get("files", {}).get("wandb-summary.json", {}).get("content", []):
                run.summary = json.loads(line)
            run.is_preempting |= bool(sent.get("preempting"))
            if sent.get("complete"):
                run.exit_codes.append(sent.get("exitcode", 0))

    def _viewer(self, given: dict[str, Any]) -> Any:  # noqa: ARG002
        teams: dict[str, Any] = {"edges": []}
        person = {"id": "1", "entity": ENTITY, "username": ENTITY, "email": "", "flags": "{}"}
        return {"viewer": person | {"teams": teams, "name": ENTITY, "admin": False}}

    def _get_default_entity(self, given: dict[str, Any]) -> Any:  # noqa: ARG002
        return {"viewer": {"id": "1", "defaultEntity": {"name": ENTITY}, "entity": ENTITY}}

    def _server_features_query(self, given: dict[str, Any]) -> Any:  # noqa: ARG002
        return {"serverInfo": {"features": []}}

    def _organization_core_weave_organization_id(self, given: dict[str, Any]) -> Any:  # noqa: ARG002
        return {"entity": {"organization": {"coreWeaveOrganizationId": None}}}

    def _run_resume_status(self, given: dict[str, Any]) -> Any:
        run = self.runs.get(given["name"])
        bucket = run and {
            **{"id": run.name, "name": run.name, "displayName": run.display_name},
            "summaryMetrics": json.dumps(run.summary),
            "config": json.dumps(run.config),
            **{"tags": run.tags, "notes": None, "logLineCount": 0, "eventsLineCount": 0},
            "historyLineCount": len(run.lines),
            "historyTail": json.dumps([json.dumps(row) for row in run.rows[-1:]]),
            **{"eventsTail": "[]", "wandbConfig": '{"t": 1}'},
        }
        return {"model": _project(given["project"]) | {"bucket": bucket}}

    def _upsert_bucket(self, given: dict[str, Any]) -> Any:
        name = given["name"]
        is_new = name not in self.runs
        run = self.runs.setdefault(name, FakeRun(name=name, project=given["project"]))
        run.config |= json.loads(given.get("config") or "{}")
        run.group = given.get("groupName") or run.group
        run.job_type = given.get("jobType") or run.job_type
        run.display_name = given.get("displayName") or run.display_name
        run.tags = given["tags"] if given.get("tags") is not None else run.tags
        run.sweep = given.get("sweep") or run.sweep
        bucket = {
            **{"id": name, "name": name, "displayName": run.display_name, "description": None},
            **{"config": json.dumps(run.config), "sweepName": run.sweep},
            **{"project": _project(run.project), "historyLineCount": len(run.lines)},
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": is_new}}

    def _create_run_files(self, given: dict[str, Any]) -> Any:
        urls = [(name, f"{self.url}/upload/{given['run']}/{name}") for name in given["files"]]
        files = [{"name": name, "uploadUrl": url} for name, url in urls]
        return {"createRunFiles": {"runID": given["run"], "uploadHeaders": [], "files": files}}

    def _runs(self, given: dict[str, Any]) -> Any:
        wanted = json.loads(given["filters"])
        assert set(wanted) == {"group", "sweep"}, "all that is understood here"
        found = [run for run in self.runs.values() if run.group == wanted["group"] and run.sweep]
        edges = [{"node": self._node(run), "cursor": run.name} for run in found]
        end = {"endCursor": None, "hasNextPage": False}
        project = {"internalId": "1", "runCount": len(found), "readOnly": False}
        return {"project": project | {"runs": {"edges": edges, "pageInfo": end}}}

    def _node(self, run: FakeRun) -> Any:
        unused = ("commit", "heartbeatAt", "description", "notes")
        return dict.fromkeys(unused) | {
            "systemMetrics": "{}",
            **{"id": run.name, "name": run.name, "displayName": run.display_name},
            **{"projectId": "1", "tags": run.tags, "sweepName": run.sweep, "state": "finished"},
            **{"config": json.dumps(run.config), "summaryMetrics": json.dumps(run.summary)},
            **{"group": run.group, "jobType": run.job_type, "readOnly": False},
            **{"createdAt": "2026-01-02T03:04:05Z", "historyLineCount": len(run.lines)},
            "historyKeys": {},
        }

    def _run_full_history(self, given: dict[str, Any]) -> Any:
        rows = [json.dumps(row) for row in self.runs[given["name"]].rows]
        return {"project": {"run": {"history": rows}}}

    def _upsert_sweep(self, given: dict[str, Any]) -> Any:
        name = f"sweep{len(self.sweeps)}"
        config = yaml.safe_load(given["config"])
        project = given["projectName"]
        self.sweeps[name] = FakeSweep(name=name, project=project, config=config)
        sweep = {"name": name, "project": _project(project)}
        return {"upsertSweep": {"sweep": sweep, "configValidationWarnings": []}}

    def _sweep_with_runs(self, given: dict[str, Any]) -> Any:
        sweep = self.sweeps[given["sweep"]]
        found = {"id": sweep.name, "name": sweep.name, "config": yaml.safe_dump(sweep.config)}
        return {"project": {"sweep": found | {"state": "RUNNING", "runs": {"edges": []}}}}

    def _create_agent(self, given: dict[str, Any]) -> Any:
        self.num_agents = getattr(self, "num_agents", 0) + 1
        return {"createAgent": {"agent": {"id": f"{given['sweep']} {self.num_agents}"}}}

    def _heartbeat(self, given: dict[str, Any]) -> Any:
        sweep = self.sweeps[given["id"].split()[0]]
        commands = list(self._commands(sweep, given["id"], json.loads(given["runState"])))
        agent = {"id": given["id"]}
        return {"agentHeartbeat": {"agent": agent, "commands": json.dumps(commands)}}

    def _commands(
        self, sweep: FakeSweep, agent: str, states: dict[str, bool]
    ) -> Iterator[dict[str, Any]]:
        mine = [run for run, whose in sweep.running.items() if whose == agent]
        for name in mine:
            run = self.runs.get(name)
            if name not in states:  # it has ended
                del sweep.running[name]
            elif run is not None and run.is_stopped:
                yield {"type": "stop", "run_id": name}
        if any(name in states for name in mine):
            return
        if sweep.waiting:
            name, params = sweep.waiting.pop(0)
            sweep.running[name] = agent
            sweep.given_out.append((name, agent))
            args = {key: {"value": value} for key, value in params.items()}
            program = sweep.config.get("program")
            yield {"type": "run", "run_id": name, "program": program, "args": args}
        elif sweep.is_over:
            yield {"type": "exit"}


def _project(name: str | None) -> dict[str, Any]:
    return {"id": "1", "name": name, "entity": {"id": "1", "name": ENTITY}}


class _Handler(BaseHTTPRequestHandler):
    wandb: WandbServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # clients are killed in tests
            super().handle()

    def do_GET(self) -> None:
        self._reply(404, {})

    def do_PUT(self) -> None:
        _, _, name, file = self.path.split("/", 3)
        self.wandb.runs[name].files[file] = self._body()
        self._reply(200, {})

    def do_POST(self) -> None:
        data, server = self._body(), self.wandb
        time.sleep(server.delay)
        if self.path == "/graphql":
            asked = json.loads(data)
            found = re.search(r"(?:query|mutation)\s+(\w+)", asked["query"])
            assert found is not None, "every query of the client has a name"
            name, given = found[1], asked.get("variables") or {}
        else:
            name, given = self.path, {}
        refused = [status for part, status in server.refuse.items() if part in name]
        if refused:
            self._reply(refused[0], {"errors": [{"message": "refused"}]})
        elif self.path == "/graphql":
            try:
                self._reply(200, {"data": server.answer(name, given)})
            except LookupError as error:
                self._reply(200, {"errors": [{"message": f"not known: {error}"}]})
        elif self.path.endswith("/file_stream"):
            run = server.runs[self.path.split("/")[4]]
            server.stream(run, json.loads(data))
            self._reply(200, {"stopped": run.is_stopped})
        else:  # the client's measurements of itself
            self._reply(200, {})

    def _body(self) -> bytes:
        size = int(self.headers["Content-Length"] or 0)
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionError("the client is gone")
        return gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body

    def _reply(self, status: int, content: Any) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

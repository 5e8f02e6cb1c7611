"""A whole Cairn for tests, started as `make run DEMO=0` starts it."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx

from local.ports import pick_free
from local.servers import Servers
from shared.plumbing.database_roles import ROLES
from tests.logins import url_of
from tests.waiting import eventually_true

READY_SECONDS: Final = 180.0
STOP_SECONDS: Final = 120.0
REQUEST_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where the system is reached, and with which token."""

    goals: str
    ingest: str
    token: str
    home: Path
    environment: dict[str, str]

    @property
    def run_file(self) -> dict[str, Any]:
        """What run.json says now; it is rewritten when a service is started again."""
        text = (self.home / "run.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    def cairn(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the `cairn` command as a user of this installation would."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli.main", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def is_settled(self) -> bool:
        """Tell whether everything accepted is in the totals, and announced."""
        try:
            status = self.get("/v1/status")
        except (httpx.HTTPError, AssertionError):
            return False
        return bool(status["settled"]) and not status["waiting_announcements"]

    def post(self, path: str, body: object) -> dict[str, Any]:
        """Create something through goals."""
        return self._asked("POST", self.goals + path, body)

    def patch(self, path: str, body: object) -> dict[str, Any]:
        """Change something through goals."""
        return self._asked("PATCH", self.goals + path, body)

    def delete(self, path: str) -> None:
        """Delete something through goals."""
        self._asked("DELETE", self.goals + path, None)

    def get(self, path: str) -> dict[str, Any]:
        """Read something from goals."""
        return self._asked("GET", self.goals + path, None)

    def send(self, *records: dict[str, object]) -> None:
        """Send records through ingest."""
        self._asked("POST", f"{self.ingest}/v1/records", list(records))

    def page_link(self) -> str:
        """Return an address that lets one browser in."""
        return str(self.post("/v1/page-links", {})["url"])

    def _asked(self, method: str, url: str, body: object) -> dict[str, Any]:
        answer = httpx.request(
            method,
            url,
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=REQUEST_SECONDS,
            trust_env=False,
        )
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}


@contextmanager
def running_cairn(
    servers: Servers, folder: Path, *, rollup_copies: int = 1
) -> Iterator[Running]:
    """Start an empty Cairn on the session's servers; stop it afterwards."""
    home = folder / ".cairn"
    goals, ingest, *rollup = pick_free(2 + rollup_copies)
    if rollup_copies > 1:
        # Copies take neighbouring ports; a free one far from the others has room.
        rollup = [max(rollup) + 100]
    database = _new_database(servers.postgres_url)
    ours = {
        "CAIRN_HOME": str(home),
        "CAIRN_DEMO": "0",
        "CAIRN_GOALS_PORT": str(goals),
        "CAIRN_INGEST_PORT": str(ingest),
        "CAIRN_ROLLUP_PORT": str(rollup[0]),
        "CAIRN_ROLLUP_COPIES": str(rollup_copies),
        "CAIRN_DATABASE_URL": database,
        "CAIRN_MIGRATE_DATABASE_URL": database,
        # Each service as a login of its own, which may do what its role may.
        **{
            f"CAIRN_{service.upper()}_DATABASE_URL": url_of(service, database)
            for service in ROLES
        },
        "CAIRN_KAFKA_SERVERS": servers.kafka_servers,
        "CAIRN_TOPIC_PREFIX": f"run-{secrets.token_hex(4)}-",
        # In the periods of the tests, also when they have long been over.
        "CAIRN_TESTING": "1",
        "CAIRN_NOW": "2026-11-21T12:00:00Z",
    }
    others = {k: v for k, v in os.environ.items() if not k.startswith("CAIRN_")}
    log_file = folder / "output"
    with log_file.open("w", encoding="utf-8") as log:
        run = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli.main", "run"],
            env=others | ours,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _ready(run, home, log_file, others | ours)
    finally:
        run.terminate()
        run.wait(STOP_SECONDS)


def _new_database(url: str) -> str:
    name = f"run_{secrets.token_hex(6)}"

    async def create() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()

    asyncio.run(create())
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _ready(
    run: subprocess.Popen[bytes],
    home: Path,
    log_file: Path,
    environment: dict[str, str],
) -> Running:
    run_file = home / "run.json"

    def is_there() -> bool:
        return run_file.exists() or run.poll() is not None

    eventually_true(is_there, within=READY_SECONDS, what="run.json")
    assert run.poll() is None, log_file.read_text(encoding="utf-8")
    state = json.loads(run_file.read_text(encoding="utf-8"))
    return Running(
        goals=state["addresses"]["goals"],
        ingest=state["addresses"]["ingest"],
        token=state["admin_token"],
        home=home,
        environment=environment,
    )

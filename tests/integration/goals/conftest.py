"""A running goals service, and short words for talking to it."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx
import pytest_asyncio

import services
from local.ports import pick_free
from local.servers import Servers
from services.goals.app import build_app
from services.goals.settings import GoalsSettings
from shared.messages.topics import GOAL_CHANGES
from shared.plumbing.kafka import create_topics, topic_name
from shared.plumbing.migrations import migrate, migrations_of
from tests.logins import url_of

TOKEN = "token-of-the-tests"

# Further than any test comes: all that is written counts as applied at once.
_APPLIED_FOR_EVER = 2**60
_SERVICES = Path(services.__path__[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A database and topics of a test's own, ready for the service."""

    settings: GoalsSettings
    # As the owner of all tables; the service has a login of its own.
    database: str

    @property
    def definitions_topic(self) -> str:
        """The name of goal-changes here."""
        return topic_name(self.settings, GOAL_CHANGES)

    async def connect(self) -> asyncpg.Connection:
        """Open a connection to the database."""
        return await asyncpg.connect(self.database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The service as a client sees it."""

    client: httpx.AsyncClient
    installation: Installation
    # Makes ids of one test its own, where a service is shared.
    prefix: str = field(default_factory=lambda: f"t{secrets.token_hex(4)}-")

    def id(self, name: str) -> str:
        """Return an id that only this test uses."""
        return self.prefix + name

    async def create(self, path: str, body: Any, **more: Any) -> Any:
        """Create something and return it."""
        answer = await self.client.post(path, json=body, **more)
        assert answer.status_code == 201, answer.text[:500]
        return answer.json()

    async def read(self, path: str) -> Any:
        """Read something that is there."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text[:500]
        return answer.json()

    async def change(self, path: str, body: Any) -> Any:
        """Change something and return it."""
        answer = await self.client.patch(path, json=body)
        assert answer.status_code == 200, answer.text[:500]
        return answer.json()

    async def refused(
        self, method: str, path: str, body: Any = None, *, status: int
    ) -> Mapping[str, Any]:
        """Ask for what is refused; return the error, in its one shape."""
        answer = await self.client.request(method, path, json=body)
        assert answer.status_code == status, answer.text[:500]
        error: Mapping[str, Any] = answer.json()
        assert set(error) == {"error", "detail", "dynamics_code", "field"}
        return error

    async def user(self, name: str, /, **more: Any) -> str:
        """Create a user; return the id."""
        body = {"id": self.id(name), "name": name, **more}
        created = await self.create("/v1/users", body)
        return str(created["id"])

    async def metric(self, name: str = "revenue", /, **more: Any) -> str:
        """Create a metric that adds money; return the id."""
        created = await self.create("/v1/metrics", self.metric_body(name, **more))
        return str(created["id"])

    def metric_body(self, name: str = "revenue", /, **more: Any) -> dict[str, Any]:
        """Return what makes a metric that adds money."""
        return {
            "id": self.id(name),
            "name": self.id(name),
            "kind": "amount",
            "data_type": "money",
            "rollup_fields": {
                "actual": {
                    "source_entity": "opportunity",
                    "source_attribute": "actualvalue",
                    "source_state": "won",
                    "date_attribute": "actualclosedate",
                }
            },
        } | more

    def goal_body(self, name: str, /, **more: Any) -> dict[str, Any]:
        """Return what makes a goal of user `ada`; parent or metric are to be added."""
        body = {
            "id": self.id(name),
            "title": name,
            "owner": {"type": "user", "id": self.id("ada")},
            "manager_id": self.id("ada"),
        }
        if "parent_id" not in more:
            body |= {
                "metric_id": self.id("revenue"),
                "period": {
                    "kind": "custom",
                    "start": "2026-10-01",
                    "end": "2026-12-31",
                },
            }
        return body | more

    async def goal(self, name: str, /, **more: Any) -> str:
        """Create a goal of user `ada`; return the id."""
        created = await self.create("/v1/goals", self.goal_body(name, **more))
        return str(created["id"])

    async def company(self) -> None:
        """Create a user, a metric, and `company` with `north` under it."""
        await self.user("ada")
        await self.metric()
        await self.goal("company", target="100.00")
        await self.goal("north", parent_id=self.id("company"), target="40.00")

    def at(self, name: str, *, of: str = "goals") -> str:
        """Return the path of something by the name its id was made of."""
        return f"/v1/{of}/{quote(self.id(name), safe='')}"


@asynccontextmanager
async def installed(servers: Servers) -> AsyncIterator[Installation]:
    """Make a database with all tables, and topics, for one service."""
    name = f"test_{secrets.token_hex(6)}"
    url = urlunsplit(urlsplit(servers.postgres_url)._replace(path=f"/{name}"))
    await _execute(servers.postgres_url, f"CREATE DATABASE {name}")
    settings = GoalsSettings(
        kafka_servers=servers.kafka_servers,
        topic_prefix=f"{name}-",
        goals_database_url=url_of("goals", url),
        goals_port=pick_free(1)[0],
        admin_token=TOKEN,
        log_level="WARNING",
    )
    connection = await asyncpg.connect(url)
    try:
        for service in ("rollup", "goals"):
            folder = _SERVICES / service / "migrations"
            await migrate(connection, migrations_of(service, folder))
        create_topics(settings)
        # What the migrations announce, these tests did not write.
        await connection.execute("DELETE FROM goals.outbox")
        await connection.execute(
            "INSERT INTO rollup.source_offset (topic, partition, next_offset) "
            "VALUES ($1, 0, $2)",
            topic_name(settings, GOAL_CHANGES),
            _APPLIED_FOR_EVER,
        )
        yield Installation(settings=settings, database=url)
    finally:
        await connection.close()
        # By force: a test that fails may leave connections.
        await _execute(servers.postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def running(installation: Installation) -> AsyncIterator[Api]:
    """Run the service in this process, and stop it as a signal would."""
    app = await build_app(installation.settings)
    await app.start()
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{installation.settings.goals_port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            # The machine may be busy with other things.
            timeout=60,
        ) as client:
            yield Api(client=client, installation=installation)
    finally:
        await app.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shared_service(servers: Servers) -> AsyncIterator[Api]:
    """One service for all tests that only need ids of their own."""
    async with installed(servers) as installation, running(installation) as api:
        yield api


@pytest_asyncio.fixture(loop_scope="package")
async def api(shared_service: Api) -> Api:
    """Return the shared service, under ids of the test's own."""
    return Api(client=shared_service.client, installation=shared_service.installation)


@pytest_asyncio.fixture(loop_scope="package")
async def installation(servers: Servers) -> AsyncIterator[Installation]:
    """Make a database and topics of the test's own."""
    async with installed(servers) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="package")
async def other_installation(servers: Servers) -> AsyncIterator[Installation]:
    """Make one more, as empty as the first."""
    async with installed(servers) as made:
        yield made


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

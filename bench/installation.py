"""One installation of Cairn on the servers: a database, topics and the services."""

import asyncio
import secrets
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from confluent_kafka.admin import AdminClient

from bench.errors import BenchError
from bench.processes import Running, running, tail_of
from bench.servers import Servers
from bench.waiting import until
from shared.messages.topics import CATALOGUE

_MIGRATE_SECONDS_MAX: Final = 60.0
_READY_SECONDS_MAX: Final = 60.0
_HTTP_SECONDS: Final = 5.0
# Groups of trees that the copies share among them.
_TREE_GROUPS: Final = 16

_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A running system with nothing in it."""

    servers: Servers
    topic_prefix: str
    connection: asyncpg.Connection
    # Every service process by its name.
    services: Mapping[str, Running]
    goals_url: str
    admin_token: str

    def topic(self, name: str) -> str:
        """Return the name of a topic here."""
        return self.topic_prefix + name

    def check(self) -> None:
        """Raise if a service has ended."""
        for service in self.services.values():
            service.check()


@asynccontextmanager
async def installed(
    servers: Servers, *, name: str, rollup_copies: int, log_folder: Path
) -> AsyncIterator[Installation]:
    """Install and run Cairn; at the end everything of it is gone but its logs."""
    database = f"cairn_bench_{name}_{secrets.token_hex(3)}"
    prefix = f"{database.replace('_', '-')}-"
    url = urlunsplit(urlsplit(servers.postgres_url)._replace(path=f"/{database}"))
    ports = _ports(rollup_copies)
    environment = {
        "CAIRN_DATABASE_URL": url,
        "CAIRN_KAFKA_SERVERS": servers.kafka_servers,
        "CAIRN_TOPIC_PREFIX": prefix,
        "CAIRN_ADMIN_TOKEN": secrets.token_urlsafe(),
        "CAIRN_LOG_LEVEL": "WARNING",
        # In the periods of the workload, also when they have long been over.
        "CAIRN_TESTING": "1",
        "CAIRN_NOW": "2026-06-15T12:00:00Z",
    }
    async with AsyncExitStack() as stack:
        await _execute(servers.postgres_url, f"CREATE DATABASE {database}")
        stack.push_async_callback(_forget, servers, database, prefix)
        await _migrate(environment, log_folder / f"{name}-migrate.log")
        services = {
            service: stack.enter_context(
                running(
                    service,
                    _cairn("serve", _kind_of(service)),
                    log_file=log_folder / f"{name}-{service.replace(' ', '-')}.log",
                    environment=environment
                    | {f"CAIRN_{_kind_of(service).upper()}_PORT": str(port)},
                )
            )
            for service, port in ports.items()
        }
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        installation = Installation(
            servers=servers,
            topic_prefix=prefix,
            connection=connection,
            services=services,
            goals_url=f"http://{_HOST}:{ports['goals']}",
            admin_token=environment["CAIRN_ADMIN_TOKEN"],
        )
        await _until_ready(installation, ports)
        yield installation


def _ports(rollup_copies: int) -> Mapping[str, int]:
    """Return a port for each service process."""
    names = ["goals", "ingest", *(f"rollup {copy}" for copy in range(rollup_copies))]
    return dict(zip(names, _free_ports(len(names)), strict=True))


def _kind_of(service: str) -> str:
    return service.partition(" ")[0]


def _cairn(*words: str) -> list[str]:
    return [sys.executable, "-m", "cli.main", *words]


async def _migrate(environment: Mapping[str, str], log_file: Path) -> None:
    command = _cairn("migrate")
    with running(
        "cairn migrate", command, log_file=log_file, environment=environment
    ) as process:

        async def code() -> int | None:
            return process.popen.poll()

        ended = await until(
            code,
            lambda one: one is not None,
            what="cairn migrate",
            seconds_max=_MIGRATE_SECONDS_MAX,
        )
    if ended != 0:
        raise BenchError(f"cairn migrate ended with {ended}:\n{tail_of(log_file)}")


async def _until_ready(installation: Installation, ports: Mapping[str, int]) -> None:
    """Wait until all are ready and the rollup copies share the groups of trees."""
    copies = [port for name, port in ports.items() if _kind_of(name) == "rollup"]
    share = -(-_TREE_GROUPS // len(copies))

    async def not_ready() -> list[str]:
        installation.check()
        answers = await asyncio.gather(
            *(
                asyncio.to_thread(_get, f"http://{_HOST}:{port}/readyz")
                for port in ports.values()
            )
        )
        return [
            name for name, answer in zip(ports, answers, strict=True) if answer is None
        ]

    async def groups() -> list[float]:
        installation.check()
        return await asyncio.gather(
            *(asyncio.to_thread(_climber_groups, port) for port in copies)
        )

    await until(
        not_ready,
        lambda names: not names,
        what="all services to be ready",
        seconds_max=_READY_SECONDS_MAX,
    )
    await until(
        groups,
        lambda found: sum(found) == _TREE_GROUPS and max(found) <= share,
        what=f"{len(copies)} rollup processes to share {_TREE_GROUPS} groups of trees",
        seconds_max=_READY_SECONDS_MAX,
    )


def _climber_groups(port: int) -> float:
    """Return how many groups of trees a copy climbs."""
    # The gauge is set when somebody asks whether the copy is ready.
    _get(f"http://{_HOST}:{port}/readyz")
    for line in (_get(f"http://{_HOST}:{port}/metrics") or "").splitlines():
        if line.startswith("cairn_climber_groups "):
            return float(line.split()[1])
    return 0.0


def _get(url: str) -> str | None:
    """Return what a service answers with 200; None: anything else."""
    # No proxy of the environment may come between us and our own services.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_HTTP_SECONDS) as answer:
            return bytes(answer.read()).decode()
    except (urllib.error.URLError, OSError):
        return None


def _free_ports(count: int) -> list[int]:
    """Return ports that are free now."""
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind((_HOST, 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


async def _forget(servers: Servers, database: str, prefix: str) -> None:
    """Drop the database and the topics, so that the next run finds room."""
    admin = AdminClient({"bootstrap.servers": servers.kafka_servers, "log_level": 0})
    topics = [prefix + topic.name for topic in CATALOGUE]
    for deleted in admin.delete_topics(topics).values():
        # What is not there is gone already.
        deleted.exception()
    await _execute(servers.postgres_url, f"DROP DATABASE {database} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

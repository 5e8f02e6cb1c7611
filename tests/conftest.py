"""The real PostgreSQL and Kafka that tests run against, started once a worker.

Nothing is started before a test asks. Which servers are taken is decided once:
those that CAIRN_TEST_DATABASE_URL and CAIRN_TEST_KAFKA_SERVERS name; else, where a
Docker engine answers, containers; else the parts that `make run` embeds.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from local.kafka import SINGLE_NODE
from local.ports import pick_free
from local.servers import Servers, start_servers
from tests.dice import load_dice
from tests.logins import services_logins
from tests.measured import MEASURED

load_dice()

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "apache/kafka:4.3.1"

_DOCKER_SECONDS = 10

_ORIGIN = "servers"

_origins = pytest.StashKey[set[str]]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The servers of this session, and where they came from."""

    servers: Servers
    origin: str


@pytest.fixture(scope="session")
def servers(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """PostgreSQL (its URL may create databases) and Kafka, running."""
    with ExitStack() as stack:
        given = _given()
        if given is not None:
            taken = Taken(servers=given, origin="named by CAIRN_TEST_*")
        elif _docker_answers():
            containers = stack.enter_context(_containers())
            taken = Taken(servers=containers, origin="containers by Docker")
        else:
            home = tmp_path_factory.mktemp("servers")
            # The logs stay for those who ask why; the data is large and of no use.
            stack.callback(_forget_data, home)
            embedded = stack.enter_context(start_servers(home, durable=False))
            taken = Taken(servers=embedded, origin=f"embedded, logs in {home}/logs")
        _note(pytestconfig, taken.origin)
        stack.enter_context(services_logins(taken.servers.postgres_url))
        yield taken.servers


@pytest_asyncio.fixture
async def database(servers: Servers) -> AsyncIterator[str]:
    """Return the URL of a database of the test's own, with nothing in it."""
    name = f"test_{secrets.token_hex(6)}"
    await _execute(servers.postgres_url, f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(servers.postgres_url)._replace(path=f"/{name}"))
    finally:
        # By force: a test that fails may leave connections.
        await _execute(servers.postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def topic_prefix() -> str:
    """Return a prefix that keeps the test's topics and groups apart from others'."""
    return f"test-{secrets.token_hex(6)}-"


def _note(config: pytest.Config, origin: str) -> None:
    """Keep where the servers came from; a worker hands it to the process above it."""
    config.stash.setdefault(_origins, set()).add(origin)
    if hasattr(config, "workeroutput"):
        config.workeroutput[_ORIGIN] = origin


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a worker that has ended says of its servers."""
    del error
    output = getattr(node, "workeroutput", {})
    if _ORIGIN in output:
        _note(node.config, output[_ORIGIN])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say at the end what was measured, and which servers the tests ran against."""
    for report in terminalreporter.stats.get("passed", []):
        for name, words in report.user_properties:
            if name == MEASURED:
                terminalreporter.write_line(f"measured: {words}")
    origins = config.stash.get(_origins, None) or {"none were asked for"}
    for words in sorted(origins):
        terminalreporter.write_line(f"servers: {words}")


def _forget_data(home: Path) -> None:
    for name in ("postgres", "kafka"):
        shutil.rmtree(home / name, ignore_errors=True)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _given() -> Servers | None:
    postgres_url = os.environ.get("CAIRN_TEST_DATABASE_URL")
    kafka_servers = os.environ.get("CAIRN_TEST_KAFKA_SERVERS")
    if postgres_url and kafka_servers:
        return Servers(postgres_url=postgres_url, kafka_servers=kafka_servers)
    if postgres_url or kafka_servers:
        pytest.exit(
            "only one of CAIRN_TEST_DATABASE_URL and CAIRN_TEST_KAFKA_SERVERS is set; "
            "set both, or neither to have servers started",
            returncode=4,
        )
    return None


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        answer = subprocess.run(
            # The client alone succeeds without an engine; its version does not.
            [docker, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            check=False,
            timeout=_DOCKER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0


@contextmanager
def _containers() -> Iterator[Servers]:
    # Only here: the imports look for an engine's settings, and cost half a second.
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415
    from testcontainers.core.wait_strategies import (  # noqa: PLC0415
        LogMessageWaitStrategy,
    )

    # Its library's KafkaContainer knows only the images of another vendor. Clients
    # are told an address by the broker, so the port must be known beforehand.
    address, (port,) = DockerClient().host(), pick_free(1)
    settings = SINGLE_NODE | {
        "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://{address}:{port}",
        "controller.quorum.voters": "1@localhost:9093",
    }
    kafka = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    for name, value in settings.items():
        kafka = kafka.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    kafka = kafka.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    with PostgresContainer(POSTGRES_IMAGE, driver=None) as postgres, kafka:
        yield Servers(
            postgres_url=postgres.get_connection_url(),
            kafka_servers=f"{address}:{port}",
        )

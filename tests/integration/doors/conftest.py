"""A database with all tables, and what each service is there."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from cli.serving import migration_folders
from local.servers import Servers
from shared.plumbing.migrations import migrate, migrations_of
from shared.plumbing.postgres import connect
from tests.integration.doors.guarded_kafka import Guarded, guarded_kafka
from tests.logins import url_of


async def migrate_all(url: str) -> None:
    """Run all migrations as whoever the address names."""
    connection = await connect(url, application="tests")
    try:
        for service, folder in migration_folders():
            await migrate(connection, migrations_of(service, folder))
    finally:
        await connection.close()


@asynccontextmanager
async def working_as(service: str, url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as a service does."""
    connection = await connect(url_of(service, url), application="tests")
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One broker for all tests: rights go by topics' names, and each has its prefix."""
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as running:
        yield running


@pytest_asyncio.fixture
async def migrated(database: str) -> str:
    """Return the address of a database with all tables, as their owner."""
    await migrate_all(database)
    return database


async def execute(url: str, statement: str) -> None:
    """Do one thing as whoever the address names."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def named(url: str, user: str, password: str) -> str:
    """Return the address of the same database for somebody else."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{place}"))


@asynccontextmanager
async def stranger(servers: Servers, url: str) -> AsyncIterator[str]:
    """Make a user who may do nothing; yield an address with him."""
    name = f"stranger_{secrets.token_hex(4)}"
    await execute(servers.postgres_url, f"CREATE ROLE {name} LOGIN PASSWORD 'known'")
    try:
        yield named(url, name, "known")
    finally:
        await execute(servers.postgres_url, f"DROP ROLE {name}")


@pytest_asyncio.fixture
async def new_login(servers: Servers) -> AsyncIterator[str]:
    """Return a name that nobody has yet; whoever has it then is taken away."""
    name = f"login_{secrets.token_hex(4)}"
    yield name
    await execute(servers.postgres_url, f"DROP ROLE IF EXISTS {name}")

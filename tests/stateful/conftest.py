"""One street for all houses, and quiet in it."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import structlog

from local.servers import Servers
from services.rollup import rederive
from tests.stateful.bodies import TEAMS, USERS
from tests.stateful.house import Street, migrate_all, street_at
from tests.stateful.life import FOUNDING


@pytest.fixture(scope="package")
def runner() -> Iterator[asyncio.Runner]:
    """Return one loop for all lives."""
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="package")
def street(servers: Servers, runner: asyncio.Runner) -> Iterator[Street]:
    """Return what opens house after house on a database of their own."""
    name = f"stateful_{secrets.token_hex(6)}"
    url = urlunsplit(urlsplit(servers.postgres_url)._replace(path=f"/{name}"))

    @asynccontextmanager
    async def opened() -> AsyncIterator[Street]:
        await _execute(servers.postgres_url, f"CREATE DATABASE {name}")
        try:
            await migrate_all(url)
            async with street_at(url) as street:
                yield street
        finally:
            await _execute(servers.postgres_url, f"DROP DATABASE {name} WITH (FORCE)")

    stack = AsyncExitStack()
    street = runner.run(stack.enter_async_context(opened()))
    try:
        runner.run(_found(street))
        yield street
    finally:
        runner.run(stack.aclose())


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _found(street: Street) -> None:
    house = await street.open()
    await house.settle_people(users=USERS, teams=TEAMS)
    for deed in FOUNDING:
        assert await house.do(deed) is None
    await house.come_to_rest()
    await street.found(house)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the engine's words out of a failing example's list of deeds."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
    )
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 3)

"""The services' logins of this run of tests: each may do what its role may."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from shared.plumbing.database_roles import ROLES, make_login, make_roles

# Servers that somebody named may serve several runs at once.
_RUN: Final = secrets.token_hex(6)
_PASSWORD: Final = secrets.token_hex(16)


def url_of(service: str, url: str) -> str:
    """Return the address of the same database as one service's login."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    user = f"{ROLES[service]}_{_RUN}"
    return urlunsplit(parts._replace(netloc=f"{user}:{_PASSWORD}@{place}"))


@contextmanager
def services_logins(url: str) -> Iterator[None]:
    """Make the logins in a cluster, and take them away at the end."""
    asyncio.run(_make(url))
    try:
        yield
    finally:
        asyncio.run(_take_away(url))


async def _make(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await make_roles(connection)
        for service in ROLES:
            await make_login(connection, service, url_of(service, url))
    finally:
        await connection.close()


async def _take_away(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for role in ROLES.values():
            await connection.execute(f"DROP ROLE {role}_{_RUN}")
    finally:
        await connection.close()

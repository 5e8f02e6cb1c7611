"""Who is known at the door, by what goals publishes in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest
import pytest_asyncio

from local.servers import Servers
from shared.domain.callers import Scope
from shared.doors import known
from shared.doors.api_tokens import hash_of, new_api_token
from shared.doors.keeper import Keeper
from shared.doors.known import KnownTokens, KnownUsers
from shared.doors.refusing import RefusedAtDoorError
from shared.plumbing.postgres import Connection
from tests.integration.goals.conftest import installed
from tests.logins import url_of

_INSERT = """
INSERT INTO goals.api_token (id, name, token_hash, scopes, created_by)
VALUES ($1, $1, $2, '{records:write,tea:make}', 'admin')
"""


@dataclass(slots=True)
class Lender:
    """Lends connections, counts them, and may have none."""

    url: str
    is_away: bool = False
    lent: int = 0

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        """Lend a connection."""
        self.lent += 1
        if self.is_away:
            raise ConnectionRefusedError
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()


@dataclass(frozen=True, slots=True)
class Door:
    """A keeper, and the database that it asks."""

    keeper: Keeper
    lender: Lender
    database: asyncpg.Connection

    async def token(self, name: str) -> str:
        """Store a token; return its text."""
        text = new_api_token()
        await self.database.execute(_INSERT, name, hash_of(text))
        return text

    async def name_of(self, token: str) -> str:
        """Return who comes in with a token."""
        return (await self.keeper.caller_of(f"Bearer {token}")).name

    async def refused(self, token: str) -> tuple[int, str]:
        """Return how a token is refused."""
        with pytest.raises(RefusedAtDoorError) as caught:
            await self.name_of(token)
        return caught.value.status, caught.value.error


@pytest_asyncio.fixture
async def door(servers: Servers) -> AsyncIterator[Door]:
    """Make a database with what goals publishes, and a keeper who reads it."""
    async with installed(servers) as made:
        lender = Lender(made.database)
        keeper = Keeper(
            admin_token=b"the-admins-token",
            tokens=KnownTokens(lender.lend),
            users=KnownUsers(lender.lend),
        )
        connection = await made.connect()
        yield Door(keeper, lender, connection)
        await connection.close()


async def test_a_record_costs_no_question(door: Door) -> None:
    """The tokens are read every few seconds, and a use is noted once a minute."""
    token = await door.token("nightly")

    callers = [await door.keeper.caller_of(f"Bearer {token}") for _ in range(200)]

    assert {one.name for one in callers} == {"token/nightly"}
    # A scope that a newer version knows is none of ours.
    assert callers[0].scopes == {Scope.RECORDS_WRITE}
    assert door.lender.lent <= 4
    used = await door.database.fetchval("SELECT last_used_at FROM goals.api_token")
    assert used is not None


async def test_a_new_token_holds_at_once(door: Door) -> None:
    """Also just after all were read."""
    first = await door.token("first")
    await door.name_of(first)

    second = await door.token("second")

    assert await door.name_of(second) == "token/second"


async def test_invented_tokens_do_not_flood_the_database(door: Door) -> None:
    """Many who come at once are answered by few questions."""
    token = await door.token("nightly")
    await door.name_of(token)
    before = door.lender.lent

    refused = await asyncio.gather(*(door.refused(new_api_token()) for _ in range(100)))

    assert set(refused) == {(401, "not_authenticated")}
    assert door.lender.lent - before <= 3


async def test_known_tokens_hold_while_the_database_is_away(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a while; others are told to come again, and it is nobody's fault."""
    monkeypatch.setattr(known, "FRESH_SECONDS", 0.0)
    token = await door.token("nightly")
    await door.name_of(token)
    door.lender.is_away = True

    held = await door.name_of(token)
    unknown = await door.refused(new_api_token())
    admin = await door.name_of("the-admins-token")
    monkeypatch.setattr(known, "STALE_SECONDS_MAX", 0.0)
    too_long = await door.refused(token)
    door.lender.is_away = False
    back = await door.name_of(token)

    assert held == back == "token/nightly"
    assert admin == "admin"
    assert unknown == too_long == (503, "database_unavailable")


async def test_what_is_revoked_holds_no_longer_than_seconds(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ingest hears of it by reading again."""
    token = await door.token("nightly")
    await door.name_of(token)
    await door.database.execute("UPDATE goals.api_token SET revoked_at = now()")
    within = await door.name_of(token)
    monkeypatch.setattr(known, "FRESH_SECONDS", 0.0)

    assert within == "token/nightly"
    assert await door.refused(token) == (401, "not_authenticated")


async def test_users_are_known_while_the_database_is_away(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who came a moment ago."""
    monkeypatch.setattr(known, "FRESH_SECONDS", 0.0)
    await door.database.execute(
        "INSERT INTO goals.directory_user (id, name, disabled) "
        "VALUES ('ada', 'Ada', false), ('alan', 'Alan', true)"
    )
    users = KnownUsers(door.lender.lend)
    found = [await users.is_disabled(one) for one in ("ada", "alan", "grace")]
    door.lender.is_away = True

    assert found == [False, True, None]
    assert await users.is_disabled("ada") is False
    with pytest.raises(ConnectionRefusedError):
        await users.is_disabled("edsger")


async def test_ingest_needs_no_more_than_it_may(door: Door) -> None:
    """A user of PostgreSQL who sees no table knows tokens, and notes their use."""
    token = await door.token("nightly")
    lender = Lender(url_of("ingest", door.lender.url))
    keeper = Keeper(admin_token=None, tokens=KnownTokens(lender.lend))

    caller = await keeper.caller_of(f"Bearer {token}")
    used = await door.database.fetchval("SELECT last_used_at FROM goals.api_token")
    async with lender.lend() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT FROM goals.api_token")

    assert caller.name == "token/nightly"
    assert used is not None

"""Who may send records: the real service, its tokens in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import asyncpg
import httpx
import pytest_asyncio

from local.servers import Servers
from shared.doors.api_tokens import hash_of, new_api_token
from tests.doors.issuing import AUDIENCE, Issuer, issuing
from tests.integration.goals.conftest import Installation, installed
from tests.integration.ingest.running import (
    Probe,
    Running,
    create_records_topic,
    ready,
    started,
)
from tests.logins import url_of
from tests.waiting import eventually

RECORD = b'{"entity":"call","id":"1","version":1}'


@pytest_asyncio.fixture
async def tokens(servers: Servers) -> AsyncIterator[Installation]:
    """Make a database in which goals publishes tokens."""
    async with installed(servers) as made:
        yield made


async def made(tokens: Installation, name: str, *scopes: str) -> str:
    """Store a token; return its text."""
    text = new_api_token()
    connection = await tokens.connect()
    await connection.execute(
        "INSERT INTO goals.api_token (id, name, token_hash, scopes, created_by) "
        "VALUES ($1, $1, $2, $3, 'admin')",
        name,
        hash_of(text),
        list(scopes),
    )
    await connection.close()
    return text


async def sent(running: Running, token: str) -> httpx.Response:
    """Send a record with somebody's token."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.post(
            f"{running.url}/v1/records", content=RECORD, headers=headers
        )


@contextmanager
def knowing(
    servers: Servers, prefix: str, tokens: Installation, **more: str
) -> Iterator[Running]:
    """Start an ingest that reads this database."""
    create_records_topic(servers, prefix)
    # As a user who may do what ingest needs, and no more.
    url = url_of("ingest", tokens.database)
    with started(
        servers.kafka_servers, prefix, CAIRN_INGEST_DATABASE_URL=url, **more
    ) as running:
        yield running


async def test_systems_send_with_tokens_of_their_own(
    servers: Servers, topic_prefix: str, tokens: Installation
) -> None:
    """A token without the scope, an unknown one and a revoked one send nothing."""
    writer = await made(tokens, "nightly", "records:write")
    reader = await made(tokens, "dashboard", "goals:read")
    with knowing(servers, topic_prefix, tokens) as running:
        await ready(running)
        accepted = await sent(running, writer)
        scope = await sent(running, reader)
        unknown = await sent(running, new_api_token())
        connection = await tokens.connect()
        used = await connection.fetchval(
            "SELECT last_used_at FROM goals.api_token WHERE id = 'nightly'"
        )
        await connection.execute("UPDATE goals.api_token SET revoked_at = now()")
        await connection.close()

        async def is_refused() -> bool:
            return (await sent(running, writer)).status_code == 401

        probe: Probe = is_refused
        await eventually(probe, what="the refusal")

    assert accepted.status_code == 202
    assert used is not None
    assert (scope.status_code, scope.json()["error"]) == (403, "scope_missing")
    assert "needs the scope records:write" in scope.json()["detail"]
    assert (unknown.status_code, unknown.json()["error"]) == (401, "not_authenticated")


async def test_records_come_in_while_the_database_is_away(
    servers: Servers, topic_prefix: str, tokens: Installation
) -> None:
    """By tokens that were known; the service is ready, for Kafka is there."""
    writer = await made(tokens, "nightly", "records:write")
    database = tokens.database.rpartition("/")[2]
    with knowing(servers, topic_prefix, tokens) as running:
        await ready(running)
        before = await sent(running, writer)
        server = await asyncpg.connect(servers.postgres_url)
        await server.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
            database,
        )

        async def holds_on() -> bool:
            answer = await sent(running, new_api_token())
            return answer.status_code == 503

        probe: Probe = holds_on
        await eventually(probe, what="the database being away")
        known = await sent(running, writer)
        unknown = await sent(running, new_api_token())
        await server.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
        await server.close()

    assert (before.status_code, known.status_code) == (202, 202)
    assert (unknown.status_code, unknown.json()["error"]) == (
        503,
        "database_unavailable",
    )
    assert unknown.headers["Retry-After"] == "1"


async def test_people_send_records_only_if_their_token_says_so(
    servers: Servers, topic_prefix: str, tokens: Installation
) -> None:
    """And only those whom the directory knows."""
    connection = await tokens.connect()
    await connection.execute(
        "INSERT INTO goals.directory_user (id, name, disabled) "
        "VALUES ('ada', 'Ada', false), ('alan', 'Alan', true)"
    )
    await connection.close()
    async with issuing() as issuer:
        with knowing(
            servers,
            topic_prefix,
            tokens,
            CAIRN_OIDC_ISSUER=issuer.url,
            CAIRN_OIDC_AUDIENCE=AUDIENCE,
        ) as running:
            await ready(running)
            answers = [
                await sent(running, token) for token in _tokens_of_people(issuer)
            ]

    assert [one.status_code for one in answers] == [202, 403, 403, 403, 401]
    errors = [one.json().get("error") for one in answers[1:]]
    assert errors == [
        "scope_missing",
        "user_disabled",
        "user_unknown",
        "not_authenticated",
    ]


def _tokens_of_people(issuer: Issuer) -> list[str]:
    scope = "records:write"
    return [
        issuer.token(sub="ada", scope=scope),
        issuer.token(sub="ada"),
        issuer.token(sub="alan", scope=scope),
        issuer.token(sub="grace", scope=scope),
        issuer.token(sub="ada", scope=scope, aud="other"),
    ]


async def test_who_sends_too_often_is_told_when_to_come_again(
    servers: Servers, topic_prefix: str, tokens: Installation
) -> None:
    """Others send meanwhile."""
    often = await made(tokens, "often", "records:write")
    seldom = await made(tokens, "seldom", "records:write")
    with knowing(servers, topic_prefix, tokens, CAIRN_RATE_PER_SECOND="2") as running:
        await ready(running)
        answers = [await sent(running, often) for _ in range(20)]
        meanwhile = await sent(running, seldom)

    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0].json()["error"] == "too_many_requests"
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert answers[0].status_code == 202
    assert meanwhile.status_code == 202

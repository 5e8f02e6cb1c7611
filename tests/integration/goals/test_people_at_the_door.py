"""People with tokens of an issuer, and limits, at a running goals service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from local.servers import Servers
from services.goals.http import reading, streams
from tests.doors.issuing import AUDIENCE, Issuer, issuing
from tests.integration.goals.conftest import TOKEN, Api, installed, running
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="package")

NESTING = 200


@asynccontextmanager
async def served(servers: Servers, **settings: Any) -> AsyncIterator[Api]:
    """Run a service of the test's own with these settings."""
    async with installed(servers) as made:
        changed = made.settings.model_copy(update=settings)
        async with running(replace(made, settings=changed)) as api:
            yield api


def of(issuer: Issuer) -> dict[str, Any]:
    """Return the settings that name an issuer."""
    return {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE}


async def asked(api: Api, token: str, path: str = "/v1/session") -> httpx.Response:
    """Ask with somebody's token."""
    return await api.client.get(path, headers={"Authorization": f"Bearer {token}"})


async def test_people_come_in_as_users_of_the_directory(servers: Servers) -> None:
    """Whoever the directory does not know, or has disabled, learns what to do."""
    async with issuing() as issuer, served(servers, **of(issuer)) as api:
        ada = await api.user("ada")
        alan = await api.user("alan", disabled=True)
        known = await asked(api, issuer.token(sub=ada))
        listed = await asked(api, issuer.token(sub=ada), "/v1/goals")
        disabled = await asked(api, issuer.token(sub=alan))
        unknown = await asked(api, issuer.token(sub="grace"))
        forged = await asked(api, issuer.token(sub=ada) + "x")
        narrow = await asked(api, issuer.token(sub=ada, scope="goals:write"), "/docs")
        refused = await asked(
            api, issuer.token(sub=ada, scope="goals:write"), "/v1/goals"
        )

    who = known.json()
    assert (who["name"], who["user_id"], who["csrf_token"]) == (
        f"user/{ada}",
        ada,
        None,
    )
    assert listed.status_code == 200
    assert (disabled.status_code, disabled.json()["error"]) == (403, "user_disabled")
    assert (unknown.status_code, unknown.json()["error"]) == (403, "user_unknown")
    assert "the claim sub of the bearer token names user grace" in unknown.text
    assert "CAIRN_OIDC_USER_CLAIM" in unknown.text
    assert forged.status_code == 401
    assert narrow.status_code == 200
    assert (refused.status_code, refused.json()["error"]) == (403, "scope_missing")


async def test_an_issuer_that_is_away_is_nobodys_fault(servers: Servers) -> None:
    """503 with Retry-After; whoever has another token is let in."""
    async with issuing() as issuer, served(servers, **of(issuer)) as api:
        issuer.is_away = True
        away = await asked(api, issuer.token())
        admin = await asked(api, TOKEN)

    assert (away.status_code, away.json()["error"]) == (503, "issuer_unavailable")
    assert int(away.headers["Retry-After"]) > 0
    assert admin.status_code == 200


async def test_who_asks_too_often_is_told_when_to_come_again(servers: Servers) -> None:
    """Others are answered meanwhile, and so are his writes."""
    async with served(servers, rate_per_second=5) as api:
        body = {"name": "other", "scopes": ["goals:read"]}
        other = (await api.create("/v1/tokens", body))["token"]
        answers = [await api.client.get("/v1/session") for _ in range(30)]
        meanwhile = await asked(api, other)
        written = await api.client.post("/v1/users", json={"id": "x", "name": "x"})

    codes = [one.status_code for one in answers]
    assert codes[:10] == [200] * 10
    refused = next(one for one in answers if one.status_code == 429)
    assert refused.json()["error"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) >= 1
    assert meanwhile.status_code == 200
    assert written.status_code == 201


async def test_each_caller_has_so_many_live_streams(servers: Servers) -> None:
    """One more is refused until one is closed."""
    async with served(servers, streams_per_caller=1) as api:
        async with api.client.stream("GET", "/v1/stream") as first:
            refused = await api.client.get("/v1/stream")

        async def opens() -> bool:
            async with api.client.stream("GET", "/v1/stream") as again:
                return again.status_code == 200

        probe: Any = opens
        await eventually(probe, what="room for a stream")

    assert first.status_code == 200
    assert (refused.status_code, refused.json()["error"]) == (429, "too_many_streams")
    assert refused.headers["Retry-After"]


async def test_a_stream_ends_with_the_session_that_opened_it(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has signed out hears nothing more."""
    monkeypatch.setattr(streams, "LOOK_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr("services.goals.live.QUIET_SECONDS_MAX", 0.2)
    async with served(servers) as api:
        link = await api.create("/v1/page-links", {})
        async with httpx.AsyncClient(base_url=api.client.base_url) as browser:
            await browser.get(link["url"])
            token = (await browser.get("/v1/session")).json()["csrf_token"]
            async with (
                asyncio.timeout(60),
                browser.stream("GET", "/v1/stream") as stream,
            ):
                lines = stream.aiter_lines()
                first = await anext(lines)
                await browser.post("/v1/session/end", headers={"X-CSRF-Token": token})
                # It comes to its end by itself.
                rest = [line async for line in lines]

    assert first == "event: snapshot"
    assert rest


async def test_a_body_that_trickles_is_not_waited_for(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 says why; the place is free again."""
    monkeypatch.setattr(reading, "BODY_SECONDS_MAX", 0.3)

    async with served(servers) as api:
        port = api.installation.settings.goals_port
        head = (
            f"POST /v1/users HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {TOKEN}\r\n"
            "content-type: application/json\r\ncontent-length: 10000\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode())
        answering = asyncio.create_task(reader.read(2_000))
        async with asyncio.timeout(60):
            while not answering.done():
                writer.write(b" ")
                await asyncio.wait([answering], timeout=0.05)
        writer.close()

    answer = answering.result()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body_too_slow" in answer


@pytest.mark.parametrize("count", [NESTING, 100_000])
async def test_a_body_may_nest_so_deep(api: Api, count: int) -> None:
    """What nests deeper means nothing, and is not looked at any further."""
    body = b'{"id":' + b"[" * count + b"]" * count + b"}"

    answer = await api.client.post(
        "/v1/users", content=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "nested_too_deep")


async def test_a_body_may_be_so_large(api: Api) -> None:
    """What is larger is refused by its announced size."""
    body = b" " * (reading.BODY_BYTES_MAX + 1)

    answer = await api.client.post(
        "/v1/users", content=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["error"]) == (413, "request_too_large")

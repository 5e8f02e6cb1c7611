"""A service without sessions is closed, but for what is opened by name."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from local.ports import pick_free
from services.ingest.http import SCOPES
from shared.domain.callers import Scope
from shared.doors.api_tokens import hash_of, new_api_token
from shared.doors.closed import Closed
from shared.doors.keeper import Keeper
from shared.doors.known import KnownTokens
from shared.doors.rates import Rates
from shared.plumbing.health import operational_routes
from shared.plumbing.postgres import Connection

ADMIN = "the-token-of-the-admin"
OPEN = ("/livez", "/readyz", "/metrics")


@asynccontextmanager
async def no_database() -> AsyncIterator[Connection]:
    """Lend nothing: nobody answers at this address."""
    (nobody,) = pick_free(1)
    yield await asyncpg.connect(f"postgresql://a:b@127.0.0.1:{nobody}/c")


@contextmanager
def client_of(
    admin_token: str | None = ADMIN, *, per_second: int = 100
) -> Iterator[httpx.AsyncClient]:
    """Serve something behind the door, without a network."""
    http = FastAPI(openapi_url=None)
    http.include_router(operational_routes({}))

    @http.get("/asyncapi")
    async def asyncapi() -> str:
        return "document"

    @http.get("/secret")
    async def secret() -> str:
        return "secret"

    http.add_middleware(
        Closed,
        keeper=Keeper(
            admin_token=None if admin_token is None else admin_token.encode(),
            tokens=KnownTokens(no_database),
        ),
        rates=Rates(per_second),
        scopes={"GET /asyncapi": None},
    )
    yield httpx.AsyncClient(
        transport=httpx.ASGITransport(http), base_url="http://closed"
    )


def bearer(token: str) -> dict[bytes, bytes]:
    """Return the header that shows a token."""
    return {b"Authorization": f"Bearer {token}".encode()}


async def test_operators_need_no_token() -> None:
    """Whoever watches over a service sees that it is well."""
    with client_of() as client:
        assert {(await client.get(path)).status_code for path in OPEN} == {200}


@pytest.mark.parametrize("path", ["/asyncapi", "/secret", "/nothing", "/livez/", "/"])
async def test_all_else_is_closed(path: str) -> None:
    """Also what is not there, so that nobody learns what is."""
    with client_of() as client:
        answers = [
            await client.get(path),
            await client.get(path, headers=bearer("guessed")),
            await client.get(path, headers=bearer("ä")),
            await client.get(path, headers={"Authorization": "Basic eDp4"}),
        ]

    assert {one.status_code for one in answers} == {401}
    for answer in answers:
        assert set(answer.json()) == {"error", "detail", "dynamics_code", "field"}
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_admin_comes_in() -> None:
    """Also where no scope is named."""
    with client_of() as client:
        listed = await client.get("/asyncapi", headers=bearer(ADMIN))
        unlisted = await client.get("/secret", headers=bearer(ADMIN))

    assert (listed.status_code, unlisted.status_code) == (200, 200)


@pytest.mark.parametrize("token", ["", "None", "null", "Bearer"])
async def test_without_an_admins_token_nobody_has_it(token: str) -> None:
    """Nothing at all is not a token either."""
    with client_of(admin_token=None) as client:
        answer = await client.get("/asyncapi", headers=bearer(token))

    assert answer.status_code == 401


async def test_who_cannot_be_known_is_told_to_come_again() -> None:
    """The database is away, and that is not the token's fault."""
    with client_of() as client:
        answer = await client.get("/asyncapi", headers=bearer(new_api_token()))

    assert (answer.status_code, answer.json()["error"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"] == "1"


async def test_too_many_requests_are_refused() -> None:
    """Before anything else is done for them."""
    with client_of(per_second=1) as client:
        answers = [
            await client.get("/asyncapi", headers=bearer(ADMIN)) for _ in range(6)
        ]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429


def test_ingest_says_what_each_of_its_routes_needs() -> None:
    """Records need the right to send them."""
    assert SCOPES["POST /v1/records"] == Scope.RECORDS_WRITE
    assert {scope for line, scope in SCOPES.items() if line.startswith("GET ")} == {
        None
    }


def test_tokens_are_long_and_never_the_same() -> None:
    """256 bits of chance, behind a beginning that scanners for secrets find."""
    made = {new_api_token() for _ in range(1_000)}

    assert len(made) == 1_000
    assert all(one.startswith("cairn_") and len(one) == 49 for one in made)
    assert len({hash_of(one) for one in made}) == 1_000

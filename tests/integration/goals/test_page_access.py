"""Who comes in: programs with the token, browsers with a link that works once."""

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from tests.integration.goals.conftest import Api

pytestmark = pytest.mark.asyncio(loop_scope="package")


def browser(api: Api) -> httpx.AsyncClient:
    """Return a client without the token, with a memory for cookies."""
    return httpx.AsyncClient(base_url=api.client.base_url)


async def link_of(api: Api) -> str:
    """Make a link; return its path and query."""
    link = await api.client.post("/v1/page-links")
    assert link.status_code == 201
    address = urlsplit(link.json()["url"])
    assert f"{address.scheme}://{address.netloc}" == str(api.client.base_url)
    return f"{address.path}?{address.query}"


async def test_a_link_opens_the_page(api: Api) -> None:
    """With a cookie that scripts cannot read and other sites cannot use."""
    link = await link_of(api)
    async with browser(api) as client:
        entered = await client.get(link)
        page = await client.get("/")

    assert entered.status_code == 303
    assert entered.headers["Location"] == "/"
    cookie = entered.headers["Set-Cookie"].lower()
    for word in ("httponly", "samesite=strict", "path=/", "max-age=2592000"):
        assert word in cookie
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")


async def test_a_link_works_once(api: Api) -> None:
    """Of many who come at once, one gets in."""
    link = await link_of(api)

    async def enter() -> httpx.Response:
        async with browser(api) as client:
            return await client.get(link)

    answers = await asyncio.gather(*(enter() for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [303, *[401] * 5]
    refused = next(answer for answer in answers if answer.status_code == 401)
    assert "cairn page-link" in refused.text
    assert "was used before" in refused.text


async def test_a_link_expires(api: Api) -> None:
    """After an hour; the session after thirty days."""
    link = await link_of(api)
    async with browser(api) as client:
        await client.get(await link_of(api))
        connection = await api.installation.connect()
        await connection.execute("UPDATE goals.page_link SET expires_at = now()")
        late = await client.get(link)
        page = await client.get("/v1/users")
        await connection.execute("UPDATE goals.page_session SET expires_at = now()")
        later = await client.get("/v1/users")
        await connection.close()

    assert (late.status_code, page.status_code, later.status_code) == (401, 200, 401)


async def test_nobody_can_sign_in_with_what_is_stored(api: Api) -> None:
    """Only hashes of codes and tokens are kept."""
    link = await link_of(api)
    code = link.partition("code=")[2]
    connection = await api.installation.connect()

    kept = await connection.fetch("SELECT code_hash FROM goals.page_link")

    assert all(code.encode() not in bytes(row["code_hash"]) for row in kept)
    await connection.close()


async def test_a_session_reads_and_does_not_write(api: Api) -> None:
    """Another site could make a browser send something, but nothing would happen."""
    await api.company()
    async with browser(api) as client:
        await client.get(await link_of(api))
        read = await client.get(api.at("north"))
        written = await client.patch(api.at("north"), json={"title": "x"})
        deleted = await client.delete(api.at("north"))
        linked = await client.post("/v1/page-links")

    assert read.status_code == 200
    for answer in (written, deleted, linked):
        assert answer.status_code == 403
        assert answer.json()["error"] == "session_is_read_only"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic token-of-the-tests"},
        {"Authorization": "token-of-the-tests"},
        {"Authorization": "Bearer tökén"},
        {"Cookie": "cairn_session=forged"},
        {"Cookie": 'cairn_session="'},
    ],
)
@pytest.mark.parametrize("path", ["/v1/goals", "/v1/stream", "/v1/nothing", "/x"])
async def test_everything_else_stays_closed(
    api: Api, path: str, headers: dict[str, str]
) -> None:
    """Without the token or a session there is nothing to see, not even what is not."""
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    async with browser(api) as client:
        answer = await client.get(path, headers=encoded)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"] == "not_authenticated"
    assert set(answer.json()) == {"error", "detail", "dynamics_code", "field"}


async def test_the_page_says_how_to_get_in(api: Api) -> None:
    """In words, for people; the document itself holds no data."""
    async with browser(api) as client:
        answer = await client.get("/")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "cairn page-link" in answer.text


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/asyncapi"]
)
async def test_some_things_are_for_everybody(api: Api, path: str) -> None:
    """What operators and developers look at holds nothing of people."""
    async with browser(api) as client:
        answer = await client.get(path)

    assert answer.status_code == 200

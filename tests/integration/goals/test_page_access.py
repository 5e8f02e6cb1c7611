"""Who comes in: programs with the token, browsers with a link that works once."""

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from local.servers import Servers
from tests.integration.goals.conftest import Api, installed, running

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


async def test_a_session_writes_from_our_page_only(api: Api) -> None:
    """With the token that the page reads, which no other site can."""
    await api.company()
    async with browser(api) as client:
        await client.get(await link_of(api))
        who = (await client.get("/v1/session")).json()
        csrf = {"X-CSRF-Token": who["csrf_token"]}
        ours = {"Origin": str(api.client.base_url), "Sec-Fetch-Site": "same-origin"}
        read = await client.get(api.at("north"))
        written = await client.patch(
            api.at("north"), json={"title": "x"}, headers=csrf | ours
        )
        by_a_tool = await client.patch(
            api.at("north"), json={"title": "y"}, headers=csrf
        )

    assert who["name"] == "admin"
    assert who["user_id"] is None
    assert "goals:write" in who["scopes"]
    assert "records:write" not in who["scopes"]
    assert [one.status_code for one in (read, written, by_a_tool)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "csrf_token_wrong"),
        ({"X-CSRF-Token": "guessed"}, "csrf_token_wrong"),
        ({"X-CSRF-Token": "gëssed"}, "csrf_token_wrong"),
        ({"X-CSRF-Token": "*", "Origin": "https://evil.example"}, "foreign_origin"),
        ({"X-CSRF-Token": "*", "Origin": "null"}, "foreign_origin"),
        ({"X-CSRF-Token": "*", "Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
        ({"X-CSRF-Token": "*", "Sec-Fetch-Site": "same-site"}, "foreign_origin"),
    ],
)
async def test_other_sites_write_nothing(
    api: Api, headers: dict[str, str], error: str
) -> None:
    """Also not if they had the token, or a browser that sent the cookie along."""
    await api.company()
    async with browser(api) as client:
        await client.get(await link_of(api))
        token = (await client.get("/v1/session")).json()["csrf_token"]
        encoded = {
            name.encode(): value.replace("*", token).encode()
            for name, value in headers.items()
        }
        answers = [
            await client.patch(api.at("north"), json={"title": "x"}, headers=encoded),
            await client.delete(api.at("north"), headers=encoded),
            await client.post("/v1/page-links", headers=encoded),
            await client.post("/v1/session/end", headers=encoded),
        ]
        still = await client.get("/v1/session")

    assert [one.status_code for one in answers] == [403] * 4
    assert {one.json()["error"] for one in answers} == {error}
    assert (await api.read(api.at("north")))["title"] == "north"
    assert still.status_code == 200


async def test_signing_out_ends_the_session(api: Api) -> None:
    """On the server, whatever the browser does with its cookie."""
    async with browser(api) as client:
        await client.get(await link_of(api))
        token = (await client.get("/v1/session")).json()["csrf_token"]
        cookies = {
            "Cookie": "; ".join(f"{name}={one}" for name, one in client.cookies.items())
        }
        ended = await client.post("/v1/session/end", headers={"X-CSRF-Token": token})
        forgotten = dict(client.cookies)
        after = await client.get("/v1/session", headers=cookies)

    assert ended.status_code == 204
    assert cookies["Cookie"].startswith("cairn_session=")
    assert forgotten == {}
    assert after.status_code == 401
    assert "has ended" in after.json()["detail"]


async def test_a_bearer_token_has_no_session_to_end(api: Api) -> None:
    """It says how tokens end."""
    error = await api.refused("POST", "/v1/session/end", status=409)

    assert error["error"] == "no_session"
    assert "/v1/tokens/" in error["detail"]


async def test_a_link_may_be_for_a_user(api: Api) -> None:
    """Whoever uses it is that user; a disabled user's session ends at once."""
    ada = await api.user("ada")
    link = await api.create("/v1/page-links", {"user_id": ada})
    unused = await api.create("/v1/page-links", {"user_id": ada})
    async with browser(api) as client:
        await client.get(link["url"])
        who = (await client.get("/v1/session")).json()
        await api.change(f"/v1/users/{ada}", {"disabled": True})
        after = await client.get("/v1/session")
        late = await client.get(unused["url"])
        # Being enabled again does not bring a session back.
        await api.change(f"/v1/users/{ada}", {"disabled": False})
        later = await client.get("/v1/session")

    assert (who["name"], who["user_id"]) == (f"user/{ada}", ada)
    assert link["user_id"] == ada
    assert "records:write" not in who["scopes"]
    assert [one.status_code for one in (after, late, later)] == [401, 401, 401]


async def test_a_user_who_is_deleted_has_no_session(api: Api) -> None:
    """Nor a link that would open one."""
    ada = await api.user("ada")
    link = await api.create("/v1/page-links", {"user_id": ada})
    async with browser(api) as client:
        await client.get(link["url"])
        deleted = await api.client.delete(f"/v1/users/{ada}")
        after = await client.get("/v1/session")

    assert (deleted.status_code, after.status_code) == (204, 401)


async def test_links_for_nobody_we_know_are_refused(api: Api) -> None:
    """A user who is not there, or is disabled, cannot be let in."""
    ada = await api.user("ada", disabled=True)

    missing = await api.refused("POST", "/v1/page-links", {"user_id": "x"}, status=422)
    disabled = await api.refused("POST", "/v1/page-links", {"user_id": ada}, status=422)

    assert (missing["error"], missing["field"]) == ("reference_not_found", "user_id")
    assert (disabled["error"], disabled["field"]) == ("user_is_disabled", "user_id")


async def test_a_person_lets_nobody_else_in(api: Api) -> None:
    """Else he could become whom he likes."""
    ada = await api.user("ada")
    link = await api.create("/v1/page-links", {"user_id": ada})
    async with browser(api) as client:
        await client.get(link["url"])
        token = (await client.get("/v1/session")).json()["csrf_token"]
        headers = {"X-CSRF-Token": token}
        answers = [
            await client.post("/v1/page-links", headers=headers),
            await client.post(
                "/v1/tokens",
                json={"name": "mine", "scopes": ["goals:read"]},
                headers=headers,
            ),
        ]

    assert [one.status_code for one in answers] == [403, 403]
    assert {one.json()["error"] for one in answers} == {"right_missing"}


async def test_where_the_page_is_served_by_https_the_cookie_is_bound_to_the_host(
    servers: Servers,
) -> None:
    """Browsers take it over https only, for this host and no other."""
    async with installed(servers) as made:
        settings = made.settings.model_copy(
            update={"public_url": "https://cairn.example"}
        )
        async with (
            running(replace(made, settings=settings)) as api,
            browser(api) as client,
        ):
            link = await api.create("/v1/page-links", {})
            address = urlsplit(link["url"])
            entered = await client.get(f"{address.path}?{address.query}")
            cookie = entered.headers["Set-Cookie"]
            known = await client.get(
                "/v1/session", headers={"Cookie": cookie.partition(";")[0]}
            )
            plain = await client.get(
                "/v1/session",
                headers={"Cookie": cookie.partition(";")[0].removeprefix("__Host-")},
            )

    assert link["url"].startswith("https://cairn.example/enter?code=")
    assert cookie.startswith("__Host-cairn_session=")
    for word in ("; HttpOnly", "; Secure", "; SameSite=strict", "; Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert (known.status_code, plain.status_code) == (200, 401)


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


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_operators_need_no_token(api: Api, path: str) -> None:
    """What they look at holds nothing of people."""
    async with browser(api) as client:
        answer = await client.get(path)

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/docs.css", "/openapi.json", "/asyncapi"])
async def test_the_documents_are_for_whoever_comes_in(api: Api, path: str) -> None:
    """With a token, or in a browser with a session."""
    async with browser(api) as client:
        nobody = await client.get(path)
        await client.get(await link_of(api))
        somebody = await client.get(path)

    assert (nobody.status_code, somebody.status_code) == (401, 200)

"""API tokens: made once, known by a hash, and gone when revoked."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.integration.goals.conftest import Api
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="package")

READ = ["goals:read"]

# Both forms of a probe in one, as mypy needs to be told.
Probe = Callable[[], bool | Awaitable[bool]]


async def token_of(api: Api, name: str, scopes: list[str], **more: Any) -> Any:
    """Make a token; return what was answered."""
    body = {"name": api.id(name), "scopes": scopes, **more}
    return await api.create("/v1/tokens", body)


async def asked(
    api: Api, token: str, path: str, method: str = "GET", body: Any = None
) -> httpx.Response:
    """Ask with another token than the admin's."""
    headers = {"Authorization": f"Bearer {token}"}
    return await api.client.request(method, path, json=body, headers=headers)


async def test_a_token_lets_a_system_in(api: Api) -> None:
    """It is shown once, and says what it is for."""
    await api.company()

    made = await token_of(api, "nightly", READ)
    read = await asked(api, made["token"], api.at("north"))
    who = (await asked(api, made["token"], "/v1/session")).json()

    assert made["token"].startswith("cairn_")
    assert len(made["token"]) > 40
    assert read.status_code == 200
    assert who == {
        "name": f"token/{api.id('nightly')}",
        "user_id": None,
        "scopes": READ,
        "csrf_token": None,
        "expires_at": None,
    }


async def test_only_a_hash_of_a_token_is_kept(api: Api) -> None:
    """Nobody comes in with what the database or a list shows."""
    made = await token_of(api, "nightly", READ)
    connection = await api.installation.connect()

    rows = await connection.fetch("SELECT token::text FROM goals.api_token AS token")
    listed = (await api.client.get("/v1/tokens?limit=1000")).text
    await connection.close()

    assert rows
    assert all(made["token"] not in row["token"] for row in rows)
    assert made["token"] not in listed
    assert api.id("nightly") in listed


async def test_a_token_allows_its_scopes_and_no_more(api: Api) -> None:
    """The error names the scope that is needed, and those there are."""
    await api.company()
    made = await token_of(api, "reader", [*READ, "directory:read"])

    answers = [
        await asked(api, made["token"], api.at("north"), "PATCH", {"title": "x"}),
        await asked(api, made["token"], f"{api.at('north')}/records"),
        await asked(api, made["token"], "/v1/tokens"),
        await asked(api, made["token"], "/v1/users", "POST", {"id": "x", "name": "x"}),
    ]
    hidden = await asked(api, made["token"], "/v1/nothing")

    assert [one.status_code for one in answers] == [403] * 4
    needed = ["goals:write", "records:read", "organization:read", "directory:write"]
    for answer, scope in zip(answers, needed, strict=True):
        error = answer.json()
        assert error["error"] == "scope_missing"
        assert f"needs the scope {scope}" in error["detail"]
        assert "has directory:read, goals:read" in error["detail"]
        assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]
    assert hidden.status_code == 404


async def test_a_revoked_token_lets_nobody_in(api: Api) -> None:
    """At once, and for good; its name may be used again."""
    made = await token_of(api, "nightly", READ)
    before = await asked(api, made["token"], "/v1/session")

    revoked = await api.client.delete(f"/v1/tokens/{made['id']}")
    after = await asked(api, made["token"], "/v1/session")
    again = await api.client.delete(f"/v1/tokens/{made['id']}")
    await token_of(api, "nightly", READ)

    codes = [one.status_code for one in (before, revoked, after, again)]
    assert codes == [200, 204, 401, 404]
    assert "was revoked" in after.json()["detail"]


async def test_a_token_may_expire(api: Api) -> None:
    """After so many days, and says so."""
    made = await token_of(api, "trial", READ, expires_in_days=30)
    expires_at = datetime.fromisoformat(made["expires_at"])
    connection = await api.installation.connect()
    await connection.execute(
        "UPDATE goals.api_token SET expires_at = now() WHERE id = $1", made["id"]
    )
    await connection.close()

    answer = await asked(api, made["token"], "/v1/session")

    assert abs(expires_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(hours=1)
    assert answer.status_code == 401
    assert "expired at" in answer.json()["detail"]


async def test_a_token_may_act_as_a_user(api: Api) -> None:
    """Then it is that user, and holds while he may come in."""
    ada = await api.user("ada")
    made = await token_of(api, "ada-phone", READ, user_id=ada)
    who = (await asked(api, made["token"], "/v1/session")).json()
    await api.change(f"/v1/users/{ada}", {"disabled": True})

    async def is_refused() -> bool:
        answer = await asked(api, made["token"], "/v1/session")
        return (answer.status_code, answer.json().get("error")) == (
            403,
            "user_disabled",
        )

    probe: Probe = is_refused
    await eventually(probe, what="the refusal")
    deleted = await api.client.delete(f"/v1/users/{ada}")

    assert who["user_id"] == ada
    assert deleted.status_code == 204
    assert made["id"] not in (await api.client.get("/v1/tokens?limit=1000")).text


async def test_it_is_known_when_a_token_was_last_used(api: Api) -> None:
    """To the minute, so that one nobody needs can be found and revoked."""
    made = await token_of(api, "nightly", READ)
    unused = await token_of(api, "unused", READ)
    await asked(api, made["token"], "/v1/session")

    listed = (await api.read("/v1/tokens?limit=1000"))["items"]
    used = {one["id"]: one["last_used_at"] for one in listed}

    assert used[made["id"]] is not None
    assert used[unused["id"]] is None
    mine = next(one for one in listed if one["id"] == made["id"])
    assert mine["created_by"] == "admin"
    assert mine["revoked_at"] is None


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"name": "x", "scopes": []}, 400, "invalid_field"),
        ({"name": "x", "scopes": ["everything"]}, 400, "invalid_field"),
        ({"name": "x y", "scopes": READ}, 400, "invalid_field"),
        ({"name": "", "scopes": READ}, 400, "invalid_field"),
        ({"name": "x"}, 400, "missing_field"),
        ({"name": "x", "scopes": READ, "token": "mine"}, 400, "unknown_field"),
        ({"name": "x", "scopes": READ, "expires_in_days": 0}, 400, "invalid_field"),
        ({"name": "x", "scopes": READ, "user_id": "x"}, 422, "reference_not_found"),
    ],
)
async def test_a_token_that_cannot_be_right_is_refused(
    api: Api, body: dict[str, Any], status: int, error: str
) -> None:
    """Nothing is made then."""
    assert (await api.refused("POST", "/v1/tokens", body, status=status))[
        "error"
    ] == error


async def test_two_tokens_have_no_name_in_common(api: Api) -> None:
    """An audit trail must know them apart."""
    made = await token_of(api, "nightly", READ)
    body = {"name": made["name"], "scopes": READ}

    error = await api.refused("POST", "/v1/tokens", body, status=409)

    assert (error["error"], error["field"]) == ("token_name_taken", "name")


async def test_nobody_hands_out_more_than_he_has(api: Api) -> None:
    """Neither by a token nor by a link."""
    made = await token_of(api, "keeper", ["organization:write", "goals:read"])
    fine = {"name": api.id("fine"), "scopes": READ}
    more = {"name": api.id("more"), "scopes": [*READ, "goals:write"]}
    ada = await api.user("ada")

    answers = [
        await asked(api, made["token"], "/v1/tokens", "POST", fine),
        await asked(api, made["token"], "/v1/tokens", "POST", more),
        await asked(api, made["token"], "/v1/page-links", "POST", {"user_id": ada}),
        await asked(api, made["token"], "/v1/page-links", "POST", {}),
    ]

    assert [one.status_code for one in answers] == [201, 403, 403, 201]
    assert answers[1].json()["error"] == "scope_not_ones_own"
    assert "goals:write" in answers[1].json()["detail"]
    async with httpx.AsyncClient(base_url=api.client.base_url) as client:
        await client.get(answers[3].json()["url"])
        who = (await client.get("/v1/session")).json()
    assert who["scopes"] == ["goals:read", "organization:write"]


async def test_a_token_that_nobody_made_lets_nobody_in(api: Api) -> None:
    """However much it looks like one."""
    answer = await asked(api, "cairn_" + "x" * 43, "/v1/session")

    assert answer.status_code == 401
    assert "cairn token create" in answer.json()["detail"]


async def test_what_one_was_answered_is_not_for_another(api: Api) -> None:
    """Who comes by the idempotency key of somebody else gets an answer of his own."""
    body = {"id": api.id("ada"), "name": "Ada"}
    tokens = [
        (await token_of(api, name, ["directory:write"]))["token"]
        for name in ("one", "two")
    ]
    answers = [
        await api.client.post(
            "/v1/users",
            json=body,
            headers={
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": api.id("key"),
            },
        )
        for token in tokens
        for _ in range(2)
    ]

    assert [one.status_code for one in answers] == [201, 201, 409, 409]
    assert answers[2].json()["error"] == "id_taken"

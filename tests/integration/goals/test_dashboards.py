"""Dashboards: their owner writes them, others look, and there is none to the rest."""

from typing import Any

import httpx
import pytest

from services.goals.http.dashboard_bodies import EXAMPLE
from tests.integration.goals.conftest import Api

pytestmark = pytest.mark.asyncio(loop_scope="package")

PATH = "/v1/dashboards"
SCOPES = ["goals:read", "goals:write"]


async def _person(api: Api, name: str) -> tuple[str, dict[str, str]]:
    """Return a user, and the headers that he asks with."""
    user = await api.user(name)
    body = {"name": user, "scopes": SCOPES, "user_id": user}
    made = await api.create("/v1/tokens", body)
    return user, {"Authorization": f"Bearer {made['token']}"}


async def _made(api: Api, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await api.client.post(PATH, json={"name": "d", **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _listed(api: Api, headers: dict[str, str]) -> set[str]:
    answer = await api.client.get(f"{PATH}?limit=1000", headers=headers)
    return {one["id"] for one in answer.json()["items"]}


async def test_a_dashboard_is_read_as_it_was_written(api: Api) -> None:
    """Sections and tiles in their order; what a system writes is the organisation's."""
    north = api.id("north")
    await api.create("/v1/teams", {"id": north, "name": "North"})
    body = EXAMPLE | {
        "id": api.id("monday"),
        "shared_with": [{"type": "team", "id": north, "rights": ["read"]}],
    }

    made = await api.create(PATH, body)

    assert made["owner"] is None
    assert await api.read(f"{PATH}/{made['id']}") == made
    assert made == body | {"version": made["version"], "owner": None}
    bare = await api.create(
        PATH,
        {"name": "n", "sections": [{"tiles": [{"kind": "attention"}]}]},
    )
    assert bare["sections"] == [
        {
            "title": "",
            "tiles": [{"kind": "attention", "width": 6, "metric": None}],
        }
    ]


async def test_who_sees_and_who_writes(api: Api) -> None:
    """The owner both, those it is shared with look, to others it is not there."""
    owner, of_owner = await _person(api, "owner")
    mate, of_mate = await _person(api, "mate")
    _, of_stranger = await _person(api, "stranger")
    team = api.id("crew")
    await api.create("/v1/teams", {"id": team, "name": "c", "members": [mate]})
    share = [{"type": "team", "id": team, "rights": ["read"]}]
    mine = await _made(api, of_owner, shared_with=share)
    ours = await api.create(PATH, {"name": "everybody's"})
    address = f"{PATH}/{mine['id']}"

    assert mine["owner"] == {"type": "user", "id": owner}
    wanted = {mine["id"], ours["id"]}
    assert await _listed(api, of_owner) >= wanted
    assert await _listed(api, of_mate) >= wanted
    assert await _listed(api, of_stranger) & wanted == {ours["id"]}
    for headers, reads, writes in (
        (of_stranger, 404, 404),
        (of_mate, 200, 403),
        (of_owner, 200, 200),
    ):
        read = await api.client.get(address, headers=headers)
        written = await api.client.patch(address, json={"name": "x"}, headers=headers)
        assert (read.status_code, written.status_code) == (reads, writes)
    foreign = await api.client.delete(f"{PATH}/{ours['id']}", headers=of_owner)
    assert foreign.json()["error"] == "right_missing"
    assert "belongs to the organisation" in foreign.json()["detail"]
    gone = await api.client.delete(address, headers=of_owner)
    assert gone.status_code == 204


async def test_two_who_write_at_once_are_told(api: Api) -> None:
    """Only over what one has read."""
    made = await api.create(PATH, {"name": "one"})
    address, etag = f"{PATH}/{made['id']}", f'"{made["version"]}"'
    first = await _patched(api, address, etag, {"name": "two"})
    second = await _patched(api, address, etag, {"name": "three"})

    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (409, "version_conflict")


async def _patched(api: Api, address: str, etag: str, body: Any) -> httpx.Response:
    return await api.client.patch(address, json=body, headers={"If-Match": etag})


async def test_what_does_not_fit_is_refused(api: Api) -> None:
    """Each with its field, and nobody is named whom there is not, or twice."""
    user = await api.user("ada")
    ada = {"type": "user", "id": user, "rights": ["read"]}
    nobody = ada | {"id": api.id("nobody")}
    odd = [{"tiles": [{"kind": "gauge"}]}]
    wide = [{"tiles": [{"kind": "text", "text": "", "width": 13}]}]
    cases: list[tuple[dict[str, Any], int, str, str]] = [
        ({}, 400, "missing_field", "name"),
        ({"name": "n", "sections": odd}, 400, "invalid_field", "sections.0.tiles.0"),
        (
            {"name": "n", "sections": wide},
            400,
            "invalid_field",
            "sections.0.tiles.0.text.width",
        ),
        (
            {"name": "n", "shared_with": [nobody]},
            422,
            "reference_not_found",
            "shared_with",
        ),
        (
            {"name": "n", "shared_with": [ada, ada]},
            422,
            "principal_named_twice",
            "shared_with",
        ),
    ]

    for body, status, error, field in cases:
        refused = await api.refused("POST", PATH, body, status=status)
        assert (refused["error"], refused["field"]) == (error, field), body


async def test_whoever_has_a_dashboard_is_not_deleted(api: Api) -> None:
    """Neither its owner nor whom it is shared with; the refusal names it."""
    owner, headers = await _person(api, "owner")
    mate = await api.user("mate")
    share = [{"type": "user", "id": mate, "rights": ["read"]}]
    made = await _made(api, headers, shared_with=share)

    for user, words in ((owner, "owns dashboard"), (mate, "has a share in dashboard")):
        refused = await api.refused("DELETE", f"/v1/users/{user}", status=409)
        assert f"{words} {made['id']}" in refused["detail"]

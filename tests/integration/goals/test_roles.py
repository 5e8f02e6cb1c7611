"""Every rule about roles, and about who has them."""

import json
from typing import Any

import pytest

from services.goals.http.listing import cursor_of
from shared.messages.definitions import (
    Kind,
    OrganizationDefinition,
    RoleDefinition,
    TeamDefinition,
    UserDefinition,
    key_of,
)
from shared.rights.roles import Action, Depth, Reading, Right
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening

pytestmark = pytest.mark.asyncio(loop_scope="package")

PRIVILEGES = {"opportunity": {"read": "business_unit"}, "*": {"read": "user"}}


async def role(api: Api, name: str = "seller", /, **more: Any) -> Any:
    """Create a role and return it."""
    return await api.create("/v1/roles", {"id": api.id(name), "name": name, **more})


async def test_a_role_is_read_back_as_created_and_changed(api: Api) -> None:
    """Every field; rights and attributes each once, in one order."""
    created = await role(
        api,
        privileges=PRIVILEGES,
        rights=["roll_up_goal", "manage_metrics", "roll_up_goal"],
        secured_attributes={"opportunity": ["margin", "discount"]},
    )
    changed = await api.change(
        api.at("seller", of="roles"), {"privileges": {}, "name": "Nobody"}
    )

    assert created == {
        "id": api.id("seller"),
        "version": created["version"],
        "name": "seller",
        "privileges": PRIVILEGES,
        "rights": ["manage_metrics", "roll_up_goal"],
        "secured_attributes": {"opportunity": ["discount", "margin"]},
    }
    assert changed == created | {
        "privileges": {},
        "name": "Nobody",
        "version": changed["version"],
    }
    assert changed == await api.read(api.at("seller", of="roles"))
    assert changed["version"] > created["version"]


async def test_a_role_needs_no_more_than_a_name(api: Api) -> None:
    """It allows nothing then."""
    created = await role(api)

    assert created["privileges"] == created["secured_attributes"] == {}
    assert created["rights"] == []


async def test_roles_are_listed_by_their_ids(api: Api) -> None:
    """Like everything else."""
    await api.create(
        "/v1/roles", [{"id": api.id(one), "name": one} for one in ("b", "a")]
    )

    listed = await api.read(f"/v1/roles?after={cursor_of(api.prefix)}&limit=2")

    assert [one["id"] for one in listed["items"]] == [api.id("a"), api.id("b")]


async def test_a_role_is_written_only_over_what_was_read(api: Api) -> None:
    """By its ETag."""
    await role(api)
    path = api.at("seller", of="roles")

    answer = await api.client.patch(
        path, json={"name": "x"}, headers={"If-Match": '"1"'}
    )

    assert answer.status_code == 409
    assert answer.json()["error"] == "version_conflict"
    etag = (await api.client.get(path)).headers["ETag"]
    answer = await api.client.delete(path, headers={"If-Match": etag})
    assert answer.status_code == 204


async def test_a_role_is_created_once_under_one_key(api: Api) -> None:
    """The same answer comes again."""
    key = {"Idempotency-Key": api.id("key")}
    first = await api.create("/v1/roles", {"name": "Once"}, headers=key)

    second = await api.create("/v1/roles", {"name": "Once"}, headers=key)

    assert first == second


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (
            {"privileges": {"deal": {"fly": "user"}}},
            "privileges.deal.fly",
            "'create', 'read', 'write', 'delete', 'append', 'append_to', 'assign' or",
        ),
        (
            {"privileges": {"deal": {"read": "everything"}}},
            "privileges.deal.read",
            "'none', 'user', 'business_unit', 'parent_child_business_units' or 'org",
        ),
        ({"privileges": {"a/b": {"read": "user"}}}, "privileges.a/b", "^[^/]*$"),
        ({"privileges": {"": {"read": "user"}}}, "privileges.", "at least 1"),
        (
            {"rights": ["manage_everything"]},
            "rights.0",
            "'roll_up_goal', 'manage_metrics', 'manage_directory' or 'manage_org",
        ),
        ({"secured_attributes": {"*": ["a"]}}, "secured_attributes.*", "name the ent"),
        ({"secured_attributes": {"a/b": ["a"]}}, "secured_attributes.a/b", "^[^/]*$"),
        ({"secured_attributes": {"deal": [""]}}, "secured_attributes.deal.0", "1"),
        ({"secured_attributes": {"deal": "a"}}, "secured_attributes.deal", "tuple"),
    ],
)
async def test_what_no_role_may_say_is_refused_by_name(
    api: Api, body: dict[str, Any], field: str, words: str
) -> None:
    """With what is allowed in its place, whether it is created or changed."""
    await role(api, "there")

    new = await api.refused("POST", "/v1/roles", {"name": "x", **body}, status=400)
    changed = await api.refused("PATCH", api.at("there", of="roles"), body, status=400)

    assert told(new) == told(changed) == ("invalid_field", None, field)
    assert words in new["detail"]


async def test_users_and_teams_have_roles(api: Api) -> None:
    """Each once and in order; given all together, and to users and teams alike."""
    for name in ("seller", "lead"):
        await role(api, name)
    both = [api.id("seller"), api.id("lead")]

    await api.user("ada", roles=[*both, api.id("seller")])
    team = {"id": api.id("north"), "name": "North", "roles": both}
    await api.create("/v1/teams", team)

    for kind, name in (("users", "ada"), ("teams", "north")):
        path = api.at(name, of=kind)
        assert (await api.read(path))["roles"] == sorted(both)
        renamed = await api.change(path, {"name": "other"})
        assert renamed["roles"] == sorted(both)
        changed = await api.change(path, {"roles": both[:1]})
        assert changed["roles"] == both[:1]
        assert (await api.read(path)) == changed
        assert (await api.change(path, {"roles": []}))["roles"] == []


@pytest.mark.parametrize("kind", ["users", "teams"])
async def test_nobody_has_a_role_that_does_not_exist(api: Api, kind: str) -> None:
    """Whether somebody is created or changed."""
    await api.create(f"/v1/{kind}", {"id": api.id("there"), "name": "There"})
    roles = {"roles": ["none-such"]}

    new = await api.refused("POST", f"/v1/{kind}", {"name": "X", **roles}, status=422)
    changed = await api.refused("PATCH", api.at("there", of=kind), roles, status=422)

    assert told(new) == told(changed) == ("reference_not_found", None, "roles")
    assert "names role none-such in roles" in changed["detail"]


async def test_a_role_that_anybody_has_stays(api: Api) -> None:
    """The error says who; once nobody has it, it goes."""
    await role(api)
    given = {"roles": [api.id("seller")]}
    await api.user("ada", **given)
    await api.create("/v1/teams", {"id": api.id("north"), "name": "North", **given})
    path = api.at("seller", of="roles")

    error = await api.refused("DELETE", path, status=409)
    await api.change(api.at("ada", of="users"), {"roles": []})
    still = await api.refused("DELETE", path, status=409)
    gone = await api.client.delete(api.at("north", of="teams"))
    answer = await api.client.delete(path)

    assert told(error) == told(still) == ("in_use", None, None)
    assert f"is given to user {api.id('ada')}" in error["detail"]
    assert f"is given to team {api.id('north')}" in error["detail"]
    assert "user" not in still["detail"]
    assert gone.status_code == answer.status_code == 204


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_role_that_is_not_there_is_not_found(api: Api, method: str) -> None:
    """For every way to ask."""
    body = {"name": "x"} if method == "PATCH" else None

    error = await api.refused(method, api.at("nothing", of="roles"), body, status=404)

    assert told(error) == ("not_found", None, None)


async def test_the_first_role_makes_roles_decide(installation: Installation) -> None:
    """In its own change set; what is set by hand later stays until there is none."""
    async with running(installation) as api, listening(installation) as listener:
        before = await api.read("/v1/organization")

        await role(api, "first")
        first = await api.read("/v1/organization")
        by_hand = await api.change("/v1/organization", {"reading": "everyone"})
        await role(api, "second")
        second = await api.read("/v1/organization")

        heard = await listener.until(4)
    assert before["reading"] == by_hand["reading"] == "everyone"
    assert first["reading"] == "roles"
    assert second == by_hand
    assert [one.key.partition("/")[0] for one in heard] == [
        *("organization", "role"),
        *("organization", "role"),
    ]
    assert heard[0].change_set[1:] == ("0", "2")
    assert heard[0].change_set[0] == heard[1].change_set[0]
    said = OrganizationDefinition.model_validate_json(heard[0].value or b"")
    assert said.reading is Reading.ROLES


async def test_imported_roles_make_roles_decide_too(installation: Installation) -> None:
    """By whichever door the first one comes; a dry run does not count."""
    async with running(installation) as api:
        body = json.dumps([{"id": "seller", "name": "Seller"}])
        headers = {"Content-Type": "application/json"}
        for dry_run, reading in (("true", "everyone"), ("false", "roles")):
            answer = await api.client.post(
                f"/v1/roles/import?dry_run={dry_run}", content=body, headers=headers
            )

            assert answer.json()["created"] == 1, answer.text
            assert (await api.read("/v1/organization"))["reading"] == reading


async def test_deleting_the_last_role_opens_nothing(installation: Installation) -> None:
    """Only somebody's hand does; then it is as if there had never been one."""
    async with running(installation) as api:
        await role(api)
        await api.client.delete(api.at("seller", of="roles"))
        left = await api.read("/v1/organization")
        await api.change("/v1/organization", {"reading": "everyone"})
        await role(api)
        again = await api.read("/v1/organization")

    assert left["reading"] == again["reading"] == "roles"


async def test_roles_are_announced(installation: Installation) -> None:
    """What they are, who has them, and that they are gone."""
    async with running(installation) as api, listening(installation) as listener:
        await role(
            api,
            privileges={"deal": {"append_to": "parent_child_business_units"}},
            rights=["manage_directory"],
            secured_attributes={"deal": ["margin"]},
        )
        given = {"roles": [api.id("seller")]}
        await api.user("ada", **given)
        await api.create("/v1/teams", {"id": api.id("north"), "name": "N", **given})
        await role(api, "other")
        await api.client.delete(api.at("other", of="roles"))

        _, first, user, team, _, gone = await listener.until(6)
    assert first.key == key_of(Kind.ROLE, api.id("seller"))
    said = RoleDefinition.model_validate_json(first.value or b"").as_role()
    assert said.depth("deal", Action.APPEND_TO) is Depth.PARENT_CHILD_BUSINESS_UNITS
    assert said.rights == {Right.MANAGE_DIRECTORY}
    assert said.secured_attributes == {"deal": {"margin"}}
    has = (api.id("seller"),)
    assert UserDefinition.model_validate_json(user.value or b"").roles == has
    assert TeamDefinition.model_validate_json(team.value or b"").roles == has
    assert (gone.key, gone.value) == (key_of(Kind.ROLE, api.id("other")), None)


async def test_hierarchy_security_is_set_and_announced(
    installation: Installation,
) -> None:
    """Off and three lines deep at first; what is left out of it stays."""
    async with running(installation) as api, listening(installation) as listener:
        before = await api.read("/v1/organization")
        await api.change("/v1/organization", {"hierarchy_security": {"depth": 7}})
        changed = await api.change(
            "/v1/organization", {"hierarchy_security": {"enabled": True}}
        )

        heard = await listener.until(2)
    assert before["hierarchy_security"] == {"enabled": False, "depth": 3}
    assert changed["hierarchy_security"] == {"enabled": True, "depth": 7}
    said = OrganizationDefinition.model_validate_json(heard[1].value or b"")
    assert said.hierarchy_security.model_dump() == {"enabled": True, "depth": 7}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reading": "nobody"}, "reading"),
        ({"hierarchy_security": {"depth": 0}}, "hierarchy_security.depth"),
        ({"hierarchy_security": {"depth": 101}}, "hierarchy_security.depth"),
        ({"hierarchy_security": {"depth": "3"}}, "hierarchy_security.depth"),
        ({"hierarchy_security": {"enabled": 1}}, "hierarchy_security.enabled"),
        ({"hierarchy_security": None}, "hierarchy_security"),
    ],
)
async def test_what_the_organization_cannot_be_is_refused(
    api: Api, body: dict[str, Any], field: str
) -> None:
    """By the name of the field."""
    error = await api.refused("PATCH", "/v1/organization", body, status=400)

    assert told(error) == ("invalid_field", None, field)

"""The audit trail: who changed what, when, and from what to what."""

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import asyncpg
import pytest

from services.goals.domain.callers import ALL_SCOPES, Caller
from services.goals.domain.errors import RefusedError
from services.goals.flows.goals import create_goals
from services.goals.flows.recalculations import recalculate
from services.goals.http.goal_bodies import NewGoal
from services.goals.store.database import Database
from shared.domain.goals import GoalId
from tests.integration.goals.auditing import lines_since, newest, told_since
from tests.integration.goals.conftest import TOKEN, Api

pytestmark = pytest.mark.asyncio(loop_scope="package")

TRACE: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
INSERT_AS_FIRST: Final = """
INSERT INTO goals.audit (number, at, caller, kind, id, action, after)
VALUES (1, now(), 'x', 'goal', 'x', 'created', '{}')
"""
ROLLUP_FIELDS: Final = {
    "actual": {
        "source_entity": "opportunity",
        "source_attribute": "actualvalue",
        "source_state": "won",
        "source_status": None,
        "date_attribute": "actualclosedate",
        "state_from": None,
        "date_from": None,
    }
}


async def test_a_goal_is_told_from_its_making_to_its_end(api: Api) -> None:
    """Each change with what was before and what is after, and nothing else."""
    await api.company()
    before = await newest(api.installation)

    await api.goal("south", parent_id=api.id("company"), target="40.00")
    await api.change(api.at("south"), {"target": "55", "title": "South 2"})
    await api.change(
        api.at("south"),
        {"shared_with": [{"type": "user", "id": api.id("ada"), "rights": ["read"]}]},
    )
    await api.client.delete(api.at("south"))

    made = {
        "title": "south",
        "metric_id": "revenue",
        "owner": {"type": "user", "id": "ada"},
        "manager_id": "ada",
        "parent_id": "company",
        "period": {
            "start": "2026-10-01",
            "end": "2026-12-31",
            "time_zone": "UTC",
            "fiscal": None,
        },
        "target": "40.0000",
        "owner_records_only": True,
        "rollup_only_from_children": False,
        "include_team_members": False,
        "state": "open",
    }
    shares = [{"type": "user", "id": "ada", "rights": ["read"]}]
    assert await told_since(api, before) == [
        ("goal south", "created", None, made),
        (
            "goal south",
            "changed",
            {"title": "south", "target": "40.0000"},
            {"title": "South 2", "target": "55.0000"},
        ),
        ("goal south", "changed", {"shared_with": []}, {"shared_with": shares}),
        (
            "goal south",
            "deleted",
            made | {"title": "South 2", "target": "55.0000", "shared_with": shares},
            None,
        ),
    ]


async def test_an_override_is_told_with_its_reason(api: Api) -> None:
    """Who wrote over what a goal showed, and why; also that it was taken back."""
    await api.company()
    before = await newest(api.installation)
    override = {"is_override": True, "is_overridden": True, "values": {"actual": "7"}}

    await api.change(api.at("north"), override | {"override_reason": "audited"})
    await api.change(api.at("north"), {"is_overridden": False})

    (_, _, was, now), (_, _, then, _) = await told_since(api, before)
    assert was == {"override": None}
    assert now["override"] | {"number": 0, "at": ""} == {
        "number": 0,
        "values": {"actual": "7.0000"},
        "is_override": True,
        "is_overridden": True,
        "reason": "audited",
        "by": "admin",
        "at": "",
    }
    assert then["override"]["values"] == {"actual": "7.0000"}


async def test_deleting_a_goal_tells_of_its_children_too(api: Api) -> None:
    """They lose their parent, in the same change set."""
    await api.company()
    before = await newest(api.installation)

    await api.client.delete(api.at("company"))

    north, company = await lines_since(api.installation, before)
    assert (north["id"], north["before"], north["after"]) == (
        api.id("north"),
        {"parent_id": api.id("company")},
        {"parent_id": None},
    )
    assert (company["id"], company["action"]) == (api.id("company"), "deleted")
    assert north["change_set_id"] == company["change_set_id"] is not None


async def test_the_directory_is_told(api: Api) -> None:
    """Users, teams with those who come and go, units."""
    await api.user("ada")
    await api.user("bob")
    before = await newest(api.installation)

    await api.create("/v1/business-units", {"id": api.id("unit"), "name": "Unit"})
    await api.change(api.at("bob", of="users"), {"business_unit_id": api.id("unit")})
    await api.create(
        "/v1/teams", {"id": api.id("team"), "name": "T", "members": [api.id("ada")]}
    )
    await api.change(api.at("team", of="teams"), {"members": [api.id("bob")]})
    await api.client.delete(api.at("team", of="teams"))

    assert await told_since(api, before) == [
        ("business_unit unit", "created", None, {"name": "Unit"}),
        (
            "user bob",
            "changed",
            {"business_unit_id": None},
            {"business_unit_id": "unit"},
        ),
        ("team team", "created", None, {"name": "T", "members": ["ada"]}),
        ("team team", "changed", {"members": ["ada"]}, {"members": ["bob"]}),
        ("team team", "deleted", {"name": "T", "members": ["bob"]}, None),
    ]


async def test_roles_are_told_and_who_has_them(api: Api) -> None:
    """By entity and action, from which depth to which; who got a role, and lost it."""
    await api.user("ada")
    # From the first role on, roles decide: that is told once, of the organisation.
    await api.create("/v1/roles", {"id": api.id("first"), "name": "First"})
    before = await newest(api.installation)
    depths = {"read": "user", "write": "user"}
    seller = {"opportunity": depths, "account": {"read": "user"}}

    await api.create(
        "/v1/roles", {"id": api.id("seller"), "name": "S", "privileges": seller}
    )
    wider = seller | {"opportunity": depths | {"read": "organization"}}
    await api.change(
        api.at("seller", of="roles"),
        {"privileges": wider, "rights": ["manage_metrics"]},
    )
    for roles in (["first"], ["seller"], []):
        named = {"roles": [api.id(role) for role in roles]}
        await api.change(api.at("ada", of="users"), named)
    await api.client.delete(api.at("seller", of="roles"))

    assert await told_since(api, before) == [
        ("role seller", "created", None, {"name": "S", "privileges": seller}),
        (
            "role seller",
            "changed",
            {"privileges": {"opportunity": {"read": "user"}}, "rights": []},
            {
                "privileges": {"opportunity": {"read": "organization"}},
                "rights": ["manage_metrics"],
            },
        ),
        ("user ada", "changed", {"roles": []}, {"roles": ["first"]}),
        ("user ada", "changed", {"roles": ["first"]}, {"roles": ["seller"]}),
        ("user ada", "changed", {"roles": ["seller"]}, {"roles": []}),
        (
            "role seller",
            "deleted",
            {"name": "S", "privileges": wider, "rights": ["manage_metrics"]},
            None,
        ),
    ]


async def test_merging_units_tells_of_all_that_moved(api: Api) -> None:
    """In one change set."""
    await api.create(
        "/v1/business-units",
        [{"id": api.id(name), "name": name} for name in ("into", "gone")],
    )
    await api.user("ada", business_unit_id=api.id("gone"))
    before = await newest(api.installation)

    await api.client.post(
        f"{api.at('gone', of='business-units')}/merge", json={"into": api.id("into")}
    )

    was, now = ({"business_unit_id": name} for name in ("gone", "into"))
    assert await told_since(api, before) == [
        ("user ada", "changed", was, now),
        ("business_unit gone", "deleted", {"name": "gone"}, None),
    ]


async def test_metrics_queries_and_entities_are_told(api: Api) -> None:
    """What they read, as what it is."""
    before = await newest(api.installation)
    where = {"attribute": "x", "operator": "gt", "value": "1.10"}
    query = {"id": api.id("q"), "name": "Q", "entity": "opportunity", "where": where}

    await api.metric()
    await api.change(api.at("revenue", of="metrics"), {"stretch_tracked": True})
    await api.create("/v1/rollup-queries", query)
    await api.change(
        api.at("q", of="rollup-queries"), {"where": where | {"value": "1.20"}}
    )
    await api.create("/v1/entities", {"id": api.id("e"), "attributes": {"x": "text"}})

    assert await told_since(api, before) == [
        (
            "metric revenue",
            "created",
            None,
            {
                "name": "revenue",
                "kind": "amount",
                "data_type": "money",
                "stretch_tracked": False,
                "rollup_fields": ROLLUP_FIELDS,
            },
        ),
        (
            "metric revenue",
            "changed",
            {"stretch_tracked": False},
            {"stretch_tracked": True},
        ),
        (
            "rollup_query q",
            "created",
            None,
            {"name": "Q", "entity": "opportunity", "where": where, "state": "active"},
        ),
        (
            "rollup_query q",
            "changed",
            {"where": {"value": "1.10"}},
            {"where": {"value": "1.20"}},
        ),
        ("entity e", "created", None, {"attributes": {"x": "text"}}),
    ]


async def test_settings_of_the_organisation_are_told(api: Api) -> None:
    """Only what is different, however deep it lies."""
    standing = await api.read("/v1/organization")
    before = await newest(api.installation)

    await api.change("/v1/organization", {"fiscal_calendar": {"start": "04-01"}})
    await api.change(
        "/v1/organization", {"fiscal_calendar": standing["fiscal_calendar"]}
    )

    was, now = ({"fiscal_calendar": {"start": one}} for one in ("01-01", "04-01"))
    assert await told_since(api, before) == [
        ("organization organization", "changed", was, now),
        ("organization organization", "changed", now, was),
    ]


async def test_what_is_refused_leaves_no_line(api: Api) -> None:
    """Nor does what changes nothing, or is asked again under the same key."""
    await api.company()
    key = {"headers": {"Idempotency-Key": api.id("key")}}
    await api.create("/v1/users", {"id": api.id("bob"), "name": "Bob"}, **key)
    before = await newest(api.installation)

    await api.refused("PATCH", api.at("north"), {"target": "-1"}, status=422)
    await api.refused(
        "POST",
        "/v1/goals",
        [api.goal_body("x"), api.goal_body("y", manager_id="nobody")],
        status=422,
    )
    await api.change(api.at("north"), {"target": "40.00"})
    await api.create("/v1/users", {"id": api.id("bob"), "name": "Bob"}, **key)
    dry = await api.client.post(
        "/v1/goals/import?dry_run=true", json=[api.goal_body("x")]
    )

    assert dry.is_success
    assert await told_since(api, before) == []


async def test_two_who_write_at_once_have_a_line_each(api: Api) -> None:
    """What is after one change is what is before the next."""
    await api.company()
    before = await newest(api.installation)

    await asyncio.gather(
        *(api.change(api.at("north"), {"target": str(one)}) for one in range(50, 60))
    )

    lines = await lines_since(api.installation, before)
    steps = [(one["before"]["target"], one["after"]["target"]) for one in lines]
    assert len(steps) == 10
    assert steps[0][0] == "40.0000"
    for one, following in pairwise(steps):
        assert one[1] == following[0]
    assert [one["at"] for one in lines] == sorted(one["at"] for one in lines)
    assert len({one["change_set_id"] for one in lines}) == 10


async def test_an_import_of_thousands_has_a_line_for_each(api: Api) -> None:
    """All in one change set."""
    await api.company()
    bodies = [
        api.goal_body(f"g{place:04}", parent_id=api.id("company"), target="1")
        for place in range(2_000)
    ]
    before = await newest(api.installation)

    for target in ("1", "2"):
        answer = await api.client.post(
            "/v1/goals/import", json=[body | {"target": target} for body in bodies]
        )
        assert answer.is_success, answer.text

    lines = await lines_since(api.installation, before)
    created, changed = lines[:2_000], lines[2_000:]
    for some, action in ((created, "created"), (changed, "changed")):
        assert {line["action"] for line in some} == {action}
        assert {line["id"] for line in some} == {body["id"] for body in bodies}
        assert len({line["change_set_id"] for line in some}) == 1
    assert {json.dumps(line["after"]) for line in changed} == {'{"target": "2.0000"}'}


async def test_a_line_says_who_and_which_request(api: Api) -> None:
    """With the trace that the request came with."""
    await api.user("ada")
    before = await newest(api.installation)

    await api.client.patch(
        api.at("ada", of="users"), json={"name": "A"}, headers={"traceparent": TRACE}
    )

    [line] = await lines_since(api.installation, before)
    assert (line["caller"], line["traceparent"]) == ("admin", TRACE)


async def test_a_person_is_named_and_manages_what_he_makes(api: Api) -> None:
    """Somebody who creates a goal manages it; a token is nobody who could."""
    await api.company()
    ada = Caller(name="user/ada", user_id=api.id("ada"), scopes=ALL_SCOPES)
    nightly = Caller(name="token/nightly", scopes=ALL_SCOPES)
    body: dict[str, Any] = api.goal_body("of-ada", parent_id=api.id("company"))
    del body["manager_id"]
    draft = NewGoal.model_validate(body).as_draft()
    before = await newest(api.installation)

    async with asyncpg.create_pool(api.installation.settings.database) as pool:
        database = Database(pool)
        async with database.changing(caller=ada) as changes:
            [goal] = await create_goals(changes, [draft])
            asked = await recalculate(changes, GoalId(goal.id), api.id("r"))
        with pytest.raises(RefusedError, match="has no manager"):
            async with database.changing(caller=nightly) as changes:
                await create_goals(changes, [replace(draft, id=GoalId("other"))])

    assert (goal.manager_id, asked.asked_by) == (api.id("ada"), "user/ada")
    made, recalculated = await lines_since(api.installation, before)
    assert made["caller"] == recalculated["caller"] == "user/ada"
    assert (recalculated["kind"], recalculated["after"]) == (
        "recalculation",
        {"goal_id": goal.id, "tree_id": api.id("company")},
    )


async def test_a_token_is_told_without_its_text(api: Api) -> None:
    """What it allows, who made it, and that it was revoked; it names who used it."""
    before = await newest(api.installation)
    wanted = {"name": api.id("nightly"), "scopes": ["directory:write"]}

    token = await api.create("/v1/tokens", wanted)
    used = await api.client.post(
        "/v1/users",
        json={"id": api.id("bob"), "name": "Bob"},
        headers={"Authorization": f"Bearer {token['token']}"},
    )
    await api.client.delete(f"/v1/tokens/{token['id']}")

    assert used.status_code == 201
    made, bob, revoked = await lines_since(api.installation, before)
    assert (made["kind"], made["action"], made["caller"]) == (
        "token",
        "created",
        "admin",
    )
    assert made["after"].keys() == {"name", "scopes", "created_by", "created_at"}
    assert (bob["kind"], bob["caller"]) == ("user", f"token/{wanted['name']}")
    assert revoked["before"] == {"revoked_at": None}
    assert revoked["after"].keys() == {"revoked_at"}
    assert token["token"] not in str([made, bob, revoked])


async def test_a_link_to_the_page_is_told_without_its_code(api: Api) -> None:
    """No secret stands in the trail, nor what is kept of one."""
    before = await newest(api.installation)

    link = await api.client.post("/v1/page-links")

    [line] = await lines_since(api.installation, before)
    assert (line["kind"], line["action"]) == ("page_link", "created")
    assert line["after"].keys() == {"scopes", "expires_at"}
    code = link.json()["url"].partition("code=")[2]
    connection = await api.installation.connect()
    text = await connection.fetchval(
        "SELECT string_agg(audit::text, ' ') FROM goals.audit"
    )
    await connection.close()
    assert code
    assert code not in text
    assert TOKEN not in text


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE goals.audit SET caller = 'nobody'",
        "DELETE FROM goals.audit",
        "DELETE FROM goals.audit WHERE false",
        "TRUNCATE goals.audit",
        INSERT_AS_FIRST,
    ],
)
async def test_what_is_written_stays(api: Api, statement: str) -> None:
    """Nobody alters the trail or slips something in: not even the owner of it all."""
    await api.user("ada")
    before = await newest(api.installation)
    connection = await api.installation.connect()

    with pytest.raises(
        asyncpg.PostgresError, match=r"stays as it was|non-DEFAULT value"
    ):
        await connection.execute(statement)

    await connection.close()
    assert await newest(api.installation) == before


async def test_times_never_run_backwards(api: Api) -> None:
    """Whatever becomes of the clock, the order of times is that of the commits."""
    connection = await api.installation.connect()
    async with connection.transaction():
        await connection.execute("ALTER TABLE goals.audit DISABLE TRIGGER audit_stays")
        await connection.execute(
            "UPDATE goals.audit SET at = now() + interval '1 second' "
            "WHERE number = (SELECT max(number) FROM goals.audit)"
        )
        await connection.execute("ALTER TABLE goals.audit ENABLE TRIGGER audit_stays")
    await connection.close()
    before = await newest(api.installation)

    await api.user("ada")

    earlier, line = await lines_since(api.installation, before - 1)
    assert line["at"] >= earlier["at"]

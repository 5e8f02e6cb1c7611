"""Every rule about users, teams, business units and the organisation."""

from typing import Any

import pytest

from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_user_is_read_back_as_created_and_changed(api: Api) -> None:
    """Every field, and null for what was left out or taken away."""
    await api.create("/v1/business-units", {"id": api.id("emea"), "name": "EMEA"})
    await api.user("grace")
    body = {
        "id": api.id("ada"),
        "name": "Ada",
        "business_unit_id": api.id("emea"),
        "manager_id": api.id("grace"),
        "disabled": False,
        "time_zone": "Europe/London",
        "roles": [],
    }

    created = await api.create("/v1/users", body)
    changed = await api.change(
        api.at("ada", of="users"), {"manager_id": None, "disabled": True}
    )

    assert created == body | {"version": created["version"]}
    assert changed == await api.read(api.at("ada", of="users"))
    assert changed == created | {
        "manager_id": None,
        "disabled": True,
        "version": changed["version"],
    }
    assert changed["version"] > created["version"]


async def test_users_of_one_request_may_manage_one_another(api: Api) -> None:
    """In any order."""
    body = [
        {"id": api.id("ada"), "name": "Ada", "manager_id": api.id("grace")},
        {"id": api.id("grace"), "name": "Grace"},
    ]

    created = await api.create("/v1/users", body)

    assert [user["id"] for user in created["items"]] == [
        api.id("ada"),
        api.id("grace"),
    ]


async def test_nobody_reports_to_himself(api: Api) -> None:
    """Neither directly nor through others."""
    await api.user("grace")
    await api.user("ada", manager_id=api.id("grace"))
    change = {"manager_id": api.id("ada")}

    by_detour = await api.refused(
        "PATCH", api.at("grace", of="users"), change, status=422
    )
    directly = await api.refused("PATCH", api.at("ada", of="users"), change, status=422)

    expected = ("user_manager_cycle", None, "manager_id")
    assert told(by_detour) == told(directly) == expected


async def test_business_units_are_a_tree(api: Api) -> None:
    """No unit lies inside itself; units of one request may name one another."""
    await api.create(
        "/v1/business-units",
        [
            {"id": api.id("dach"), "name": "DACH", "parent_id": api.id("emea")},
            {"id": api.id("emea"), "name": "EMEA"},
        ],
    )

    error = await api.refused(
        "PATCH",
        api.at("emea", of="business-units"),
        {"parent_id": api.id("dach")},
        status=422,
    )

    assert told(error) == ("business_unit_cycle", None, "parent_id")


@pytest.mark.parametrize(
    ("path", "more", "field"),
    [
        ("/v1/users", {"manager_id": "nobody"}, "manager_id"),
        ("/v1/users", {"business_unit_id": "none"}, "business_unit_id"),
        ("/v1/teams", {"members": ["nobody"]}, "members"),
        ("/v1/teams", {"business_unit_id": "none"}, "business_unit_id"),
        ("/v1/business-units", {"parent_id": "none"}, "parent_id"),
    ],
)
async def test_the_directory_refers_to_what_exists(
    api: Api, path: str, more: dict[str, Any], field: str
) -> None:
    """Whether something is created or changed."""
    await api.create(path, {"id": api.id("there"), "name": "There"})

    new = await api.refused("POST", path, {"name": "X", **more}, status=422)
    changed = await api.refused(
        "PATCH", api.at("there", of=path.removeprefix("/v1/")), more, status=422
    )

    assert told(new) == told(changed) == ("reference_not_found", None, field)


async def test_a_team_has_its_members_once_and_in_order(api: Api) -> None:
    """Members are given all together, in any order."""
    await api.user("ada")
    await api.user("grace")
    both = [api.id("grace"), api.id("ada")]

    team = await api.create(
        "/v1/teams", {"id": api.id("team"), "name": "Team", "members": both}
    )
    changed = await api.change(api.at("team", of="teams"), {"members": both[:1]})
    twice = await api.refused(
        "PATCH", api.at("team", of="teams"), {"members": both[:1] * 2}, status=422
    )

    assert team["members"] == sorted(both)
    assert changed["members"] == both[:1]
    assert told(twice) == ("member_named_twice", None, "members")


async def test_who_is_needed_stays(api: Api) -> None:
    """The error says what needs whom."""
    await api.company()
    await api.user("grace")
    await api.user("joan", manager_id=api.id("grace"))
    await api.create(
        "/v1/teams",
        {"id": api.id("team"), "name": "Team", "members": [api.id("grace")]},
    )

    ada = await api.refused("DELETE", api.at("ada", of="users"), status=409)
    grace = await api.refused("DELETE", api.at("grace", of="users"), status=409)

    assert told(ada) == told(grace) == ("in_use", None, None)
    assert f"owns goal {api.id('company')}, {api.id('north')}" in ada["detail"]
    assert f"manages goal {api.id('company')}" in ada["detail"]
    assert f"is a member of team {api.id('team')}" in grace["detail"]
    assert f"manages user {api.id('joan')}" in grace["detail"]


async def test_a_team_that_owns_a_goal_stays(api: Api) -> None:
    """Until the goal is somebody else's."""
    await api.company()
    await api.create("/v1/teams", {"id": api.id("team"), "name": "Team"})
    owner = {"type": "team", "id": api.id("team")}
    await api.change(api.at("north"), {"owner": owner})

    error = await api.refused("DELETE", api.at("team", of="teams"), status=409)
    await api.change(api.at("north"), {"owner": {"type": "user", "id": api.id("ada")}})
    answer = await api.client.delete(api.at("team", of="teams"))

    assert f"owns goal {api.id('north')}" in error["detail"]
    assert answer.status_code == 204


async def test_a_business_unit_that_holds_anybody_stays(api: Api) -> None:
    """Users, teams and units alike."""
    unit = {"business_unit_id": api.id("emea")}
    await api.create("/v1/business-units", {"id": api.id("emea"), "name": "EMEA"})
    await api.user("ada", **unit)
    await api.create("/v1/teams", {"id": api.id("team"), "name": "Team", **unit})
    await api.create(
        "/v1/business-units",
        {"id": api.id("dach"), "name": "DACH", "parent_id": api.id("emea")},
    )

    error = await api.refused("DELETE", api.at("emea", of="business-units"), status=409)

    assert told(error) == ("in_use", None, None)
    for user in ("user", "team", "unit"):
        assert f"{user} {api.prefix}" in error["detail"]


async def test_what_nothing_needs_can_be_deleted(api: Api) -> None:
    """And is gone then."""
    await api.user("ada")

    answer = await api.client.delete(api.at("ada", of="users"))

    assert answer.status_code == 204
    error = await api.refused("GET", api.at("ada", of="users"), status=404)
    assert told(error) == ("not_found", None, None)


@pytest.mark.parametrize("kind", ["users", "teams", "business-units", "metrics"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_what_is_not_there_is_not_found(api: Api, kind: str, method: str) -> None:
    """For every kind and every way to ask."""
    body = {"name": "x"} if method == "PATCH" else None

    error = await api.refused(method, api.at("nothing", of=kind), body, status=404)

    assert told(error) == ("not_found", None, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"id": "", "name": "x"}, ("invalid_field", "id")),
        ({"id": "x" * 201, "name": "x"}, ("invalid_field", "id")),
        ({"id": "a\x00b", "name": "x"}, ("invalid_field", "id")),
        ({"id": "a\nb", "name": "x"}, ("invalid_field", "id")),
        ({"id": 7, "name": "x"}, ("invalid_field", "id")),
        ({"name": ""}, ("invalid_field", "name")),
        ({"name": "  "}, ("invalid_field", "name")),
        ({"name": "x" * 501}, ("invalid_field", "name")),
        ({"name": "x", "disabled": "yes"}, ("invalid_field", "disabled")),
        ({"name": "x", "disabled": None}, ("invalid_field", "disabled")),
        ({}, ("missing_field", "name")),
        ({"name": "x", "teams": []}, ("unknown_field", "teams")),
        ({"name": "x", "nmae": "y"}, ("unknown_field", "nmae")),
        ("x", ("invalid_field", None)),
        ([], ("invalid_field", None)),
        (None, ("missing_field", None)),
    ],
)
async def test_what_does_not_read_is_refused_by_name(
    api: Api, body: object, expected: tuple[str, str | None]
) -> None:
    """The field is named, and nothing is dropped or guessed."""
    error = await api.refused("POST", "/v1/users", body, status=400)

    assert (error["error"], error["field"]) == expected


async def test_texts_are_kept_as_they_are(api: Api) -> None:
    """Every script, and slashes in ids too."""
    name = "Zoë Ünal 株式会社 🙂"
    await api.user("EMEA/North ü", name=name)

    user = await api.read(api.at("EMEA/North ü", of="users"))

    assert user["id"] == api.id("EMEA/North ü")
    assert user["name"] == name


async def test_ids_are_made_where_none_is_given(api: Api) -> None:
    """In the order of time."""
    first = await api.create("/v1/users", {"name": "First"})
    second = await api.create("/v1/users", {"name": "Second"})

    assert first["id"] < second["id"]


async def test_the_organization_has_settings(api: Api) -> None:
    """They are changed, and checked, like everything else."""
    before = await api.read("/v1/organization")

    changed = await api.change("/v1/organization", {"base_currency": "SEK"})
    zone = await api.refused(
        "PATCH", "/v1/organization", {"time_zone": "Nowhere"}, status=422
    )
    currency = await api.refused(
        "PATCH", "/v1/organization", {"base_currency": "crowns"}, status=400
    )
    later = await api.refused("PATCH", "/v1/organization", {"holidays": []}, status=400)

    assert set(before) == {
        "version",
        "time_zone",
        "base_currency",
        "fiscal_calendar",
        "week_start",
        "goal_rollup_expiry_days",
        "goal_rollup_frequency_hours",
        "hierarchy_security",
        "reading",
    }
    assert changed == before | {"base_currency": "SEK", "version": changed["version"]}
    assert told(zone) == ("time_zone_unknown", None, "time_zone")
    assert told(currency) == ("invalid_field", None, "base_currency")
    assert told(later) == ("unknown_field", None, "holidays")


async def test_the_organization_says_when_goals_are_rolled_up(api: Api) -> None:
    """Days until they expire, and hours between what they show."""
    before = await api.read("/v1/organization")
    assert before["goal_rollup_expiry_days"] == 30
    assert before["goal_rollup_frequency_hours"] == 0

    changed = await api.change(
        "/v1/organization",
        {"goal_rollup_expiry_days": 400, "goal_rollup_frequency_hours": 24},
    )

    assert (await api.read("/v1/organization")) == changed
    assert changed["goal_rollup_expiry_days"] == 400
    assert changed["goal_rollup_frequency_hours"] == 24


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("goal_rollup_expiry_days", -1),
        ("goal_rollup_expiry_days", 401),
        ("goal_rollup_expiry_days", "30"),
        ("goal_rollup_frequency_hours", -1),
        ("goal_rollup_frequency_hours", 1.5),
        ("goal_rollup_frequency_hours", 8_761),
    ],
)
async def test_schedules_have_bounds(api: Api, field: str, value: object) -> None:
    """Days from 0 to 400, whole hours up to a year."""
    refused = await api.refused("PATCH", "/v1/organization", {field: value}, status=400)

    assert told(refused) == ("invalid_field", None, field)

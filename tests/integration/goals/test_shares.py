"""Sharing goals with users and teams."""

from typing import Any

import pytest
import pytest_asyncio

from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest_asyncio.fixture(loop_scope="package")
async def company(api: Api) -> Api:
    """Return a service with two goals, a further user and a team."""
    await api.company()
    await api.user("grace")
    await api.create("/v1/teams", {"id": api.id("team"), "name": "Team"})
    return api


def share(api: Api, kind: str, name: str, *rights: str) -> dict[str, Any]:
    """Return what is sent and shown of one share."""
    return {"type": kind, "id": api.id(name), "rights": list(rights)}


async def test_a_goal_is_shared_with_users_and_teams(company: Api) -> None:
    """In the order of their ids, and of the rights, whatever the order they came in."""
    sent = [
        share(company, "user", "grace", "share", "read"),
        share(company, "user", "ada", "assign"),
        share(company, "team", "team", "delete", "append_to", "append", "write"),
    ]

    north = await company.change(company.at("north"), {"shared_with": sent})
    again = await company.change(company.at("north"), {"shared_with": sent[::-1]})

    assert north["shared_with"] == [
        share(company, "team", "team", "write", "delete", "append", "append_to"),
        share(company, "user", "ada", "assign"),
        share(company, "user", "grace", "read", "share"),
    ]
    assert again["version"] == north["version"]
    assert (await company.read(company.at("company")))["shared_with"] == []


async def test_shares_are_shown_wherever_the_goal_is(company: Api) -> None:
    """In a read, a list and the tree; also of a goal that is created with them."""
    shared = [share(company, "team", "team", "read")]
    await company.goal("south", parent_id=company.id("north"), shared_with=shared)
    connection = await company.installation.connect()
    for name in ("company", "north", "south"):
        await roll_up(connection, company.id(name))
    await connection.close()

    read = await company.read(company.at("south"))
    page = await company.read(f"/v1/goals?parent_id={company.id('north')}")
    tree = await company.read(f"{company.at('north')}/tree")

    for goal in (read, page["items"][0], tree["children"][0]):
        assert goal["shared_with"] == shared
    assert tree["shared_with"] == []


async def test_a_patch_replaces_all_shares(company: Api) -> None:
    """Who is not named has none any more; without the field nothing changes."""
    first = [
        share(company, "user", "grace", "read"),
        share(company, "user", "ada", "read"),
    ]
    second = [share(company, "user", "grace", "read", "write")]

    await company.change(company.at("north"), {"shared_with": first})
    titled = await company.change(company.at("north"), {"title": "Nord"})
    other = await company.change(company.at("north"), {"shared_with": second})
    none = await company.change(company.at("north"), {"shared_with": []})

    assert titled["shared_with"] == first[::-1]
    assert other["shared_with"] == second
    assert none["shared_with"] == []
    assert none["version"] > other["version"] > titled["version"]
    assert (await company.read(company.at("north")))["shared_with"] == []


async def test_shares_below_stay_when_the_root_changes_its_period(
    company: Api,
) -> None:
    """Goals that are written along keep what they have."""
    shared = [share(company, "team", "team", "read")]
    attributes = {"region": "EMEA"}
    change = {"shared_with": shared, "attributes": attributes}
    await company.change(company.at("north"), change)
    period = {"kind": "custom", "start": "2027-01-01", "end": "2027-03-31"}

    await company.change(company.at("company"), {"period": period})

    north = await company.read(company.at("north"))
    assert north["period"] == period
    assert (north["shared_with"], north["attributes"]) == (shared, attributes)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    ("shares", "expected", "words"),
    [
        (
            [("user", "nobody")],
            ("reference_not_found", None, "shared_with"),
            "nobody in shared_with, and there is none; create it first",
        ),
        (
            [("team", "grace")],
            ("reference_not_found", None, "shared_with"),
            "names team",
        ),
        (
            [("user", "grace"), ("team", "team"), ("user", "grace")],
            ("principal_named_twice", None, "shared_with"),
            "twice; name each user and team once, with all rights together",
        ),
    ],
)
async def test_shares_name_everybody_once_who_exists(
    company: Api,
    method: str,
    shares: list[tuple[str, str]],
    expected: tuple[str, None, str],
    words: str,
) -> None:
    """New goals and old ones alike; nothing is stored."""
    given = {"shared_with": [share(company, *one, "read") for one in shares]}
    path, body = company.at("north"), given
    if method == "POST":
        path, body = "/v1/goals", company.goal_body("south", **given)

    error = await company.refused(method, path, body, status=422)

    assert told(error) == expected
    assert words in error["detail"]
    assert (await company.read(company.at("north")))["shared_with"] == []


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"rights": []}, "shared_with.0.rights", "at least 1 item"),
        ({"rights": ["own"]}, "shared_with.0.rights.0", "'append_to'"),
        ({"rights": "read"}, "shared_with.0.rights", "list"),
        ({"type": "robot"}, "shared_with.0.type", "'user' or 'team'"),
        ({"id": ""}, "shared_with.0.id", "at least 1 character"),
    ],
)
async def test_a_share_says_who_and_what(
    company: Api, change: dict[str, Any], field: str, words: str
) -> None:
    """A right at least, and only rights that there are."""
    shares = [share(company, "user", "grace", "read") | change]

    error = await company.refused(
        "PATCH", company.at("north"), {"shared_with": shares}, status=400
    )

    assert told(error) == ("invalid_field", None, field)
    assert words in error["detail"]


async def test_there_is_a_limit_to_shares(company: Api) -> None:
    """A thousand; a team stands for many people."""
    shares = [share(company, "user", f"u{one}", "read") for one in range(1_001)]

    error = await company.refused(
        "PATCH", company.at("north"), {"shared_with": shares}, status=400
    )

    assert told(error) == ("invalid_field", None, "shared_with")
    assert "1000" in error["detail"]


@pytest.mark.parametrize(("kind", "name"), [("user", "grace"), ("team", "team")])
@pytest.mark.parametrize("until", ["the share is taken back", "the goal is gone"])
async def test_whom_a_goal_is_shared_with_stays(
    company: Api, kind: str, name: str, until: str
) -> None:
    """The error says which goal; afterwards the user or team can go."""
    path = company.at(name, of=f"{kind}s")
    shares = [share(company, kind, name, "read")]
    await company.change(company.at("north"), {"shared_with": shares})

    error = await company.refused("DELETE", path, status=409)
    if until == "the goal is gone":
        await company.client.delete(company.at("north"))
    else:
        await company.change(company.at("north"), {"shared_with": []})
    answer = await company.client.delete(path)

    assert told(error) == ("in_use", None, None)
    assert f"has a share in goal {company.id('north')};" in error["detail"]
    assert answer.status_code == 204


async def test_a_user_and_a_team_of_one_id_are_two(company: Api) -> None:
    """Each has a share of its own, and only that one keeps it."""
    await company.create("/v1/teams", {"id": company.id("grace"), "name": "Graces"})
    shares = [share(company, "team", "grace", "read")]
    await company.change(company.at("north"), {"shared_with": shares})

    user = await company.client.delete(company.at("grace", of="users"))
    team = await company.client.delete(company.at("grace", of="teams"))

    assert (user.status_code, team.status_code) == (204, 409)

"""A goal counts, lists, nearly counts and would count what its manager reads."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import pytest_asyncio

from local.servers import Servers
from tests.integration.goals.conftest import Api, installed
from tests.integration.goals.rolling_up import RollingUp, rolling_up

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOW: Final = datetime(2026, 11, 21, 9, 30, 20, tzinfo=UTC)
PREVIEW: Final = "/v1/rollup-queries/preview"
NORTH: Final = {"attribute": "region", "operator": "eq", "value": "north"}
NOT_SOUTH: Final = {"not": NORTH | {"value": "south"}}
ROLES: Final[dict[str, dict[str, Any]]] = {
    "region": {
        "privileges": {"opportunity": {"read": "parent_child_business_units"}},
        "secured_attributes": {"opportunity": ["region", "actualvalue"]},
    },
    "own": {"privileges": {"opportunity": {"read": "user"}}},
    "wide": {"privileges": {"*": {"read": "organization"}}},
    "shown": {"secured_attributes": {"opportunity": ["actualvalue"]}},
}


def deal(name: str, owner: str | None, amount: str, /, **more: Any) -> dict[str, Any]:
    """Return a won opportunity of the north."""
    return {
        "entity": "opportunity",
        "id": name,
        "version": 1,
        "state": "won",
        "owner": None if owner is None else {"type": "user", "id": owner},
        "attributes": {
            "actualvalue": amount,
            "actualclosedate": "2026-11-21",
            "region": "north",
        },
        **more,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def rolled(servers: Servers) -> AsyncIterator[RollingUp]:
    """Build a company where roles decide; no test changes it for good."""
    async with installed(servers) as installation, rolling_up(installation) as both:
        both.world.now = NOW
        await _define(both.api)
        for record in (
            deal("O-1", "ada", "1"),
            deal("O-2", "alan", "20"),
            deal("O-3", "carl", "300", shared_with=[{"type": "user", "id": "alan"}]),
            deal("O-4", None, "4000"),
        ):
            both.record(record)
        await both.settle()
        yield both


async def _define(api: Api) -> None:
    await api.create("/v1/business-units", {"id": "emea", "name": "EMEA"})
    below = {"id": "dach", "name": "DACH", "parent_id": "emea"}
    await api.create("/v1/business-units", below)
    for name, role in ROLES.items():
        await api.create("/v1/roles", {"id": name, "name": name, **role})
    await api.user("ada", business_unit_id="dach")
    await api.user("carl")
    await api.user("bo", business_unit_id="emea", roles=["region"])
    await api.user("alan", roles=["own", "shown"])
    await api.user("blind", business_unit_id="emea", roles=["own"])
    await api.user("wide", roles=["wide"])
    await api.metric()
    query = {"id": "q", "name": "Q", "entity": "opportunity", "where": NOT_SOUTH}
    await api.create("/v1/rollup-queries", query)
    for name in ("bo", "alan", "blind", "carl"):
        await api.goal(
            f"of-{name}",
            title=f"Of {name}",
            manager_id=name,
            owner_records_only=False,
            queries={"actual": "q"},
        )


async def explained(api: Api, goal: str, record: str) -> Any:
    """Return the explanation of an opportunity."""
    path = f"/v1/goals/{goal}/explain?record=opportunity/{record}"
    return await api.read(path)


async def own(api: Api, goal: str) -> str:
    """Return what a goal counts itself."""
    return str((await api.read(f"/v1/goals/{goal}"))["own"]["actual"])


@pytest.mark.parametrize(
    ("goal", "total", "counted"),
    [
        ("of-bo", "1.0000", {"O-1"}),
        ("of-alan", "320.0000", {"O-2", "O-3"}),
        ("of-blind", "0.0000", set()),
        ("of-carl", "0.0000", set()),
    ],
)
async def test_explanations_lists_and_totals_agree_on_what_the_manager_reads(
    rolled: RollingUp, goal: str, total: str, counted: set[str]
) -> None:
    """Four managers, one goal each, the same records; every one is explained."""
    found = {
        name: await explained(rolled.api, goal, name)
        for name in ("O-1", "O-2", "O-3", "O-4")
    }
    listed = await rolled.api.read(f"/v1/goals/{goal}/records")

    assert {one for one, said in found.items() if said["counted"]["actual"]} == counted
    assert {one["record"] for one in listed["items"]} == {
        f"opportunity/{name}" for name in counted
    }
    assert listed["all"]["adds"]["actual"] == total == await own(rolled.api, goal)
    assert [said["disagreements"] for said in found.values()] == [[]] * 4


@pytest.mark.parametrize(
    ("goal", "record", "holds", "seen", "says"),
    [
        (
            "of-bo",
            "O-1",
            True,
            "owner user/ada, unit dach",
            "bo may read it, for it belongs to unit dach",
        ),
        (
            "of-bo",
            "O-2",
            False,
            "owner user/alan, no unit",
            (
                "the goal's manager bo may not read it, who reads only records of "
                "user bo, unit emea and below, and what is shared with them"
            ),
        ),
        (
            "of-alan",
            "O-3",
            True,
            "owner user/carl, no unit, shared with user/alan",
            "alan may read it, for it is shared with user alan",
        ),
        (
            "of-carl",
            "O-4",
            False,
            "no owner",
            "the goal's manager carl may not read it, and reads no opportunity",
        ),
    ],
)
async def test_whether_the_manager_may_read_a_record_is_a_test(
    rolled: RollingUp, goal: str, record: str, *, holds: bool, seen: str, says: str
) -> None:
    """In the table with what was seen, and in the sentence."""
    found = await explained(rolled.api, goal, record)

    [test] = [one for one in found["tests"] if one["test"] == "access"]
    assert (test["holds"], test["seen"], test["says"]) == (holds, seen, says)
    assert test["wanted"].startswith(f"read by {goal.removeprefix('of-')}: ")
    assert says in found["sentence"]


async def test_what_nearly_counts_may_lack_the_manager_s_right(
    rolled: RollingUp,
) -> None:
    """Only those that fail nothing else; and by no explanation of another kind."""
    found = await rolled.api.read("/v1/goals/of-bo/records?nearly=true")

    assert {
        one["record"]: (one["fails"]["test"], one["would_add"]["actual"])
        for one in found["items"]
    } == {
        "opportunity/O-2": ("access", "20.0000"),
        "opportunity/O-3": ("access", "300.0000"),
        "opportunity/O-4": ("access", "4000.0000"),
    }
    assert found["items"][0]["fails"]["says"].startswith("the goal's manager bo may")


async def test_what_is_hidden_from_the_manager_is_told_as_hidden(
    rolled: RollingUp,
) -> None:
    """To alan the region is null, so a query that names it lets nothing through."""
    api = rolled.api
    body = {"where": NORTH}
    impact = await api.client.post("/v1/rollup-queries/q/impact", json=body)
    mine = await explained(api, "of-alan", "O-2")

    becomes = {
        one["goal_id"]: one["fields"]["actual"]["becomes"]
        for one in impact.json()["items"]
    }
    [test] = [one for one in mine["tests"] if one["test"] == "query"]
    assert becomes == {
        "of-alan": "0.0000",
        "of-blind": "0.0000",
        "of-bo": "1.0000",
        "of-carl": "0.0000",
    }
    assert test["holds"] is True
    assert test["seen"] == "nothing (region is hidden from alan)"


async def test_an_impact_counts_what_each_manager_reads(rolled: RollingUp) -> None:
    """By conditions that hold for every record, each goal becomes what it is."""
    body: dict[str, Any] = {"where": {"all": []}}
    answer = await rolled.api.client.post("/v1/rollup-queries/q/impact", json=body)

    assert {
        one["goal_id"]: one["fields"]["actual"]["difference"]
        for one in answer.json()["items"]
    } == dict.fromkeys(("of-alan", "of-blind", "of-bo", "of-carl"), "0.0000")


async def test_a_preview_with_a_manager_s_eyes_sees_what_he_reads(
    rolled: RollingUp,
) -> None:
    """Neither other records nor attributes that are hidden; without one: all."""
    asked = {"entity": "opportunity", "source_attribute": "actualvalue"}

    async def tried(**more: Any) -> Any:
        answer = await rolled.api.client.post(PREVIEW, json=asked | more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    everybody, bo = await tried(), await tried(manager_id="bo")
    alan = await tried(manager_id="alan")
    by_region = await tried(manager_id="alan", where=NORTH)
    blind = await tried(manager_id="blind", where=NOT_SOUTH)
    wide = await tried(manager_id="wide", where=NOT_SOUTH)

    assert (everybody["matching"], everybody["sum"]) == (4, "4321")
    assert (bo["matching"], bo["sum"]) == (1, "1")
    assert (alan["matching"], alan["sum"]) == (2, "320")
    assert [sorted(one["attributes"]) for one in alan["sample"]] == [
        ["actualclosedate", "actualvalue"]
    ] * 2
    assert "region" in bo["sample"][0]["attributes"]
    assert (wide["matching"], wide["sum"]) == (4, "0")
    assert (by_region["matching"], blind["matching"]) == (0, 0)


async def test_a_role_that_is_taken_away_moves_totals_and_explanations_together(
    rolled: RollingUp,
) -> None:
    """Until it is in the totals, the explanation says so; and back again."""
    api = rolled.api

    await api.change("/v1/users/alan", {"roles": ["shown"]})
    between = await explained(api, "of-alan", "O-2")
    await rolled.settle()
    without = await explained(api, "of-alan", "O-2")
    total = await own(api, "of-alan")
    await api.change("/v1/users/alan", {"roles": ["own", "shown"]})
    await rolled.settle()

    assert between["sentence"].startswith("Opportunity O-2 still counts 20.0000")
    assert "the goal's manager alan may not read it" in between["sentence"]
    assert without["counted"] == {"actual": False}
    assert (total, await own(api, "of-alan")) == ("0.0000", "320.0000")

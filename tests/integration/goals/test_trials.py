"""Queries that are tried: what they match, and what goals would count by them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from services.goals.http import snapshots
from services.goals.store.database import SNAPSHOTS_MAX
from shared.domain.goals import Slot
from tests.cli.tables import Tables
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.test_fetchxml import fetch

pytestmark = pytest.mark.asyncio(loop_scope="package")

PREVIEW = "/v1/rollup-queries/preview"
BIG = {"attribute": "amount", "operator": "gt", "value": 100}
MINE = {"attribute": "@owner", "operator": "eq-userid"}


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def everybody_reads(api: Api) -> AsyncIterator[None]:
    """Use no roles, whatever other tests have left behind."""
    before = await api.read("/v1/organization")
    await api.change("/v1/organization", {"reading": "everyone"})
    yield
    await api.change("/v1/organization", {"reading": before["reading"]})


@asynccontextmanager
async def tables(api: Api) -> AsyncIterator[Tables]:
    """Lend rollup's tables."""
    connection = await api.installation.connect()
    try:
        yield Tables(connection=connection)
    finally:
        await connection.close()


async def put(
    api: Api, name: str, attributes: dict[str, Any] | str, **columns: Any
) -> None:
    """Put a deal of this test's into the records."""
    async with tables(api) as found:
        columns = {"entity": api.id("deal"), **columns}
        await found.put_record(name, attributes, **columns)


async def preview(api: Api, /, **more: Any) -> Any:
    """Try a query over the test's deals."""
    answer = await api.client.post(PREVIEW, json={"entity": api.id("deal")} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(api: Api, /, status: int = 422, **more: Any) -> Any:
    """Try what is refused."""
    body = {"entity": api.id("deal")} | more
    return await api.refused("POST", PREVIEW, body, status=status)


async def test_a_preview_counts_adds_up_and_shows_some(api: Api) -> None:
    """Exactly; what is deleted, of another entity or only expected is no record."""
    await put(
        api, "D1", '{"amount": "100.10", "deep": 1.50}', owner="user/R0", state="x"
    )
    await put(api, "D2", {"amount": 200}, owner="team/T0", status="2")
    await put(api, "D3", {"amount": "999"}, deleted=True)
    await put(api, "D4", {"amount": "999"}, version=-1)
    await put(api, "D5", {"amount": "none"})
    await put(api, "D6", {"amount": "999"}, entity=api.id("deals"))

    found = await preview(api, where={"all": []}, source_attribute="amount")
    big = await preview(api, where=BIG)

    deal = api.id("deal")
    assert (found["matching"], found["sum"]) == (3, "300.10")
    assert found["sample"][:2] == [
        {
            "record": f"{deal}/D1",
            "version": 1,
            "owner": {"type": "user", "id": "R0"},
            "state": "x",
            "status": None,
            "attributes": {"amount": "100.10", "deep": 1.5},
        },
        {
            "record": f"{deal}/D2",
            "version": 1,
            "owner": {"type": "team", "id": "T0"},
            "state": "won",
            "status": "2",
            "attributes": {"amount": 200},
        },
    ]
    assert found["sample"][2]["owner"] is None
    assert (big["matching"], big["sum"]) == (2, None)
    assert isinstance(found["took_ms"], int)
    assert datetime.fromisoformat(found["as_of"]).second == 0


async def test_numbers_of_sampled_records_keep_their_digits(api: Api) -> None:
    """They pass through no binary floating point."""
    await put(api, "D1", '{"amount": 12345678901234567.1234567890}')

    answer = await api.client.post(
        PREVIEW, json={"entity": api.id("deal"), "source_attribute": "amount"}
    )

    assert '"amount": 12345678901234567.1234567890' in answer.text
    assert '"sum":"12345678901234567.1234567890"' in answer.text


async def test_a_sample_has_ten_records_at_most(api: Api) -> None:
    """The first ones by their keys."""
    for number in range(12):
        await put(api, f"D{number:02}", {})

    found = await preview(api)

    assert found["matching"] == 12
    assert [one["record"][-3:] for one in found["sample"]] == [
        f"D{number:02}" for number in range(10)
    ]


async def test_a_preview_takes_fetchxml(api: Api) -> None:
    """Its entity may be left out."""
    await put(api, "D1", {"amount": "100.10"}, state="open")
    await put(api, "D2", {"amount": "200"})
    condition = '<condition attribute="statecode" operator="eq" value="open"/>'

    body = {"fetchxml": fetch(condition, api.id("deal"))}
    answer = await api.client.post(PREVIEW, json=body)

    assert answer.json()["matching"] == 1


async def directory(api: Api) -> None:
    """Create a manager with reports, teams and units."""
    units = [("top", None), ("north", "top"), ("south", "top"), ("deep", "north")]
    for name, above in units:
        parent = None if above is None else api.id(above)
        await api.create(
            "/v1/business-units",
            {"id": api.id(name), "name": name, "parent_id": parent},
        )
    north, deep = api.id("north"), api.id("deep")
    manager = await api.user("grace", business_unit_id=north)
    ada = await api.user("ada", manager_id=manager, business_unit_id=deep)
    await api.user("alan", manager_id=ada)
    await api.user("other", business_unit_id=api.id("south"))
    for team, member in (("mine", "grace"), ("theirs", "alan"), ("alien", "other")):
        await api.create(
            "/v1/teams",
            {"id": api.id(team), "name": team, "members": [api.id(member)]},
        )
    for name in ("grace", "ada", "alan", "other"):
        await put(api, name, {}, owner=f"user/{api.id(name)}")
    for name in ("mine", "theirs", "alien"):
        await put(api, name, {}, owner=f"team/{api.id(name)}")
    await put(api, "nobody", {})


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "matching"),
    [
        ("@owner", "eq-userid", None, {"grace"}),
        ("@owner", "eq-userteams", None, {"mine"}),
        ("@owner", "eq-useroruserteams", None, {"grace", "mine"}),
        ("@owner", "eq-useroruserhierarchy", None, {"grace", "ada", "alan"}),
        (
            "@owner",
            "eq-useroruserhierarchyandteams",
            None,
            {"grace", "ada", "alan", "mine", "theirs"},
        ),
        ("@owner_business_unit", "eq-businessid", None, {"grace"}),
        ("@owner_business_unit", "eq-or-under", "north", {"grace", "ada"}),
        ("@owner_business_unit", "under", "top", {"grace", "ada", "other"}),
    ],
)
async def test_a_preview_looks_through_the_manager_s_eyes(
    api: Api, attribute: str, operator: str, value: str | None, matching: set[str]
) -> None:
    """With all who report to the manager, their teams, and business units."""
    await directory(api)
    where = {
        "attribute": attribute,
        "operator": operator,
        "value": None if value is None else api.id(value),
    }

    found = await preview(api, where=where, manager_id=api.id("grace"))

    names = {one["record"].partition("/")[2] for one in found["sample"]}
    assert names == matching


async def test_conditions_on_the_manager_need_one(api: Api) -> None:
    """Named with their place, in JSON and in FetchXML."""
    condition = '<condition attribute="ownerid" operator="eq-userid"/>'
    xml = fetch(f"\n  {condition}", api.id("deal"))

    in_json = await refused(api, where={"all": [BIG, {"not": MINE}]})
    in_xml = await refused(api, fetchxml=xml)
    unknown = await refused(api, where=MINE, manager_id=api.id("none"))

    assert in_json["error"] == in_xml["error"] == "manager_needed"
    assert in_json["field"] == "where.all[1].not.operator"
    assert in_json["detail"].startswith("where.all[1].not.operator: eq-userid asks")
    assert in_xml["field"] == "fetchxml"
    assert in_xml["detail"].startswith("line 2, column 3: eq-userid asks")
    assert (unknown["error"], unknown["field"]) == ("reference_not_found", "manager_id")


async def test_days_begin_where_the_preview_says(api: Api) -> None:
    """By default where the organisation's do."""
    await put(api, "D1", {"at": "2026-03-01T23:30:00Z"})
    where = {"attribute": "at", "operator": "on", "value": "2026-03-02"}

    berlin = await preview(api, where=where, time_zone="Europe/Berlin")
    york = await preview(api, where=where, time_zone="America/New_York")
    nowhere = await refused(api, where=where, time_zone="Moon/Crater")

    assert (berlin["matching"], york["matching"]) == (1, 0)
    assert nowhere["error"] == "time_zone_unknown"


async def test_relative_dates_go_by_the_later_of_two_clocks(
    installation: Installation,
) -> None:
    """Rollup's, which all totals go by, or that of the service."""
    where = {"attribute": "on", "operator": "today"}
    settings = installation.settings.model_copy(
        update={"testing": True, "now": "2026-05-05T12:34:56Z"}
    )
    async with running(replace(installation, settings=settings)) as api:
        async with tables(api) as found:
            await found.connection.execute(
                "UPDATE rollup.clock SET now = '2026-05-04T10:00Z'"
            )
        for day in ("2026-05-05", "2026-05-06"):
            await put(api, day, {"on": day})
        ours = await preview(api, where=where)
        async with tables(api) as found:
            await found.connection.execute(
                "UPDATE rollup.clock SET now = '2026-05-06T10:00Z'"
            )
        applied = await preview(api, where=where)

    assert ours["as_of"] == "2026-05-05T12:34:00Z"
    assert ours["sample"][0]["record"].endswith("/2026-05-05")
    assert applied["as_of"] == "2026-05-06T10:00:00Z"
    assert applied["sample"][0]["record"].endswith("/2026-05-06")


@pytest.mark.parametrize(
    ("more", "error", "field", "status"),
    [
        ({"where": {"any": []}}, "query_unreadable", "where.any", 422),
        ({"fetchxml": "<fetch/>"}, "query_unreadable", "fetchxml", 422),
        ({"where": BIG, "fetchxml": "<fetch/>"}, "invalid_field", "fetchxml", 400),
        ({"entity": "a/b"}, "invalid_field", "entity", 400),
        ({"source": "amount"}, "unknown_field", "source", 400),
    ],
)
async def test_what_cannot_be_tried_is_refused(
    api: Api, more: dict[str, Any], error: str, field: str, status: int
) -> None:
    """By name and field."""
    found = await refused(api, status, **more)

    assert (found["error"], found["field"]) == (error, field)


async def test_fiscal_periods_are_those_of_the_calendar(api: Api) -> None:
    """As where a query is saved; the calendar is divided in quarters."""
    period = {"attribute": "closed", "operator": "in-fiscal-period", "value": 413}
    dated = "in-fiscal-period-and-year"
    fourth = period | {"operator": dated, "value": [4, 2026]}
    await company(api)
    path = f"{api.at('q', of='rollup-queries')}/impact"

    tried = await refused(api, where={"not": period})
    changed = await api.refused("POST", path, {"where": period}, status=422)
    right = await preview(api, where=fourth)

    assert tried["error"] == changed["error"] == "fiscal_period_not_of_template"
    assert tried["field"] == "where.not.value"
    assert "allowed: 1, 2, 3, 4" in tried["detail"]
    assert right["matching"] == 6


async def test_only_numbers_are_added_up(api: Api) -> None:
    """As in metrics."""
    await api.create(
        "/v1/entities", {"id": api.id("deal"), "attributes": {"stage": "text"}}
    )

    found = await refused(api, source_attribute="stage")

    assert (found["error"], found["dynamics_code"]) == (
        "source_attribute_type_differs",
        "80044808",
    )
    assert found["field"] == "source_attribute"


@asynccontextmanager
async def records_held(api: Api) -> AsyncIterator[None]:
    """Keep everybody from reading records."""
    connection = await api.installation.connect()
    try:
        async with connection.transaction():
            await connection.execute("LOCK rollup.record IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def test_a_preview_that_takes_too_long_is_given_up(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do, and when to come again."""
    monkeypatch.setattr(snapshots, "SECONDS_MAX", 0.2)

    async with records_held(api):
        answer = await api.client.post(PREVIEW, json={"entity": api.id("deal")})
    after = await preview(api)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["error"] == "preview_too_slow"
    assert re.search("add conditions .*: goals follow it", answer.json()["detail"])
    assert after["matching"] == 0


async def company(api: Api) -> None:
    """Create goals that use a query: one's own, anybody's, a team's, and still ones."""
    await api.user("grace")
    await api.user("ada")
    await api.user("alan", manager_id=api.id("grace"))
    await api.create(
        "/v1/teams", {"id": api.id("duo"), "name": "Duo", "members": [api.id("alan")]}
    )
    field = {
        "source_entity": api.id("deal"),
        "source_attribute": "amount",
        "date_attribute": "closed",
    }
    await api.metric(
        rollup_fields={
            "actual": field | {"source_state": "won"},
            "in_progress": field | {"source_state": "open"},
        }
    )
    await api.create(
        "/v1/rollup-queries",
        {"id": api.id("q"), "name": "Q", "entity": api.id("deal"), "where": BIG},
    )
    actual = {"queries": {"actual": api.id("q")}}
    await api.goal("a-own", **actual)
    await api.goal(
        "b-all",
        owner_records_only=False,
        queries=dict.fromkeys(("actual", "in_progress"), api.id("q")),
    )
    await api.goal(
        "c-team",
        owner={"type": "team", "id": api.id("duo")},
        manager_id=api.id("grace"),
        include_team_members=True,
        **actual,
    )
    await api.goal("d-parent", rollup_only_from_children=True, **actual)
    await api.goal("e-frozen", **actual)
    await api.goal("f-other")
    await deals(api)


async def deals(api: Api) -> None:
    """Put deals of ada, alan and their team into the records."""
    ada, alan, duo = (f"user/{api.id('ada')}", f"user/{api.id('alan')}", api.id("duo"))
    day = {"closed": "2026-11-21"}
    await put(api, "1", {"amount": "150.00", "hot": True} | day, owner=ada)
    await put(api, "2", {"amount": "50.00005", "hot": True} | day, owner=ada)
    await put(api, "3", {"amount": "1000", "hot": True} | day, owner=alan)
    await put(api, "4", {"amount": "7", "hot": True} | day, owner=f"team/{duo}")
    await put(api, "5", {"amount": "30", "hot": True} | day, state="open")
    await put(api, "6", {"amount": "9", "hot": True, "closed": "2027-01-01"}, owner=ada)
    await put(api, "7", {"amount": "8", "hot": False} | day, owner=ada)


async def impact(api: Api, body: dict[str, Any], page: str = "") -> Any:
    """Try other conditions on the goals that use the query."""
    path = f"{api.at('q', of='rollup-queries')}/impact{page}"
    answer = await api.client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(api: Api, items: list[Any]) -> dict[str, Any]:
    """Return for each goal why it stands still, and its fields as three texts."""
    return {
        one["goal_id"].removeprefix(api.prefix): (
            one["stands_still"],
            {name: tuple(field.values()) for name, field in one["fields"].items()},
        )
        for one in items
    }


HOT = {"attribute": "hot", "operator": "eq", "value": True}


async def test_the_impact_on_every_goal_that_uses_a_query(api: Api) -> None:
    """By all tests but rights; the ones that stand still are told of as such."""
    await company(api)
    async with tables(api) as found:
        for name, units in (("a-own", 1_500_000), ("b-all", 11_500_000)):
            await roll_up(found.connection, api.id(name), own={Slot.ACTUAL: units})
        await roll_up(found.connection, api.id("d-parent"))
        await roll_up(
            found.connection, api.id("e-frozen"), own={Slot.ACTUAL: 70_000}, frozen=True
        )

    answer = await impact(api, {"where": HOT})

    assert answer["next"] is None
    assert told(api, answer["items"]) == {
        "a-own": (None, {"actual": ("150.0000", "200.0000", "50.0000")}),
        "b-all": (
            None,
            {
                "actual": ("1150.0000", "1207.0000", "57.0000"),
                "in_progress": ("0.0000", "30.0000", "30.0000"),
            },
        ),
        "c-team": (None, {"actual": (None, "1007.0000", None)}),
        "d-parent": ("only_from_children", {"actual": ("0.0000", "0.0000", "0.0000")}),
        "e-frozen": ("frozen", {"actual": ("7.0000", "7.0000", "0.0000")}),
    }


async def test_the_impact_is_told_page_by_page(api: Api) -> None:
    """In the order of the goals' ids."""
    await company(api)

    first = await impact(api, {"where": HOT}, "?limit=3")
    last = await impact(api, {"where": HOT}, f"?limit=3&after={first['next']}")
    path = f"{api.at('q', of='rollup-queries')}/impact?limit=201"
    too_many = await api.refused("POST", path, {"where": HOT}, status=400)

    assert list(told(api, first["items"])) == ["a-own", "b-all", "c-team"]
    assert list(told(api, last["items"])) == ["d-parent", "e-frozen"]
    assert last["next"] is None
    assert too_many["field"] == "limit"


async def test_each_goal_looks_through_its_own_manager_s_eyes(api: Api) -> None:
    """And closed ones stand still before rollup knows."""
    await company(api)
    await api.change(api.at("b-all"), {"manager_id": api.id("grace")})
    await api.change(api.at("a-own"), {"state": "closed"})
    hierarchy = {"attribute": "@owner", "operator": "eq-useroruserhierarchy"}

    found = told(api, (await impact(api, {"where": hierarchy}))["items"])

    assert found["a-own"] == ("frozen", {"actual": (None, None, None)})
    assert found["b-all"][1]["actual"] == (None, "1000.0000", None)
    assert found["c-team"][1]["actual"] == (None, "1000.0000", None)
    assert found["e-frozen"][1]["actual"] == (None, "208.0000", None)


async def test_the_impact_of_fetchxml(api: Api) -> None:
    """It must be about the entity of the query."""
    await company(api)
    condition = '<condition attribute="amount" operator="lt" value="8"/>'
    path = f"{api.at('q', of='rollup-queries')}/impact"

    found = await impact(api, {"fetchxml": fetch(condition, api.id("deal"))})
    other = await api.refused("POST", path, {"fetchxml": fetch(condition)}, status=422)
    unread = await api.refused("POST", path, {"where": {"any": []}}, status=422)

    assert told(api, found["items"])["c-team"][1]["actual"] == (None, "7.0000", None)
    assert (other["error"], other["field"]) == ("query_entity_frozen", "fetchxml")
    assert unread["error"] == "query_unreadable"


async def test_no_query_no_impact(api: Api) -> None:
    """By its id."""
    path = f"{api.at('none', of='rollup-queries')}/impact"

    refused = await api.refused("POST", path, {"where": HOT}, status=404)

    assert api.id("none") in refused["detail"]


async def test_an_impact_that_takes_too_long_is_given_up(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer goals may be asked for."""
    await company(api)
    monkeypatch.setattr(snapshots, "SECONDS_MAX", 0.2)
    path = f"{api.at('q', of='rollup-queries')}/impact"

    async with records_held(api):
        found = await api.refused("POST", path, {"where": HOT}, status=503)

    assert found["error"] == "impact_too_slow"
    assert "?limit=" in found["detail"]


async def test_few_previews_run_at_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait without a connection, so that there are some left."""
    monkeypatch.setattr(snapshots, "SECONDS_MAX", 0.5)
    most = 0

    async with (
        tables(api) as watched,
        records_held(api),
        asyncio.TaskGroup() as group,
    ):
        tasks = [
            group.create_task(api.client.post(PREVIEW, json={"entity": "x"}))
            for _ in range(2 * SNAPSHOTS_MAX)
        ]
        while not all(task.done() for task in tasks):
            waiting = await watched.connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database() AND query LIKE '%matched%'"
            )
            most = max(most, waiting)

    assert most == SNAPSHOTS_MAX
    assert {task.result().status_code for task in tasks} == {503}

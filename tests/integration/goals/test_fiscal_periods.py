"""Fiscal periods: the calendar, the days that goals get from it, and aligning them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

ORGANIZATION = "/v1/organization"
CALENDAR = {"start": "01-01", "template": "quarterly", "year_named_by": "start"}
FROM_APRIL = {"fiscal_calendar": {"start": "04-01"}}
Q4 = {"kind": "fiscal", "year": 2026, "period": 4}
Q4_DAYS = {"start": "2026-10-01", "end": "2026-12-31"}
Q4_FROM_APRIL = {"start": "2027-01-01", "end": "2027-03-31"}
CUSTOM = {"kind": "custom", **Q4_DAYS}


@pytest_asyncio.fixture(loop_scope="package")
async def fiscal(api: Api) -> AsyncIterator[Api]:
    """Lend the shared service, and give it back with the calendar it had."""
    await api.user("ada")
    await api.metric()
    yield api
    default = {"fiscal_calendar": CALENDAR, "week_start": "monday"}
    await api.change(ORGANIZATION, default)


async def _tree(api: Api, period: dict[str, Any] = Q4) -> None:
    """Create company ── north ── oslo."""
    await api.goal("company", period=period)
    await api.goal("north", parent_id=api.id("company"))
    await api.goal("oslo", parent_id=api.id("north"))


async def _periods(api: Api) -> list[Any]:
    return [
        (await api.read(api.at(name)))["period"]
        for name in ("company", "north", "oslo")
    ]


async def test_the_organization_has_a_fiscal_calendar(fiscal: Api) -> None:
    """It has defaults, and each part of it is changed by itself."""
    before = await fiscal.read(ORGANIZATION)

    await fiscal.change(ORGANIZATION, {"week_start": "sunday"})
    await fiscal.change(ORGANIZATION, {"fiscal_calendar": {"template": "monthly"}})
    await fiscal.change(
        ORGANIZATION, {"fiscal_calendar": {"start": "10-01", "year_named_by": "end"}}
    )

    after = await fiscal.read(ORGANIZATION)
    assert before["fiscal_calendar"] == CALENDAR
    assert before["week_start"] == "monday"
    assert after["week_start"] == "sunday"
    assert after["fiscal_calendar"] == {
        "start": "10-01",
        "template": "monthly",
        "year_named_by": "end",
    }


async def test_what_is_read_of_the_organization_can_be_written_back(
    fiscal: Api,
) -> None:
    """It changes nothing, and nobody is told."""
    before = await fiscal.read(ORGANIZATION)
    body = {name: before[name] for name in before if name != "version"}

    after = await fiscal.change(ORGANIZATION, body)

    assert after == before


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"fiscal_calendar": {"start": "13-01"}}, "fiscal_calendar.start", "13-01"),
        ({"fiscal_calendar": {"start": 401}}, "fiscal_calendar.start", "string"),
        (
            {"fiscal_calendar": {"template": "weekly"}},
            "fiscal_calendar.template",
            'is "weekly"; allowed are annual,',
        ),
        (
            {"fiscal_calendar": {"year_named_by": "middle"}},
            "fiscal_calendar.year_named_by",
            "allowed are start, end",
        ),
        ({"week_start": "moonday"}, "week_start", "moonday is no day of the week"),
        ({"week_start": 1}, "week_start", "write one of monday,"),
    ],
)
async def test_the_calendar_must_read(
    fiscal: Api, change: dict[str, Any], field: str, words: str
) -> None:
    """What was found is told, and what may be."""
    error = await fiscal.refused("PATCH", ORGANIZATION, change, status=400)

    assert told(error) == ("invalid_field", None, field)
    assert words in error["detail"]


async def test_a_goal_gets_the_days_of_its_fiscal_period(fiscal: Api) -> None:
    """As the calendar has them now; all below inherit them with the name."""
    await fiscal.change(ORGANIZATION, FROM_APRIL)

    await _tree(fiscal)

    assert await _periods(fiscal) == [{**Q4, **Q4_FROM_APRIL}] * 3


@pytest.mark.parametrize(
    ("period", "status", "expected", "words"),
    [
        (
            {"kind": "fiscal", "period": 4},
            422,
            ("fiscal_period_incomplete", "80044903", "period.year"),
            "has no year; give",
        ),
        (
            {"kind": "fiscal", "year": 2026},
            422,
            ("fiscal_period_incomplete", "80044903", "period.period"),
            "has no period; give",
        ),
        (
            {"kind": "fiscal", "year": 2026, "period": 101},
            422,
            ("fiscal_period_not_of_template", "80044814", "period.period"),
            "which is quarterly; allowed: 1 to 4; choose",
        ),
        (
            {"kind": "fiscal", "year": 1800, "period": 4},
            422,
            ("year_out_of_range", None, "period.year"),
            "lies outside 1900 to 2200; correct it",
        ),
        (
            {**CUSTOM, "year": 2026},
            422,
            ("custom_period_with_fiscal_columns", "80044904", "period.year"),
            "leave year out, or make its kind fiscal",
        ),
        (
            {**CUSTOM, "period": 4},
            422,
            ("custom_period_with_fiscal_columns", "80044904", "period.period"),
            "leave period out, or make its kind fiscal",
        ),
        (
            {**Q4, "start": "2026-10-02"},
            422,
            ("fiscal_period_with_other_dates", None, "period.start"),
            "is given as 2026-10-02, and period 4 of fiscal year 2026 has 2026-10-01",
        ),
        (
            {**Q4, "end": "2027-01-01"},
            422,
            ("fiscal_period_with_other_dates", None, "period.end"),
            "leave end out, or make its kind custom",
        ),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_fiscal_period_must_be_whole_and_of_the_calendar(
    fiscal: Api,
    method: str,
    period: dict[str, Any],
    status: int,
    expected: tuple[str, str | None, str],
    words: str,
) -> None:
    """What was found, what is allowed and what to do are told."""
    path, body = "/v1/goals", fiscal.goal_body("company", period=period)
    if method == "PATCH":
        await fiscal.goal("company")
        path, body = fiscal.at("company"), {"period": period}

    error = await fiscal.refused(method, path, body, status=status)

    assert told(error) == expected
    assert words in error["detail"]


async def test_a_read_goal_can_be_written_back(fiscal: Api) -> None:
    """Its days may stand beside its name, since they are the same."""
    created = await fiscal.create("/v1/goals", fiscal.goal_body("company", period=Q4))

    written = await fiscal.change(fiscal.at("company"), {"period": created["period"]})

    assert created["period"] == {**Q4, **Q4_DAYS}
    assert written["version"] == created["version"]


async def test_another_calendar_moves_no_goal(fiscal: Api) -> None:
    """Not even if its period is sent again; one chosen anew is of that calendar."""
    await _tree(fiscal)
    before = await fiscal.read(fiscal.at("company"))

    await fiscal.change(ORGANIZATION, FROM_APRIL)
    again = await fiscal.change(fiscal.at("company"), {"period": Q4})
    whole = await fiscal.change(fiscal.at("company"), {"period": before["period"]})
    kept = await _periods(fiscal)
    await fiscal.goal("south", parent_id=fiscal.id("company"), period=Q4)
    await fiscal.change(fiscal.at("company"), {"period": {**Q4, "period": 3}})

    assert again["version"] == whole["version"] == before["version"]
    assert kept == [{**Q4, **Q4_DAYS}] * 3
    q3 = {**Q4, "period": 3, **Q4_DAYS}
    assert await _periods(fiscal) == [q3] * 3
    assert (await fiscal.read(fiscal.at("south")))["period"] == q3


async def test_what_a_period_is_called_changes_without_its_days(fiscal: Api) -> None:
    """From days to the fiscal period that has them, and back; the tree follows."""
    await _tree(fiscal, CUSTOM)
    before = await fiscal.read(fiscal.at("oslo"))

    await fiscal.change(fiscal.at("company"), {"period": Q4})
    named = await _periods(fiscal)
    between = await fiscal.read(fiscal.at("oslo"))
    await fiscal.change(fiscal.at("company"), {"period": CUSTOM})

    assert named == [{**Q4, **Q4_DAYS}] * 3
    assert between["version"] > before["version"]
    assert await _periods(fiscal) == [CUSTOM] * 3


async def test_the_name_of_a_trees_period_changes_on_its_root(fiscal: Api) -> None:
    """A goal below cannot call the same days otherwise."""
    await _tree(fiscal, CUSTOM)

    error = await fiscal.refused(
        "PATCH", fiscal.at("north"), {"period": Q4}, status=422
    )

    assert told(error) == ("period_change_on_child", "80044901", "period")


async def test_parent_and_name_of_the_period_change_one_after_the_other(
    fiscal: Api,
) -> None:
    """Together they are refused, even if the days stay what they are."""
    await _tree(fiscal, CUSTOM)
    await fiscal.goal("world", period=Q4)
    body = {"parent_id": fiscal.id("world"), "period": Q4}

    error = await fiscal.refused("PATCH", fiscal.at("company"), body, status=422)

    assert told(error) == ("parent_with_metric_or_period", "8004480c", "parent_id")


async def test_a_tree_shows_what_its_period_is_called(fiscal: Api) -> None:
    """As reading its goals one by one does."""
    await _tree(fiscal)
    connection = await fiscal.installation.connect()
    try:
        for name in ("company", "north", "oslo"):
            await roll_up(connection, fiscal.id(name))
    finally:
        await connection.close()

    tree = await fiscal.read(fiscal.at("company") + "/tree")

    assert tree["period"] == {**Q4, **Q4_DAYS}
    assert tree["children"][0]["period"] == {**Q4, **Q4_DAYS}


async def test_a_goal_that_is_attached_takes_the_name_of_the_period(
    fiscal: Api,
) -> None:
    """Its days agree already, and all below it are called the same."""
    await _tree(fiscal, CUSTOM)
    await fiscal.goal("world", period=Q4)

    await fiscal.change(fiscal.at("company"), {"parent_id": fiscal.id("world")})

    assert await _periods(fiscal) == [{**Q4, **Q4_DAYS}] * 3


async def test_a_fiscal_period_keeps_its_name_in_another_time_zone(
    fiscal: Api,
) -> None:
    """The zone decides when its days begin, not what it is called."""
    await _tree(fiscal)

    await fiscal.change(fiscal.at("company"), {"time_zone": "Asia/Tokyo"})

    assert await _periods(fiscal) == [{**Q4, **Q4_DAYS}] * 3


async def test_align_takes_the_days_anew_for_the_whole_tree(fiscal: Api) -> None:
    """From the present calendar, once: a second time there is nothing to change."""
    await _tree(fiscal)
    await fiscal.change(ORGANIZATION, FROM_APRIL)

    first = await fiscal.client.post(_align(fiscal))
    second = await fiscal.client.post(_align(fiscal), json={})

    assert first.status_code == second.status_code == 200
    assert first.json()["period"] == {**Q4, **Q4_FROM_APRIL}
    assert first.headers["ETag"] == f'"{first.json()["version"]}"'
    assert await _periods(fiscal) == [{**Q4, **Q4_FROM_APRIL}] * 3
    assert second.json()["version"] == first.json()["version"]


async def test_align_is_answered_again_under_the_same_key(fiscal: Api) -> None:
    """And does nothing a second time, whatever the calendar has become."""
    await _tree(fiscal)
    await fiscal.change(ORGANIZATION, FROM_APRIL)
    key = {"Idempotency-Key": fiscal.id("align")}

    first = await fiscal.client.post(_align(fiscal), headers=key)
    await fiscal.change(ORGANIZATION, {"fiscal_calendar": CALENDAR})
    again = await fiscal.client.post(_align(fiscal), headers=key)
    other = await fiscal.client.post(_align(fiscal), headers=key, json={})

    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert await _periods(fiscal) == [{**Q4, **Q4_FROM_APRIL}] * 3
    assert told(other.json())[0] == "idempotency_key_reused"


async def test_align_is_refused_over_what_was_not_read(fiscal: Api) -> None:
    """If-Match names the version of the goal."""
    await _tree(fiscal)
    stale = (await fiscal.client.get(fiscal.at("company"))).headers["ETag"]
    await fiscal.change(fiscal.at("company"), {"title": "World"})

    refused = await fiscal.client.post(_align(fiscal), headers={"If-Match": stale})

    assert refused.status_code == 409
    assert refused.json()["error"] == "version_conflict"


@pytest.mark.parametrize(
    ("period", "name", "expected", "words"),
    [
        (Q4, "north", ("not_a_root", None, "parent_id"), "align the root"),
        (CUSTOM, "company", ("period_not_fiscal", None, "period.kind"), "is custom"),
    ],
)
async def test_only_a_root_with_a_fiscal_period_is_aligned(
    fiscal: Api,
    period: dict[str, Any],
    name: str,
    expected: tuple[str, str | None, str],
    words: str,
) -> None:
    """The others are told what to do instead."""
    await _tree(fiscal, period)

    error = await fiscal.refused("POST", _align(fiscal, name), status=422)

    assert told(error) == expected
    assert words in error["detail"]


async def test_align_needs_the_period_in_the_present_template(fiscal: Api) -> None:
    """Quarters are none of a calendar of months; nothing has moved."""
    await _tree(fiscal)
    await fiscal.change(ORGANIZATION, {"fiscal_calendar": {"template": "monthly"}})

    error = await fiscal.refused("POST", _align(fiscal), status=422)

    expected = ("fiscal_period_not_of_template", "80044814", "period.period")
    assert told(error) == expected
    assert "which is monthly; allowed: 101 to 112" in error["detail"]
    assert await _periods(fiscal) == [{**Q4, **Q4_DAYS}] * 3


async def test_align_takes_nothing_but_the_goal(fiscal: Api) -> None:
    """A field that means nothing is refused, and so is a goal that is not there."""
    await _tree(fiscal)

    unknown = await fiscal.refused("POST", _align(fiscal), {"year": 2027}, status=400)
    missing = await fiscal.refused("POST", _align(fiscal, "nowhere"), status=404)

    assert told(unknown) == ("unknown_field", None, "year")
    assert told(missing) == ("not_found", None, None)


def _align(api: Api, name: str = "company") -> str:
    return api.at(name) + "/align-fiscal-period"

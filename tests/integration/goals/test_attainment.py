"""Reports as a client reads them: rows, groups, conditions, pages, rights."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio

from local.servers import Servers
from services.goals.http import snapshots
from tests.integration.goals.conftest import Api
from tests.integration.goals.reported import reported, token_of
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

REPORT: Final = "/v1/reports/attainment"
EVERY: Final = ["calls", "company", "north", "north-q3", "other-q3", "south"]


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def company(servers: Servers) -> AsyncIterator[Api]:
    """One company for all tests here, which leave it as it is."""
    async with reported(servers) as api:
        yield api


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def tokens(company: Api) -> dict[str, str]:
    """Return what shows that ada, eve and grace ask, and a system that knows nobody."""
    people = {
        who: await token_of(company, who, "directory:read", user_id=who)
        for who in ("ada", "eve", "grace")
    }
    return {**people, "system": await token_of(company, "system", user_id=None)}


async def seen_by(api: Api, token: str, query: str = "") -> dict[str, Any]:
    """Return the rows of a report, by goal, as somebody sees them."""
    answer = await api.client.get(
        f"{REPORT}?{query}", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text[:500]
    return {one.get("goal_id") or one["key"]: one for one in answer.json()["items"]}


async def rows(api: Api, query: str = "") -> dict[str, Any]:
    """Return the rows of a report, by goal or by key and metric."""
    found = (await api.read(f"{REPORT}?{query}"))["items"]
    if "by=" in query:
        return {f"{one['key']} {one['metric']['id']}".strip(): one for one in found}
    return {one["goal_id"]: one for one in found}


async def test_a_row_says_all_there_is_of_a_goal(company: Api) -> None:
    """Its numbers, where it should be, where it may end; nothing that nobody asked."""
    report = await company.read(REPORT)

    assert report["as_of"] == "2026-11-21T12:00:00Z"
    assert (report["since"], report["next"]) == (None, None)
    row = next(one for one in report["items"] if one["goal_id"] == "company")
    assert row == {
        "goal_id": "company",
        "title": "=Company",
        "parent_id": None,
        "depth": 0,
        "metric": {
            "id": "revenue",
            "name": "Won revenue",
            "kind": "amount",
            "data_type": "money",
            "currency": "EUR",
        },
        "owner": {"type": "team", "id": "crew", "name": "The crew"},
        "manager": {"id": "grace", "name": "Grace"},
        "period": {
            "start": "2026-10-12",
            "end": "2027-01-20",
            "time_zone": "UTC",
            "name": None,
        },
        "state": "open",
        "values": {"actual": "360.0000", "in_progress": "250.0000", "custom": None},
        "own": {"actual": "360.0000", "in_progress": "250.0000", "custom": None},
        "target": "1000.0000",
        "stretch_target": "1200.0000",
        "percentage": "36.0000",
        "rollup": {"status": "current", "error": None, "goal_with_error_id": None},
        "is_overridden": False,
        "pace": {
            "percentage_of_period": "40.0000",
            "target": "400.0000",
            "index": "0.9000",
            "status": "at_risk",
            "gap": "-40.0000",
        },
        # 100 ten days ago: 26 a day for the 60 days that are left.
        "finish": {
            "low": "610.0000",
            "expected": "900.0000",
            "high": "1920.0000",
            "by": [
                {"rule": "whole_period", "value": "900.0000"},
                {"rule": "last_quarter", "value": "1920.0000"},
                {"rule": "in_progress", "value": "610.0000"},
            ],
        },
        "earlier": None,
        "children_target": "950.0000",
        "previous": None,
    }


async def test_rows_agree_with_what_goals_say_of_themselves(company: Api) -> None:
    """The same values, percentage and today, whatever the goal."""
    for goal_id, row in (await rows(company)).items():
        goal = await company.read(f"/v1/goals/{goal_id}")
        same = ("title", "parent_id", "depth", "state", "values", "own", "target")
        assert {name: row[name] for name in same} == {name: goal[name] for name in same}
        assert row["percentage"] == goal["percentage"]
        assert row["pace"]["target"] == goal["today"]["target"]
        share = goal["today"]["percentage_of_period"]
        assert row["pace"]["percentage_of_period"] == share


async def test_a_period_that_is_over_has_no_finish(company: Api) -> None:
    """What is not reached is behind; a fiscal period has its name."""
    calls = (await rows(company))["calls"]

    assert calls["values"] == {"actual": "9", "in_progress": None, "custom": None}
    assert calls["period"]["name"] == "FY2026 Q2"
    assert calls["pace"]["status"] == "behind"
    assert calls["pace"]["gap"] == "-1.0000"
    assert calls["metric"]["currency"] is None
    assert (calls["finish"], calls["children_target"]) == (None, None)


async def test_changes_since_an_instant(company: Api) -> None:
    """By what stood then; null where the history does not reach so far."""
    report = await company.read(f"{REPORT}?since=24h")
    found = {one["goal_id"]: one["earlier"] for one in report["items"]}
    instant = await rows(company, "since=2026-11-20T13:00:00%2B01:00")
    longer = await rows(company, "since=2d")

    assert report["since"] == "2026-11-20T12:00:00Z"
    assert found["company"] == {
        "values": {"actual": "350.5", "in_progress": "300", "custom": None},
        "change": {"actual": "9.5000", "in_progress": "-50.0000", "custom": None},
    }
    assert found["north"]["change"] == {
        "actual": "10.0000",
        "in_progress": None,
        "custom": None,
    }
    assert found["south"] is None
    assert {name: one["earlier"] for name, one in instant.items()} == found
    assert longer["company"]["earlier"]["change"]["actual"] == "260.0000"
    assert longer["north"]["earlier"] is None


async def test_the_goal_of_the_period_before(company: Api) -> None:
    """Its owner's of the same title, of two that ended the day before."""
    found = await rows(company, "compare=previous")

    assert found["north"]["previous"] == {
        "goal_id": "north-q3",
        "values": {"actual": "400.0000", "in_progress": "0.0000", "custom": None},
        "target": "500.0000",
        "percentage": "80.0000",
    }
    assert {found[name]["previous"] for name in EVERY if name != "north"} == {None}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", EVERY),
        ("goal=company", ["company"]),
        ("goal=north&root=south", []),
        ("root=company", ["company", "north", "south"]),
        ("root=north", ["north"]),
        ("metric=calls", ["calls"]),
        ("metric=nothing", []),
        ("owner=team/crew", ["company"]),
        ("owner=user/eve", ["south"]),
        ("manager=grace", ["company", "south"]),
        ("state=open", EVERY),
        ("state=closed", []),
        ("period=current", ["company", "north", "south"]),
        ("period=2026-10-11..2026-10-11", ["north-q3", "other-q3"]),
        ("period=2026-06-30..2026-07-03", ["calls"]),
        ("period=2026-10-12..2026-10-12", ["company", "north", "south"]),
        ("period=2026-06-30..2026-10-12", EVERY),
        ("root=company&owner=user/ada&period=current&metric=revenue", ["north"]),
    ],
)
async def test_conditions_narrow_a_report(
    company: Api, query: str, expected: list[str]
) -> None:
    """All that are given hold at once; rows come in the order of ids."""
    assert list(await rows(company, query)) == expected


@pytest.mark.parametrize("by", ["goal", "owner"])
@pytest.mark.parametrize("limit", [1, 2, 1000])
async def test_pages_make_the_whole(company: Api, by: str, limit: int) -> None:
    """Nothing is told twice or left out."""
    whole = (await company.read(f"{REPORT}?by={by}"))["items"]
    found, after = [], ""
    while after is not None:
        page = await company.read(f"{REPORT}?by={by}&limit={limit}&after={after}")
        assert len(page["items"]) <= limit
        found += page["items"]
        after = page["next"]

    assert found == whole
    assert len(whole) == {"goal": 6, "owner": 4}[by]


async def test_owners_are_added_up_metric_by_metric(company: Api) -> None:
    """Goals of one metric only, with what they showed and reached before."""
    found = await rows(company, "by=owner&since=24h&compare=previous")

    assert list(found) == [
        "team/crew revenue",
        "user/ada calls",
        "user/ada revenue",
        "user/eve revenue",
    ]
    ada = found["user/ada revenue"]
    assert (ada["name"], ada["metric"]["name"]) == ("Ada", "Won revenue")
    assert (ada["goals"], ada["added"]) == (3, 3)
    assert (ada["actual"], ada["in_progress"]) == ("705.0000", "250.0000")
    assert (ada["target"], ada["percentage"]) == ("1110.0000", "63.5135")
    # Two of them have no history.
    assert ada["earlier"] is None
    assert found["team/crew revenue"]["earlier"]["change"]["actual"] == "9.5000"
    assert ada["previous"] == {
        "goals": 1,
        "actual": "400.0000",
        "in_progress": "0.0000",
        "custom": None,
        "target": "500.0000",
        "percentage": "80.0000",
    }


async def test_a_team_is_not_added_to_its_members(company: Api) -> None:
    """What stands below the team's goal is in it already."""
    found = await rows(company, "by=team&period=current")

    assert list(found) == ["revenue", "team/crew revenue"]
    assert (found["revenue"]["key"], found["revenue"]["actual"]) == ("", "60.0000")
    crew = found["team/crew revenue"]
    assert (crew["name"], crew["goals"], crew["added"]) == ("The crew", 2, 1)
    assert (crew["actual"], crew["target"]) == ("360.0000", "1000.0000")


async def test_periods_and_metrics_are_added_up(company: Api) -> None:
    """A period by its days, and by its name where it has one."""
    periods = await rows(company, "by=period")
    metrics = await rows(company, "by=metric")

    assert {key: (one["name"], one["actual"]) for key, one in periods.items()} == {
        "2026-04-01..2026-06-30 calls": ("FY2026 Q2", "9"),
        "2026-07-04..2026-10-11 revenue": (None, "405.0000"),
        "2026-10-12..2027-01-20 revenue": (None, "360.0000"),
    }
    assert {key: (one["name"], one["actual"]) for key, one in metrics.items()} == {
        "calls calls": ("Calls", "9"),
        "revenue revenue": ("Won revenue", "765.0000"),
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=planet", "by"),
        ("owner=ada", "owner"),
        ("owner=robot/ada", "owner"),
        ("owner=user/%00", "owner"),
        ("metric=%00", "metric"),
        ("state=asleep", "state"),
        ("period=soon", "period"),
        ("period=2026-10-01", "period"),
        ("period=2026-13-01..2026-12-31", "period"),
        ("period=2026-12-31..2026-10-01", "period"),
        ("since=yesterday", "since"),
        ("since=24", "since"),
        ("since=2026-11-20T12:00:00", "since"),
        ("compare=best", "compare"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after=%F0", "after"),
        ("after=AA==", "after"),
        ("by=owner&after=bm9wbGFjZQ==", "after"),
        ("format=pdf", "format"),
        ("goals=north", "goals"),
    ],
)
async def test_what_does_not_read_is_refused_by_name(
    company: Api, query: str, field: str
) -> None:
    """Each parameter, and one that does not exist."""
    error = await company.refused("GET", f"{REPORT}?{query}", status=400)

    assert told(error) == ("invalid_parameter", None, field)


@pytest.mark.parametrize("parameter", ["goal", "root"])
async def test_there_is_no_report_of_nothing(company: Api, parameter: str) -> None:
    """An unknown goal is not one with nothing to report."""
    error = await company.refused("GET", f"{REPORT}?{parameter}=nobody", status=404)

    assert told(error) == ("not_found", None, None)


async def test_a_report_has_only_goals_that_one_may_read(
    company: Api, tokens: dict[str, str]
) -> None:
    """As owner, manager, on a team, or as the manager of the goal above."""
    seen = {who: list(await seen_by(company, tokens[who])) for who in tokens}
    groups = {who: await seen_by(company, tokens[who], "by=owner") for who in tokens}

    assert seen["eve"] == ["south"]
    assert seen["grace"] == ["company", "north", "south"]
    assert seen["ada"] == [name for name in EVERY if name != "south"]
    assert seen["system"] == EVERY
    assert list(groups["eve"]) == ["user/eve"]
    assert list(groups["ada"]) == ["team/crew", "user/ada"]


async def test_a_row_tells_nothing_of_goals_that_one_may_not_read(
    company: Api, tokens: dict[str, str]
) -> None:
    """Neither what is above nor what is before, nor what all below aim at."""
    south = (await seen_by(company, tokens["eve"]))["south"]
    by_ada = await seen_by(company, tokens["ada"], "compare=previous")
    by_grace = await seen_by(company, tokens["grace"], "compare=previous")

    assert (south["parent_id"], south["depth"]) == (None, None)
    assert south["values"]["actual"] == "60.0000"
    assert by_ada["company"]["children_target"] is None
    assert by_grace["company"]["children_target"] == "950.0000"
    assert by_ada["north"]["previous"]["goal_id"] == "north-q3"
    assert by_grace["north"]["previous"] is None
    assert by_grace["north"]["parent_id"] == "company"


@pytest.mark.parametrize("parameter", ["goal", "root"])
async def test_a_goal_that_one_may_not_read_is_not_there(
    company: Api, tokens: dict[str, str], parameter: str
) -> None:
    """It is told apart from none by nothing."""
    headers = {"Authorization": f"Bearer {tokens['eve']}"}
    answer = await company.client.get(f"{REPORT}?{parameter}=north", headers=headers)

    assert answer.status_code == 404
    assert told(answer.json()) == ("not_found", None, None)


async def test_names_are_for_those_who_may_read_the_directory(
    company: Api, tokens: dict[str, str]
) -> None:
    """So are teams."""
    rows_of_system = await seen_by(company, tokens["system"])
    headers = {"Authorization": f"Bearer {tokens['system']}"}
    refused = await company.client.get(f"{REPORT}?by=team", headers=headers)

    assert rows_of_system["north"]["owner"] == {
        "type": "user",
        "id": "ada",
        "name": None,
    }
    assert rows_of_system["north"]["manager"]["name"] is None
    assert refused.status_code == 403
    assert refused.json()["error"] == "scope_missing"


async def test_a_report_that_takes_too_long_is_given_up(
    company: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do, and when to come again."""
    monkeypatch.setattr(snapshots, "SECONDS_MAX", 0.2)
    connection = await company.installation.connect()
    try:
        async with connection.transaction():
            await connection.execute("LOCK goals.goal IN ACCESS EXCLUSIVE MODE")
            answer = await company.client.get(REPORT)
    finally:
        await connection.close()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["error"] == "report_too_slow"
    assert "ask for fewer goals" in answer.json()["detail"]

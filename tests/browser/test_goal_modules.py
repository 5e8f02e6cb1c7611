"""What the screen of a goal works out by itself, as its modules do it in Chromium."""

import json
from datetime import datetime
from typing import Any, Final

import pytest
from playwright.async_api import Page

from tests.browser.modules import answers_of

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")

WON: Final = {
    "source_entity": "opportunity",
    "source_attribute": "actualvalue",
    "source_state": "won",
    "source_status": None,
    "date_attribute": "actualclosedate",
    "state_from": None,
    "date_from": None,
}
GOAL: Final = {
    "owner": {"type": "team", "id": "north"},
    "manager_id": "grace",
    "owner_records_only": True,
    "rollup_only_from_children": False,
    "include_team_members": False,
    "queries": {"actual": None, "in_progress": None, "custom": None},
}
WORDS: Final = (
    "{owner: 'Team North', manager: 'Grace', period: '1 Oct to 31 Dec', "
    "query: (id) => `of ${id}`}"
)


def _rule(goal: dict[str, Any], field: dict[str, Any], kind: str = "amount") -> str:
    metric = {"kind": kind, "rollup_fields": {"actual": WON | field}}
    return f"ruleOf({json.dumps(GOAL | goal)}, {json.dumps(metric)}, {WORDS})[0].text"


def _instant(text: str) -> float:
    """Return milliseconds, as scripts count."""
    return datetime.fromisoformat(f"{text}Z").timestamp() * 1000


async def test_a_rule_is_one_sentence(page: Page) -> None:
    """Which records, dated when, owned by whom, narrowed how, and as seen by whom."""
    of_products = {
        "source_entity": "opportunityproduct",
        "state_from": {"link": "opportunityid", "entity": "opportunity"},
        "date_from": {"link": "opportunityid", "entity": "opportunity"},
    }
    cases = {
        _rule({}, {}): "Sum of actual value of won opportunities, closed 1 Oct to 31 "
        "Dec, owned by Team North, as Grace, the manager, sees them.",
        _rule(
            {"include_team_members": True, "queries": {"actual": "x"}},
            {"source_entity": "phonecall", "source_state": None},
            "count",
        ): "Number of phonecalls, closed 1 Oct to 31 Dec, owned by Team North or its "
        "members, matching “of x”, as Grace, the manager, sees them.",
        _rule({"owner_records_only": False}, of_products): "Sum of actual value of "
        "opportunityproducts whose opportunity is won, of opportunities closed 1 Oct "
        "to 31 Dec, whoever owns them, as Grace, the manager, sees them.",
        _rule({"rollup_only_from_children": True}, {}): "The sum of what its children "
        "show; no records of its own.",
        _rule({}, {"date_attribute": "signed_on"}): "Sum of actual value of won "
        "opportunities, with signed_on in 1 Oct to 31 Dec, owned by Team North, as "
        "Grace, the manager, sees them.",
    }

    found = await answers_of(page, "goal/rule.js", list(cases))

    assert dict(zip(cases, found, strict=True)) == cases


async def test_sums_keep_every_digit(page: Page) -> None:
    """What adds up is added without floating point."""
    cases = {
        "sum(['0.1000', '0.2', null])": "0.3000",
        "sum([])": "0",
        "sum(['-5', '4.75'])": "-0.25",
        "difference('12345678901234567.8901', '0.0001')": "12345678901234567.8900",
        "difference('1', '-1')": "2",
        "difference('0.3', '0.1')": "0.2",
        "difference('9007199254740993.0001', '1')": "9007199254740992.0001",
        "difference('-2.50', '-2.5')": "0.00",
        "isZero('-0.0000')": True,
        "isZero('0.0001')": False,
    }

    found = await answers_of(page, "words/decimals.js", list(cases))

    assert dict(zip(cases, found, strict=True)) == cases


async def test_days_begin_where_the_goal_is(page: Page) -> None:
    """Midnight is that of the zone, before and after the clocks change."""
    cases = {
        "startOfDay('2026-10-25', 'Europe/Berlin')": _instant("2026-10-24T22:00"),
        "startOfDay('2026-10-26', 'Europe/Berlin')": _instant("2026-10-25T23:00"),
        "startOfDay('2026-03-08', 'America/Chicago')": _instant("2026-03-08T06:00"),
        "dayAfter('2026-12-31')": "2027-01-01",
        "ticksOf('2026-10-01', '2026-12-31', 4)": [
            "2026-10-01",
            "2026-11-01",
            "2026-12-01",
        ],
        "ticksOf('2026-10-01', '2026-10-10', 5)": [
            "2026-10-01",
            "2026-10-03",
            "2026-10-05",
            "2026-10-07",
            "2026-10-09",
        ],
    }
    found = await answers_of(page, "words/moments.js", list(cases))

    assert dict(zip(cases, found, strict=True)) == cases


async def test_a_burn_up_fits_what_it_shows(page: Page) -> None:
    """What stood before the period stands at its start; the fan ends after now."""
    goal = {
        "period": {"start": "2026-10-01", "end": "2026-10-31"},
        "time_zone": "Etc/UTC",
        "target": "100",
        "stretch_target": "120.5",
    }
    history = [
        {"at": "2026-09-01T00:00:00Z", "values": {"actual": "5"}, "percentage": "5"},
        {"at": "2026-10-02T00:00:00Z", "values": {"actual": None}, "percentage": None},
        {"at": "2026-10-03T00:00:00Z", "values": {"actual": "30"}, "percentage": "30"},
    ]
    finish = {"low": "90", "expected": "100", "high": "150"}
    now = "Date.parse('2026-10-11T00:00:00Z')"
    shown = {"actual": "40", "percentage": "40"}
    call = (
        f"planOf({json.dumps(goal)}, {json.dumps({'entries': history, 'days': []})}, "
        f"{json.dumps(shown)}, {json.dumps(finish)}, {now})"
    )

    plan, labels = await answers_of(
        page, "charts/burn_up_plan.js", [call, "spread([100, 102, 290], 15, 10, 295)"]
    )

    assert [one["value"] for one in plan["points"]] == [5, 30]
    assert plan["points"][0]["at"] == plan["from"]
    assert plan["finish"] == {"low": 90, "expected": 100, "high": 150}
    assert plan["range"] == [0, 150]
    assert labels == [100, 115, 290]


@pytest.mark.parametrize(
    ("seen", "values"),
    [
        (["2026-10-10T09:00:00Z"], [(10, True), (25, True), (30, False)]),
        (["2026-10-05T09:00:00Z"], [(10, True), (30, False)]),
        # After the period had ended: what it shows is not of then.
        (["2026-11-05T09:00:00Z"], [(10, True), (25, True), (90, True), (99, False)]),
        ([], [(10, True), (25, True), (90, True), (99, False)]),
    ],
)
async def test_a_burn_up_begins_by_the_dates_of_records(
    page: Page, seen: list[str], values: list[tuple[float, bool]]
) -> None:
    """Up to when the goal was first seen, and not a day further."""
    goal = {
        "period": {"start": "2026-10-01", "end": "2026-10-31"},
        "time_zone": "Europe/Berlin",
        "target": "50",
        "stretch_target": None,
    }
    entries = [
        {"at": at, "values": {"actual": "30"}, "percentage": "60"} for at in seen
    ]
    days = [
        {"day": "2026-10-02", "total": "10.0000"},
        {"day": "2026-10-06", "total": "25.0000"},
        {"day": "2026-10-31", "total": "90.0000"},
    ]
    shown = {"actual": "99", "percentage": "198"}
    call = (
        f"planOf({json.dumps(goal)}, {json.dumps({'entries': entries, 'days': days})}, "
        f"{json.dumps(shown)}, null, Date.parse('2026-11-21T00:00:00Z'))"
    )

    [plan] = await answers_of(page, "charts/burn_up_plan.js", [call])

    found = [(one["value"], one["isByDate"]) for one in plan["points"]]
    assert found == values
    assert plan["points"][0]["at"] == _instant("2026-10-01T22:00")
    assert plan["points"][0]["percentage"] == "20.0000"


async def test_an_id_alone_is_looked_for_in_what_the_metric_counts(page: Page) -> None:
    """Entity and id first; whatever was pasted around it goes."""
    cases = {
        "meantBy(' O-1 ', ['opportunity', 'lead'])": ["opportunity/O-1", "lead/O-1"],
        "meantBy('opportunity/O-1', ['lead'])": [
            "opportunity/O-1",
            "lead/opportunity/O-1",
        ],
        "meantBy('\"{O-1}\",', ['opportunity'])": ["opportunity/O-1"],
        "meantBy('  ', ['opportunity'])": [],
        "entitiesOf({rollup_fields: {actual: {source_entity: 'a'}, custom: null, "
        "in_progress: {source_entity: 'a'}}})": ["a"],
    }

    found = await answers_of(page, "explain/asked.js", list(cases))

    assert dict(zip(cases, found, strict=True)) == cases

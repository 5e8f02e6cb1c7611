"""Conditions as rows, drafts, and fiscal periods, as the page has them."""

import json
from datetime import date

import pytest
from playwright.async_api import Page

from services.goals.page.operators import OPERATORS
from shared.domain.fiscal import Template, YearNamedBy, calendar_of, codes_of, days_of
from shared.queries.operators import Operator
from tests.browser.modules import answers_of

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")

TEST = {"attribute": "stage", "operator": "eq", "value": "close"}
ACCEPTED: tuple[object, ...] = (
    None,
    TEST,
    {"attribute": "rating", "operator": "null"},
    {"attribute": "rating", "operator": "in", "value": ["a", 2, True]},
    {"attribute": "due", "operator": "in-fiscal-period-and-year", "value": [1, 2026]},
    {
        "attribute": "customerid",
        "operator": "eq-or-under",
        "value": "A0",
        "entity": "account",
        "via": "parentaccountid",
    },
    {"attribute": "@owner", "operator": "eq", "value": {"type": "user", "id": "R0"}},
    {"all": []},
    {"all": [TEST]},
    {"any": [TEST, {"all": [TEST, {"any": [TEST]}]}]},
    {"not": TEST},
    {"not": {"not": {"any": [TEST, {"not": {"all": []}}]}}},
    {"link": "customerid", "entity": "account"},
    {"link": "customerid", "entity": "account", "where": TEST},
    {"not": {"link": "c", "entity": "account", "where": {"not": TEST}}},
    {
        "all": [
            {"link": "c", "entity": "account", "where": {"any": [TEST, TEST]}},
            {"link": "c", "entity": "a", "where": {"link": "p", "entity": "a"}},
        ]
    },
)


async def test_conditions_come_back_as_they_went(page: Page) -> None:
    """Whatever the API takes becomes rows, and the same conditions again."""
    calls = [f"whereOf(it.rowsOf({json.dumps(where)}))" for where in ACCEPTED]

    found = await answers_of(page, "manage/conditions.js", calls)

    assert found == list(ACCEPTED)


async def test_a_place_of_a_refusal_is_that_of_a_row(page: Page) -> None:
    """Rows stand at the places that the API names: groups, links, and nots."""
    group = json.dumps({"any": [TEST, TEST]})

    found = await answers_of(
        page,
        "manage/conditions.js",
        [
            f"placeIn(it.rowsOf({group}), 'where', 1)",
            f"placeIn(it.rowsOf({json.dumps(TEST)}), 'where', 0)",
            f"innerPlace(it.rowsOf({json.dumps({'not': TEST})}).rows[0], 'where')",
        ],
    )

    assert found == ["where.any[1]", "where", "where.not"]


async def test_a_second_condition_makes_a_group(page: Page) -> None:
    """One condition stands alone; with another one they go together."""
    rows = f"({{...it.newGroup('all', true), rows: [{json.dumps(TEST)}]}})"
    one = rows.replace('{"attribute"', '{"type": "test", "nots": 0, "attribute"')
    two = one.replace("]})", ", it.newTest('due')]})")

    found = await answers_of(
        page, "manage/conditions.js", [f"whereOf({one})", f"whereOf({two})"]
    )

    other = {"attribute": "due", "operator": "eq", "value": ""}
    assert found == [TEST, {"all": [TEST, other]}]


async def test_changes_are_the_fields_that_differ(page: Page) -> None:
    """The order of inner fields is no change; a part that differs is."""
    before = "{title: 'North', period: {kind: 'fiscal', year: 2026}, target: null}"

    found = await answers_of(
        page,
        "manage/drafts.js",
        [
            f"changesOf({before}, {{period: {{year: 2026, kind: 'fiscal'}}}})",
            f"changesOf({before}, it.put({before}, 'period.year', 2027))",
        ],
    )

    assert found == [{}, {"period": {"kind": "fiscal", "year": 2027}}]


@pytest.mark.parametrize("start", ["01-01", "04-01", "02-29", "10-31"])
async def test_fiscal_periods_are_those_of_the_api(page: Page, start: str) -> None:
    """Each template, named by either end: the same codes and the same days."""
    cases = [
        (template, named, year)
        for template in Template
        for named in YearNamedBy
        for year in (2024, 2027)
    ]
    calls = [
        f"periodsOf({{start: '{start}', template: '{template}', "
        f"year_named_by: '{named}'}}, {year})"
        ".map((one) => [one.code, one.start, one.end])"
        for template, named, year in cases
    ]

    found = await answers_of(page, "manage/fiscal.js", calls)

    for (template, named, year), periods in zip(cases, found, strict=True):
        calendar = calendar_of(start=start, template=template, year_named_by=named)
        expected = {
            code: days_of(calendar, year, code) for code in codes_of(calendar.template)
        }
        assert {
            code: (date.fromisoformat(first), date.fromisoformat(last))
            for code, first, last in periods
        } == expected


async def test_every_operator_is_offered_in_words() -> None:
    """The page draws all operators, each with words and with what it takes."""
    offered = {one["name"]: one for one in OPERATORS["operators"]}

    assert set(offered) == set(Operator)
    assert offered["between"]["label"] == "is between … and"
    assert offered["gt"]["of_dates"] == "is after"
    assert offered["last-x-days"]["label"] == "is in the last … days"
    assert offered["eq-userid"]["needs_manager"] is True
    assert offered["in"]["takes"] == "list"

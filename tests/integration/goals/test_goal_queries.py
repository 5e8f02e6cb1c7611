"""The rollup queries that goals have, one for each measure."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.telling import told
from tests.integration.goals.test_queries import query

pytestmark = pytest.mark.asyncio(loop_scope="package")

NONE = {"actual": None, "in_progress": None, "custom": None}


def field_of(entity: str) -> dict[str, Any]:
    """Return a rollup field that adds up an attribute of an entity's records."""
    return {
        "source_entity": entity,
        "source_attribute": "amount",
        "date_attribute": "closed",
    }


async def company(api: Api) -> None:
    """Create `company` and `north` of opportunities, and two queries for them."""
    await api.user("ada")
    fields = dict.fromkeys(("actual", "in_progress"), field_of("opportunity"))
    await api.metric(rollup_fields=fields)
    await api.goal("company")
    await api.goal("north", parent_id=api.id("company"))
    await query(api)
    await query(api, "big", where={"all": []})


async def give(api: Api, name: str = "company", /, **queries: Any) -> Any:
    """Give a goal queries, or take them away."""
    return await api.change(api.at(name), {"queries": queries})


async def given_to(api: Api, name: str) -> Any:
    """Return the queries that a goal has."""
    return (await api.read(api.at(name)))["queries"]


async def test_a_goal_is_created_with_queries(api: Api) -> None:
    """Also where many are; a child does not inherit them."""
    await company(api)
    late = api.id("late")
    bodies = [
        api.goal_body("one", queries={"actual": late}),
        api.goal_body("two", parent_id=api.id("one")),
        api.goal_body("three", queries={"actual": late, "in_progress": late}),
    ]

    created = await api.create("/v1/goals", bodies)

    expected = [
        NONE | {"actual": late},
        NONE,
        NONE | {"actual": late, "in_progress": late},
    ]
    assert [goal["queries"] for goal in created["items"]] == expected
    assert [await given_to(api, name) for name in ("one", "two", "three")] == expected


async def test_a_change_leaves_what_it_does_not_name(api: Api) -> None:
    """Null takes a query away; the same ones again change nothing."""
    await company(api)
    late, big = api.id("late"), api.id("big")

    one = await give(api, actual=late)
    both = await give(api, in_progress=big)
    titled = await api.change(api.at("company"), {"title": "All"})
    same = await give(api, actual=late)
    other = await give(api, actual=None)

    assert one["queries"] == NONE | {"actual": late}
    assert both["queries"] == NONE | {"actual": late, "in_progress": big}
    assert titled["queries"] == same["queries"] == both["queries"]
    assert same["version"] == titled["version"]
    assert other["queries"] == NONE | {"in_progress": big}
    assert await given_to(api, "north") == NONE


async def test_queries_are_shown_wherever_the_goal_is(api: Api) -> None:
    """In a list and in the tree as well."""
    await company(api)
    queries = NONE | {"in_progress": api.id("late")}
    await give(api, "north", in_progress=api.id("late"))
    connection = await api.installation.connect()
    for name in ("company", "north"):
        await roll_up(connection, api.id(name))
    await connection.close()

    page = await api.read(f"/v1/goals?metric_id={api.id('revenue')}")
    tree = await api.read(f"{api.at('company')}/tree")

    assert [goal["queries"] for goal in page["items"]] == [NONE, queries]
    assert (tree["queries"], tree["children"][0]["queries"]) == (NONE, queries)


@pytest.mark.parametrize(
    ("slot", "name", "expected", "words"),
    [
        ("actual", "none", ("query_not_found", None), "and there is none; create it"),
        (
            "custom",
            "late",
            ("query_without_rollup_field", "8004f683"),
            "does not measure; it measures actual, in_progress: leave",
        ),
        (
            "in_progress",
            "calls",
            ("query_entity_differs", "80044909"),
            "looks at phonecall, and the in_progress of metric",
        ),
        (
            "actual",
            "old",
            ("query_inactive", "8004f685"),
            "which is inactive; make it active first, or name another",
        ),
    ],
)
@pytest.mark.parametrize("way", ["POST", "PATCH", "json", "csv"])
async def test_a_query_fits_the_measure_that_it_narrows(
    api: Api, way: str, slot: str, name: str, expected: Any, words: str
) -> None:
    """However the goal is written."""
    await company(api)
    await query(api, "calls", entity="phonecall")
    await query(api, "old", state="inactive")
    queries = {slot: api.id(name)}

    if way == "POST":
        body = api.goal_body("new", queries=queries)
        error = await api.refused("POST", "/v1/goals", body, status=422)
    elif way == "PATCH":
        body = {"queries": queries}
        error = await api.refused("PATCH", api.at("company"), body, status=422)
    else:
        error = (await imported(api, way, api.id("company"), queries))["rejected"][0]

    assert told(error) == (*expected, f"queries.{slot}")
    assert words in error["detail"]
    assert await given_to(api, "company") == NONE


async def imported(
    api: Api, form: str, goal_id: str, queries: Mapping[str, str | None]
) -> Any:
    """Import one goal that exists with queries; return the report."""
    if form == "csv":
        names = ",".join(f"queries.{slot}" for slot in queries)
        cells = ",".join(one or "" for one in queries.values())
        answer = await api.client.post(
            "/v1/goals/import",
            content=f"id,{names}\n{goal_id},{cells}\n",
            headers={"Content-Type": "text/csv"},
        )
    else:
        answer = await api.client.post(
            "/v1/goals/import", json=[{"id": goal_id, "queries": queries}]
        )
    return answer.json()


@pytest.mark.parametrize("form", ["json", "csv"])
async def test_queries_are_imported_with_goals(api: Api, form: str) -> None:
    """Given and taken away; what is not named stays."""
    await company(api)
    late, big = api.id("late"), api.id("big")

    first = await imported(
        api, form, api.id("company"), {"actual": late, "in_progress": big}
    )
    between = await given_to(api, "company")
    again = await imported(api, form, api.id("company"), {"actual": late})
    last = await imported(api, form, api.id("company"), {"actual": None})

    numbers = [(one["changed"], one["unchanged"]) for one in (first, again, last)]
    assert numbers == [(1, 0), (0, 1), (1, 0)]
    assert between == NONE | {"actual": late, "in_progress": big}
    assert await given_to(api, "company") == NONE | {"in_progress": big}


async def test_a_clone_has_the_queries_of_its_goal(api: Api) -> None:
    """An inactive one as well: it goes on in the next period."""
    await company(api)
    await give(api, "north", actual=api.id("late"))
    await api.change(api.at("late", of="rollup-queries"), {"state": "inactive"})

    created = await api.create(f"{api.at('company')}/clone", {"id_suffix": "-next"})

    queries = NONE | {"actual": api.id("late")}
    assert [goal["queries"] for goal in created["items"]] == [NONE, queries]
    assert await given_to(api, "north-next") == queries


async def test_a_goal_goes_on_with_a_query_that_became_inactive(api: Api) -> None:
    """It may even be sent again, but not given to another measure or goal."""
    await company(api)
    late = api.id("late")
    await give(api, actual=late)
    await api.change(api.at("late", of="rollup-queries"), {"state": "inactive"})

    await api.change(api.at("company"), {"title": "All", "queries": {"actual": late}})
    other = await api.refused(
        "PATCH", api.at("company"), {"queries": {"in_progress": late}}, status=422
    )
    await give(api, actual=None)
    again = await api.refused(
        "PATCH", api.at("company"), {"queries": {"actual": late}}, status=422
    )

    assert told(other) == ("query_inactive", "8004f685", "queries.in_progress")
    assert told(again) == ("query_inactive", "8004f685", "queries.actual")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"custom": field_of("opportunity")}, "query_without_rollup_field"),
        ({"actual": field_of("invoice")}, "query_entity_differs"),
    ],
)
async def test_another_metric_must_have_what_the_queries_narrow(
    api: Api, fields: dict[str, Any], error: str
) -> None:
    """They are judged again, and may change with it."""
    await company(api)
    await give(api, actual=api.id("late"))
    await api.client.delete(api.at("north"))
    await api.metric("other", rollup_fields=fields)
    body = {"metric_id": api.id("other")}

    refused = await api.refused("PATCH", api.at("company"), body, status=422)
    changed = await api.change(api.at("company"), body | {"queries": {"actual": None}})

    assert told(refused)[0] == error
    assert told(refused)[2] == "queries.actual"
    assert (changed["metric_id"], changed["queries"]) == (api.id("other"), NONE)


async def test_a_metric_keeps_the_measure_that_a_query_narrows(api: Api) -> None:
    """As it keeps all that goals are measured by."""
    await company(api)
    await give(api, in_progress=api.id("late"))

    error = await api.refused(
        "PATCH",
        api.at("revenue", of="metrics"),
        {"rollup_fields": {"in_progress": None}},
        status=409,
    )

    field = "rollup_fields.in_progress"
    assert told(error) == ("metric_in_use", "80044803", field)


async def test_a_goal_that_is_not_open_keeps_its_queries(api: Api) -> None:
    """Another may come with the change that opens it again."""
    await company(api)
    await give(api, actual=api.id("late"))
    await api.change(api.at("company"), {"state": "closed"})
    body = {"queries": {"actual": api.id("big")}}

    error = await api.refused("PATCH", api.at("company"), body, status=409)
    reopened = await api.change(api.at("company"), body | {"state": "open"})

    assert told(error) == ("goal_not_open", None, "queries")
    assert reopened["queries"] == NONE | {"actual": api.id("big")}


@pytest.mark.parametrize(
    ("queries", "error", "field"),
    [
        (None, "invalid_field", "queries"),
        (["late"], "invalid_field", "queries"),
        ({"actual": 7}, "invalid_field", "queries.actual"),
        ({"actual": ""}, "invalid_field", "queries.actual"),
        ({"planned": "late"}, "unknown_field", "queries.planned"),
    ],
)
async def test_what_are_no_queries_is_refused(
    api: Api, queries: Any, error: str, field: str
) -> None:
    """By name and field."""
    body = api.goal_body("company", queries=queries)

    refused = await api.refused("POST", "/v1/goals", body, status=400)

    assert told(refused) == (error, None, field)


async def test_the_goal_of_many_whose_query_is_missing_is_told(api: Api) -> None:
    """With its place; once the query is there, the same request is taken."""
    await company(api)
    body = [api.goal_body("one", queries={"actual": api.id("new")})]

    error = await api.refused("POST", "/v1/goals", body, status=422)
    await query(api, "new")
    created = await api.create("/v1/goals", body)

    assert told(error) == ("query_not_found", None, "[0].queries.actual")
    assert created["items"][0]["queries"]["actual"] == api.id("new")

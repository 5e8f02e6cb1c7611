"""`cairn verify` asks the queries of goals by SQL of its own."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from cli.verify.judging import Check, judge
from cli.verify.reading import read_rows
from shared.domain.amounts import MetricKind
from shared.domain.goals import Slot
from shared.messages.definitions import (
    LinkDefinition,
    MetricDefinition,
    RollupFieldDefinition,
)
from tests.cli.tables import Tables, goal_definition, rollup_tables

# Slots of goals 1 and 2: actual.
ACTUAL_1, ACTUAL_2 = 8, 16
INSIDE = "2026-11-21"


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, with one metric that counts opportunities."""
    async with rollup_tables(database) as found:
        await found.put_metric(counting())
        yield found


def counting(*slots: Slot, date_from: LinkDefinition | None = None) -> MetricDefinition:
    """Return a metric that counts opportunities by the day they closed."""
    field = RollupFieldDefinition(
        source_entity="opportunity", date_attribute="closed", date_from=date_from
    )
    return MetricDefinition(
        id="revenue",
        version=1,
        name="Opportunities",
        metric_kind=MetricKind.COUNT,
        rollup_fields=dict.fromkeys(slots or (Slot.ACTUAL,), field),
    )


async def put_query(tables: Tables, where: object, query_id: str = "Q") -> None:
    """Put a query over opportunities in."""
    definition = {"id": query_id, "entity": "opportunity", "where": json.dumps(where)}
    await tables.connection.execute(
        "INSERT INTO rollup.query (id, version, revision, definition) "
        "VALUES ($1, 1, 1, $2)",
        query_id,
        json.dumps(definition),
    )


async def put_entry(tables: Tables, kind: str, name: str, **said: Any) -> None:
    """Put an entry of the directory in."""
    said = {"kind": kind, "id": name, "version": 1, "name": name} | said
    await tables.connection.execute(
        "INSERT INTO rollup.directory (kind, id, version, revision, definition) "
        "VALUES ($1, $2, 1, 1, $3)",
        kind,
        name,
        json.dumps(said),
    )


async def put_goal(
    tables: Tables, number: int = 1, *, query: str = "Q", own: int = 0, **more: Any
) -> None:
    """Put a goal in that asks a query of everybody's records."""
    goal = goal_definition(number, owner_records_only=False)
    changes = {"queries": {Slot.ACTUAL: query}} | more
    await tables.put_goal(goal.model_copy(update=changes), own=(own, 0, 0))


async def put(tables: Tables, name: str, *slots: int, **said: Any) -> None:
    """Put an opportunity in that closed in the period, and adds one to these slots."""
    columns = {
        key: said.pop(key) for key in ("owner", "state", "entity") if key in said
    }
    adds = [(slot, 1) for slot in slots]
    await tables.put_record(name, {"closed": INSIDE} | said, adds=adds, **columns)


async def move_clock(tables: Tables, now: str) -> None:
    """Let it be this instant."""
    await tables.connection.execute(
        "UPDATE rollup.clock SET now = $1",
        datetime.fromisoformat(now).replace(tzinfo=UTC),
    )


async def expected(database: str) -> dict[int, int]:
    """Return what verify expects of each goal's actual."""
    rows = await read_rows(database)
    return {row.number: row.expected for row in rows if row.field == Slot.ACTUAL}


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


async def test_only_what_the_query_lets_through_should_count(
    database: str, tables: Tables
) -> None:
    """An honest state is clean; a record that counts against the query is found."""
    await put_query(tables, one("stage", "eq", "close"))
    await put_goal(tables, own=1)
    await put_goal(tables, 2, own=2)
    await put(tables, "a", ACTUAL_1, ACTUAL_2, stage="close")
    await put(tables, "b", ACTUAL_2, stage="propose")

    verdict = judge(await read_rows(database))

    assert {
        (each.check, each.goal_id, each.off_by) for each in verdict.differences
    } == {
        (Check.CONVERGENCE, "g2", "1"),
        (Check.ROOT, "g2", "1"),
    }


async def test_a_record_that_the_engine_left_out_is_found(
    database: str, tables: Tables
) -> None:
    """What the query lets through, and nothing counts, is a difference."""
    await put_query(tables, one("stage", "like", "CL%"))
    await put_goal(tables)
    await put(tables, "a", stage="close")

    verdict = judge(await read_rows(database))

    assert [each.should_be for each in verdict.differences] == ["1", "1"]


async def test_each_field_of_a_goal_has_a_query_of_its_own(
    database: str, tables: Tables
) -> None:
    """And a field without one counts everything."""
    await tables.connection.execute("TRUNCATE rollup.metric")
    await tables.put_metric(counting(*Slot))
    await put_query(tables, one("stage", "eq", "close"))
    await put_query(tables, one("stage", "ne", "close"), "R")
    queries = {Slot.ACTUAL: "Q", Slot.CUSTOM: "R"}
    await put_goal(tables, queries=queries)
    for stage in ("close", "open", "won"):
        await put(tables, stage, stage=stage)

    rows = await read_rows(database)

    assert {row.field: row.expected for row in rows} == {
        "actual": 1,
        "in_progress": 3,
        "custom": 2,
    }


async def test_the_clock_of_the_database_says_what_is_now(
    database: str, tables: Tables
) -> None:
    """Not the clock of this machine; in the zone of the goal, which is Berlin's."""
    await put_query(tables, one("at", "last-x-days", 7))
    await put_goal(tables)
    await put(tables, "before", at="2026-11-13T22:59:59Z")
    await put(tables, "first", at="2026-11-13T23:00:00Z")
    await put(tables, "now", at="2026-11-21T12:00:00Z")
    await put(tables, "after", at="2026-11-21T12:00:01Z")
    await put(tables, "evening", at="2026-11-21T20:00:00Z")

    await move_clock(tables, "2026-11-21T12:00")
    at_noon = await expected(database)
    await move_clock(tables, "2026-11-21T23:00")
    next_day = await expected(database)

    assert (at_noon, next_day) == ({1: 2}, {1: 3})


async def test_weeks_and_fiscal_periods_are_the_organisations(
    database: str, tables: Tables
) -> None:
    """Saturday, 21 November, may begin a week and a fiscal period."""
    await move_clock(tables, "2026-11-22T12:00")
    await put_entry(
        tables,
        "organization",
        "organization",
        time_zone="UTC",
        base_currency="EUR",
        week_start="saturday",
        fiscal_calendar={
            "start": "11-21",
            "template": "four_weekly",
            "year_named_by": "end",
        },
    )
    await put_query(
        tables,
        {
            "all": [
                one("at", "this-week"),
                one("at", "in-fiscal-period-and-year", [401, 2027]),
            ]
        },
    )
    await put_goal(tables)
    await put(tables, "friday", at="2026-11-20")
    await put(tables, "saturday", at="2026-11-21")
    await put(tables, "next", at="2026-11-28")

    assert await expected(database) == {1: 1}


async def test_queries_mean_the_manager_of_each_goal(
    database: str, tables: Tables
) -> None:
    """His people, whoever they report through, their teams, and units below his."""
    for name, above in (("m", None), ("n", "m"), ("o", "n"), ("p", None)):
        await put_entry(tables, "user", name, manager_id=above, business_unit_id="U1")
    await put_entry(tables, "team", "T", members=["o"], business_unit_id="U2")
    await put_entry(tables, "business_unit", "U2", parent_id="U1")
    await put_query(tables, one("@owner", "eq-useroruserhierarchyandteams"))
    await put_query(tables, one("@owner_business_unit", "under", "U1"), "R")
    await put_query(tables, one("@owner_business_unit", "eq-businessid"), "S")
    await put_goal(tables, 1, manager_id="m")
    await put_goal(tables, 2, manager_id="n")
    await put_goal(tables, 3, manager_id="p")
    await put_goal(tables, 4, query="R")
    await put_goal(tables, 5, query="S")
    for owner in ("user/m", "user/n", "user/o", "user/p", "team/T", None):
        await put(tables, str(owner), owner=owner)

    assert await expected(database) == {1: 4, 2: 3, 3: 1, 4: 1, 5: 4}


async def test_who_report_to_each_other_in_a_circle_are_found_once(
    database: str, tables: Tables
) -> None:
    """The walk down ends where everybody is known."""
    await put_entry(tables, "user", "m", manager_id="n")
    await put_entry(tables, "user", "n", manager_id="m")
    await put_query(tables, one("@owner", "eq-useroruserhierarchy"))
    await put_goal(tables, 1)
    for owner in ("user/m", "user/n", "user/o"):
        await put(tables, owner, owner=owner)

    assert await expected(database) == {1: 2}


async def test_declared_types_decide_how_values_compare(
    database: str, tables: Tables
) -> None:
    """Numbers in order as numbers; as text they would be two."""
    await put_entry(tables, "entity", "opportunity", attributes={"staff": "number"})
    await put_query(tables, one("staff", "gt", "9"))
    await put_goal(tables)
    for staff in ("10", "9", "95.5", "x"):
        await put(tables, staff, staff=staff)

    assert await expected(database) == {1: 2}


@pytest.mark.parametrize("is_linked", [False, True])
async def test_queries_look_into_linked_records(
    database: str, tables: Tables, *, is_linked: bool
) -> None:
    """Also where the date is another record's; while such wait, nobody knows."""
    account = LinkDefinition(link="customerid", entity="account")
    await tables.connection.execute("TRUNCATE rollup.metric")
    await tables.put_metric(counting(date_from=account if is_linked else None))
    link = {"link": "customerid", "entity": "account"}
    await put_query(tables, link | {"where": one("postal", "eq", "60661")})
    await put_goal(tables)
    await put(tables, "A0", entity="account", postal="60661")
    await put(tables, "A1", entity="account", postal="60662")
    for name, customer in (("a", "A0"), ("b", "A1"), ("c", "A2"), ("d", None)):
        await put(tables, name, customerid=customer)
    before = judge(await read_rows(database))

    await tables.connection.execute(
        "INSERT INTO rollup.rederivation (numbers, entities, parents) "
        "VALUES ('{}', '{}', '{account/A0}')"
    )
    waiting = judge(await read_rows(database))

    assert [each.should_be for each in before.differences] == ["1", "1"]
    assert (waiting.differences, waiting.computing) == ([], 1)


async def test_hierarchies_wait_for_changed_records_as_links_do(
    database: str, tables: Tables
) -> None:
    """They look at other records as well; a query that does not is judged on."""
    under = one("@id", "under", "b") | {"entity": "opportunity", "via": "up"}
    await put_query(tables, under)
    await put_query(tables, one("up", "eq", "b"), "R")
    await put_goal(tables, 1)
    await put_goal(tables, 2, query="R")
    await put(tables, "a", up="b")
    await tables.connection.execute(
        "INSERT INTO rollup.rederivation (numbers, entities, parents) "
        "VALUES ('{}', '{}', '{opportunity/b}')"
    )

    verdict = judge(await read_rows(database))

    assert {each.goal_id for each in verdict.differences} == {"g2"}
    assert verdict.computing == 1


@pytest.mark.parametrize(
    "where",
    [
        # The declared type does not take it, the calendar does not have it.
        one("staff", "like", "1%"),
        one("at", "in-fiscal-period", 413),
        {"link": "customerid", "entity": "account", "where": one("a", "eq")},
        None,
    ],
)
async def test_goals_whose_query_has_failed_are_not_judged(
    database: str, tables: Tables, where: object
) -> None:
    """Like those that are being computed; all others are."""
    await put_entry(tables, "entity", "opportunity", attributes={"staff": "number"})
    if where is not None:
        await put_query(tables, where)
    await put_query(tables, {"all": []}, "R")
    await put_goal(tables, 1, own=7)
    await put_goal(tables, 2, query="R", own=8)
    await put(tables, "a", staff="1", at=INSIDE)
    await tables.connection.execute("UPDATE rollup.record SET slots = '{}'")

    verdict = judge(await read_rows(database))

    found = {
        each.goal_id for each in verdict.differences if each.check != "conservation"
    }
    assert found == {"g2"}
    assert verdict.computing == 1

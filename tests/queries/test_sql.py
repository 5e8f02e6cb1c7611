"""Conditions in SQL: what a statement is made of. What it means, three readers say."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest_asyncio

from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.queries.reading import where_of
from shared.queries.sql import Arguments, predicate_of
from tests.cli.tables import Tables, rollup_tables

EYES = Eyes(
    around=Surroundings(now=datetime(2026, 11, 21, 12, tzinfo=UTC)),
    time_zone="Europe/Berlin",
    manager=Manager(id="M"),
)

# What no reader of numbers, dates or texts can do anything with.
HARD_VALUES = (
    *("null", "true", "false", '""', '"%"', '"\\\\"', "1e300", "-0.0", '"1e5"'),
    *('"2026-02-30"', '"0000-01-01"', '"9999-12-31T23:59:59-23:59"', '"infinity"'),
    *('"0001-01-01T00:00+23:59"', '"0001-01-01"', '"9999-12-31"', '"2026-13-01"'),
    *('"2026-11-21T24:00"', '"2026-11-21T10:30:00.1234567890Z"', '"NaN"'),
    json.dumps("9" * 41),
    json.dumps("x" * 4_000),
)


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, empty."""
    async with rollup_tables(database) as found:
        yield found


def said(where: object, arguments: Arguments) -> str:
    """Return conditions of opportunities in SQL."""
    return predicate_of(
        where_of(where, "opportunity", {}), "opportunity", EYES, arguments=arguments
    )


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


def test_nothing_that_a_user_wrote_is_part_of_the_statement() -> None:
    """Names and values alike are arguments."""
    odd = "x'); DROP TABLE rollup.record; --"
    arguments = Arguments()

    statement = said(
        {
            "all": [
                one(odd, "eq", odd),
                one(odd, "like", odd),
                one(odd, "eq-attribute", odd + "y"),
                one(odd, "in", [odd, 1, True]),
                one("@owner", "eq", {"type": "user", "id": odd}),
                one(odd, "under", odd) | {"entity": odd, "via": odd},
                {"link": odd, "entity": odd, "where": one(odd, "ge", "2026-11-21")},
            ]
        },
        arguments,
    )

    assert "DROP" not in statement
    assert odd in arguments.values


def test_arguments_are_numbered_from_where_one_says_and_taken_once() -> None:
    """Equal values of one type share a place; the same text as JSON has its own."""
    arguments = Arguments(start=4)

    names = [
        arguments.add("a", "text"),
        arguments.add("b", "text"),
        arguments.add("a", "text"),
        arguments.add(["a"], "text[]"),
        arguments.add_json("a"),
    ]

    assert names == [
        *("$4::text", "$5::text", "$4::text", "$6::text[]"),
        "(SELECT $7::text::jsonb)",
    ]
    assert arguments.values == ["a", "b", ["a"], '"a"']


async def test_whatever_a_record_holds_no_predicate_fails_or_is_null(
    tables: Tables,
) -> None:
    """Of each kind of reader, over values that are at the edge of everything."""
    for index, value in enumerate(HARD_VALUES):
        await tables.put_record(f"r{index}", f'{{"a": {value}}}', state=None)
    tests = [
        *(one("a", "gt", 1), one("a", "between", ["0001-01-01", "9999-12-31"])),
        *(one("a", "like", "%\\"), one("a", "on", "2026-11-21"), one("a", "today")),
        *(one("a", "last-x-years", 10_000), one("a", "next-x-years", 10_000)),
        *(one("a", "olderthan-x-years", 10_000), one("a", "this-fiscal-period")),
        *(one("a", "last-x-fiscal-years", 10_000), one("a", "in-fiscal-year", 2026)),
        *(one("a", "next-x-fiscal-periods", 10_000), one("a", "in-fiscal-period", 413)),
        *(one("a", "in-or-before-fiscal-period-and-year", [4, 1900]),),
        *(one("a", "eq-userid"), one("a", "ne-businessid"), one("a", "under", "U")),
        *(one("a", "gt-attribute", "a"), one("a", "ne-attribute", "@state")),
        *(one("@state", "gt", "x"), one("@owner", "ne", "x"), one("a", "in", [1, "1"])),
        {"not": {"link": "a", "entity": "account"}},
    ]

    for test in tests:
        arguments = Arguments()
        predicate = said(test, arguments)
        answers = await tables.connection.fetch(
            f"SELECT {predicate} AS answer FROM rollup.record", *arguments.values
        )
        assert {row["answer"] for row in answers} <= {True, False}, test

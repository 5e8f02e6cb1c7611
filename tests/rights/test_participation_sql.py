"""Participation in SQL says what the rule says, goal by goal and record by record."""

import json
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
import pytest_asyncio

from services.rollup.domain.participation import amount_of, participates
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import (
    Goal,
    Link,
    Metric,
    MetricId,
    Principal,
    PrincipalType,
    RollupField,
    Slot,
)
from shared.domain.periods import Period
from shared.domain.records import Record
from shared.messages.records import ActivityRecord
from shared.queries.arguments import Arguments
from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.queries.reading import where_of
from shared.rights.access import EVERYTHING, NOTHING, Access
from shared.rights.participation_sql import (
    GoalField,
    ParticipationTest,
    Rows,
    counted,
    keys_of,
    participation_tests,
    units_of,
)
from shared.rights.veil import Hidden, veiled
from tests.cli.tables import Tables, rollup_tables
from tests.rollup.making import goal, record

SEED: Final = 20261121
GOALS: Final = 140
RECORDS: Final = 400
SHARE_MIN: Final = 0.015
NUMBERS: Final = json.JSONDecoder(parse_float=Decimal)

UNITS: Final = {"user/R1": "north", "team/R1": "north", "user/R2": "south"}
EYES: Final = Eyes(
    around=Surroundings(
        now=datetime(2026, 11, 21, 12, tzinfo=UTC), unit_of_owner=UNITS
    ),
    time_zone="Europe/Berlin",
    manager=Manager(id="M"),
)
MEMBERS: Final = ("R1", "R2")
OWNERS: Final = ("user/R0", "user/R1", "user/R2", "team/R0", "team/R1")
LINKS: Final = (
    Link(link="opportunityid", entity="opportunity"),
    Link(link="otherid", entity="case"),
)
ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Beirut")
# A clock is put forward or back at or near some of these midnights.
DAYS: Final = (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25))
DATES: Final = (
    *("2026-03-28", "2026-03-29", "2026-10-25", "2026-10-26", "2026-06-31", ""),
    *("2026-03-28T22:59:59.999999Z", "2026-03-28T23:00:00Z", "2026-03-29T00:00"),
    *("2026-03-29 21:59:59Z", "2026-03-29T22:00:00+00:00", "2026-10-25T23:00Z"),
    *("2026-10-25T22:59:59.9999999Z", "2026-03-28T04:00:00Z", "2026-10-26T03:59Z"),
)
# Ties, digits that are dropped, what is no amount; as JSON, exactly.
AMOUNTS: Final = (
    *('"400.00"', "12.5", "-1", "0", '"0.00005"', '"0.00015"', "-0.00025", "7"),
    *('"99999999999999999.99995"', "1e17", '"100000000000000000"', "1e300"),
    *('"1e5"', '"+3.5"', "null", "true", '"none"', '" 1"', '"0.5"', '"1.5"', "2.5"),
)


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, empty."""
    async with rollup_tables(database) as found:
        yield found


def random_field(rng: random.Random) -> RollupField:
    """Return a rollup field that some records feed."""
    return RollupField(
        source_entity=rng.choice(("opportunity", "opportunity", "call")),
        source_attribute=rng.choice(("amount", "amount", None)),
        source_state=rng.choice((None, "won", "open")),
        source_status=rng.choice((None, None, "1")),
        date_attribute=rng.choice(("closed", "opened")),
        state_from=rng.choice((None, None, *LINKS)),
        date_from=rng.choice((None, None, *LINKS)),
    )


def random_access(rng: random.Random) -> Access:
    """Return what a manager may read; often all there is."""
    if rng.random() < 0.5:
        return rng.choice((EVERYTHING, EVERYTHING, NOTHING))
    return Access(
        owners=frozenset(rng.sample(OWNERS, rng.randrange(4))),
        units=frozenset(rng.sample(("north", "south"), rng.randrange(2))),
        shared_with=frozenset(rng.sample(OWNERS, rng.randrange(2))),
    )


def random_hidden(rng: random.Random) -> Hidden:
    """Return what is null to a manager; mostly nothing."""
    attributes = ("amount", "closed", "opened", "opportunityid", "otherid")
    return {
        entity: frozenset(rng.sample(attributes, 1))
        for entity in ("opportunity", "call", "case")
        if rng.random() < 0.2
    }


def random_asked(rng: random.Random, number: int) -> GoalField:
    """Return a goal with one measure."""
    start, end = sorted(rng.choices(DAYS, k=2))
    kind = rng.choice(tuple(MetricKind))
    return GoalField(
        goal=goal(
            number,
            owner=Principal(rng.choice(tuple(PrincipalType)), rng.choice(("R0", "R1"))),
            period=Period(start=start, end=end, time_zone=rng.choice(ZONES)),
            owner_records_only=rng.random() < 0.6,
            include_team_members=rng.random() < 0.5,
        ),
        slot=Slot.ACTUAL,
        metric=Metric(
            id=MetricId("revenue"),
            kind=kind,
            data_type=rng.choice(tuple(DataType)) if kind == "amount" else None,
            rollup_fields={Slot.ACTUAL: random_field(rng)},
        ),
        members=MEMBERS,
        eyes=EYES,
        access=random_access(rng),
        hidden=random_hidden(rng),
    )


def random_record(rng: random.Random, number: int) -> tuple[ActivityRecord, str]:
    """Return a record, and its attributes as JSON."""
    attributes: dict[str, Any] = {
        name: rng.choice(DATES) for name in ("closed", "opened") if rng.random() < 0.9
    } | {
        link.link: f"{rng.randrange(RECORDS)}" if rng.random() < 0.9 else 7
        for link in LINKS
    }
    text = json.dumps(attributes)[:-1] + f', "amount": {rng.choice(AMOUNTS)}}}'
    made = record(
        id=str(number),
        entity=rng.choice(
            ("opportunity", "opportunity", "opportunity", "call", "case")
        ),
        deleted=rng.random() < 0.05,
        owner=rng.choice((None, *OWNERS)),
        shared_with=rng.sample(OWNERS, 1) if rng.random() < 0.3 else [],
        state=rng.choice((None, "won", "won", "open")),
        status=rng.choice((None, "1", "1", "2")),
        attributes=NUMBERS.decode(text),
    )
    return made, text


async def stored(tables: Tables, rng: random.Random) -> Mapping[str, ActivityRecord]:
    """Put records into the tables; return them by their keys."""
    records = {}
    for number in range(RECORDS):
        made, text = random_record(rng, number)
        records[made.key] = made
        await tables.put_record(
            str(number),
            text,
            entity=made.entity,
            deleted=made.deleted,
            owner=made.owner,
            state=made.state,
            status=made.status,
            shared_with=made.shared_with or rng.choice((None, [])),
        )
    return records


async def test_sql_counts_what_the_rule_counts(tables: Tables) -> None:
    """Also over links, at the ends of periods, and where clocks are changed.

    With what managers may read, and with what is null to them.
    """
    rng = random.Random(SEED)
    records = await stored(tables, rng)
    seen = hidden = unread = 0

    for number in range(GOALS):
        asked, arguments = random_asked(rng, number), Arguments()
        rows = Rows()
        statement = (
            f"SELECT record.key, {units_of(asked, rows, arguments)} AS units "
            f"FROM rollup_published.record AS record "
            f"WHERE {keys_of(asked.field.source_entity, rows, arguments)} "
            f"AND {counted(asked, rows, arguments)}"
        )
        found = await tables.connection.fetch(statement, *arguments.values)
        counts = counting(asked, records)
        assert {row["key"]: int(row["units"]) for row in found} == {
            key: amount_of(one, asked.metric, asked.field)
            for key, one in counts.items()
            if asked.access.allows_record(one, UNITS)
        }, asked
        seen += len(found)
        unread += len(counts) - len(found)
        hidden += counts.keys() != counting(replace(asked, hidden={}), records).keys()

    assert seen >= GOALS * RECORDS * SHARE_MIN
    assert unread >= GOALS * RECORDS * SHARE_MIN / 2
    assert hidden >= GOALS * SHARE_MIN


def counting(
    asked: GoalField, records: Mapping[str, ActivityRecord]
) -> Mapping[str, Record]:
    """Return what a goal would count if its manager could read it, as he sees it."""
    shown = {key: veiled(one, asked.hidden) for key, one in records.items()}
    return {
        key: one
        for key, one in shown.items()
        if participates(one, asked.goal, asked.field, shown, MEMBERS)
    }


def by_name(asked: GoalField) -> list[ParticipationTest]:
    """Return the names of a goal's tests."""
    return [test.name for test in participation_tests(asked, Rows(), Arguments())]


def test_only_what_is_asked_is_tested() -> None:
    """A field that asks for no state, and anybody's goal, have no tests of those."""
    rng = random.Random(SEED)
    asked = random_asked(rng, 1)
    field = RollupField(source_entity="call", date_attribute="closed")
    metric = Metric(
        id=MetricId("m"), kind=MetricKind.COUNT, rollup_fields={Slot.ACTUAL: field}
    )
    anybody = goal(1, owner_records_only=False)

    plain = GoalField(
        goal=anybody,
        slot=Slot.ACTUAL,
        metric=metric,
        eyes=EYES,
        access=EVERYTHING,
        hidden={},
    )
    narrow = replace(plain, access=Access(owners=frozenset({"user/M"})))

    assert by_name(plain) == [ParticipationTest.ENTITY, ParticipationTest.PERIOD]
    assert by_name(narrow) == [
        ParticipationTest.ENTITY,
        ParticipationTest.ACCESS,
        ParticipationTest.PERIOD,
    ]
    assert by_name(asked)[0] is ParticipationTest.ENTITY


async def test_each_demand_of_the_query_is_a_test_of_its_own(tables: Tables) -> None:
    """So that people learn which one a record fails."""
    await tables.put_record("O1", {"stage": "close", "value": 5, "on": "2026-02-01"})
    where = where_of(
        {
            "all": [
                {"attribute": "stage", "operator": "eq", "value": "close"},
                {"all": [{"attribute": "value", "operator": "gt", "value": 9}]},
            ]
        },
        "opportunity",
        {},
    )
    field = RollupField(source_entity="opportunity", date_attribute="on")
    asked = GoalField(
        goal=goal(1),
        slot=Slot.ACTUAL,
        metric=Metric(
            id=MetricId("m"), kind=MetricKind.COUNT, rollup_fields={Slot.ACTUAL: field}
        ),
        query=where,
        eyes=EYES,
        access=EVERYTHING,
        hidden={},
    )
    arguments = Arguments()

    tests = list(participation_tests(asked, Rows(), arguments))
    columns = ", ".join(f"{one.sql} AS t{at}" for at, one in enumerate(tests))
    row = await tables.connection.fetchrow(
        f"SELECT {columns} FROM rollup_published.record AS record", *arguments.values
    )

    assert [one.name for one in tests] == [
        *(
            ParticipationTest.ENTITY,
            ParticipationTest.PERIOD,
            ParticipationTest.QUERY,
            ParticipationTest.QUERY,
        )
    ]
    assert row is not None
    assert list(row.values()) == [True, True, True, False]


def test_a_goal_of_a_team_counts_its_members_if_it_says_so() -> None:
    """The users among them; a user's goal has no members."""
    field = RollupField(source_entity="call", date_attribute="closed")
    metric = Metric(
        id=MetricId("m"), kind=MetricKind.COUNT, rollup_fields={Slot.ACTUAL: field}
    )

    def owners(one: Goal) -> Any:
        return GoalField(
            goal=one,
            slot=Slot.ACTUAL,
            metric=metric,
            members=MEMBERS,
            eyes=EYES,
            access=EVERYTHING,
            hidden={},
        ).owners

    team = Principal(PrincipalType.TEAM, "T")
    assert owners(goal(1)) is None
    assert owners(goal(1, owner_records_only=True)) == ["user/R0"]
    assert owners(goal(1, owner_records_only=True, owner=team)) == ["team/T"]
    assert owners(
        goal(1, owner_records_only=True, owner=team, include_team_members=True)
    ) == ["team/T", "user/R1", "user/R2"]
    assert owners(goal(1, owner_records_only=True, include_team_members=True)) == [
        "user/R0"
    ]


@pytest.mark.parametrize(
    ("hidden", "counts"),
    [
        ({}, {"call/C-1"}),
        ({"opportunity": frozenset({"otherid"})}, {"call/C-1"}),
        ({"call": frozenset({"otherid"})}, set()),
        ({"call": frozenset({"closed"})}, set()),
    ],
)
async def test_a_state_behind_a_hidden_link_is_no_state(
    tables: Tables, hidden: Hidden, counts: set[str]
) -> None:
    """The link is hidden by the record that holds it, and so is its date."""
    await tables.put_record("1", {}, entity="case", state="won")
    call = {"otherid": "1", "closed": "2026-02-01"}
    await tables.put_record("C-1", call, entity="call", state="open")
    field = RollupField(
        source_entity="call",
        source_state="won",
        date_attribute="closed",
        state_from=LINKS[1],
    )
    asked = GoalField(
        goal=goal(1),
        slot=Slot.ACTUAL,
        metric=Metric(
            id=MetricId("m"), kind=MetricKind.COUNT, rollup_fields={Slot.ACTUAL: field}
        ),
        eyes=EYES,
        access=EVERYTHING,
        hidden=hidden,
    )
    arguments = Arguments()

    rows = await tables.connection.fetch(
        "SELECT record.key FROM rollup_published.record AS record "
        f"WHERE {counted(asked, Rows(), arguments)}",
        *arguments.values,
    )

    assert {row["key"] for row in rows} == counts

"""`cairn verify`: SQL of its own against tables that are right or wrong."""

import json
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.exits import CommandError
from cli.verify.judging import Check, Difference, judge
from cli.verify.reading import read_rows
from shared.domain.amounts import DECIMALS, DataType, MetricKind, units_of
from shared.domain.goals import Slot
from shared.domain.periods import Period, bounds_of, lies_in, when_of
from shared.messages.definitions import (
    MetricDefinition,
    PeriodDefinition,
    RollupFieldDefinition,
)
from tests.cli.running import cairn
from tests.cli.tables import (
    MONEY_METRIC,
    OCTOBER_TO_DECEMBER,
    Tables,
    amount_metric,
    goal_definition,
    rollup_tables,
)
from tests.logins import url_of

# Slots of goal 1: actual and in_progress.
ACTUAL_1, IN_PROGRESS_1 = 8, 10
FOUR_HUNDRED = 4_000_000
WON = {"actualvalue": "400.00", "actualclosedate": "2026-11-21"}

# In Berlin the quarter opens at 22:00 UTC of the day before, for it is summer there,
# and closes at 23:00 UTC.
DATES = {
    "2026-10-01": True,
    "2026-12-31": True,
    "2026-09-30": False,
    "2027-01-01": False,
    "2026-09-30T22:00:00Z": True,
    "2026-09-30T21:59:59.999999Z": False,
    "2026-09-30T21:59:59.999999999Z": False,
    "2026-09-30T22:00:00.0000001Z": True,
    "2026-12-31T22:59:59.999999Z": True,
    "2026-12-31T23:00:00Z": False,
    "2026-10-01T00:00:00+02:00": True,
    "2026-10-01T00:00+0200": True,
    "2026-09-30T23:59+02:00": False,
    "2026-12-31T23:59:59+01:00": True,
    "2027-01-01T00:00:00+01:00": False,
    "2026-09-30T16:30:00-05:30": True,
    "2026-10-01T21:59:00+23:59": True,
    "2026-10-01T21:58:00+23:59": False,
    # Without an offset it is UTC.
    "2026-09-30T22:00": True,
    "2026-09-30 21:59": False,
    "2026-11-21 10:30:00.5": True,
    # No day and no instant at all.
    "": False,
    "soon": False,
    "2026-11": False,
    "2026-11-31": False,
    "2026-11-31T10:00:00Z": False,
    "2026-1-2": False,
    "20261121": False,
    "2026-11-21T": False,
    "2026-11-21T10": False,
    "2026-11-21T24:00": False,
    "2026-11-21T10:60": False,
    "2026-11-21T23:59:60Z": False,
    "2026-11-21T10:30:00.Z": False,
    "2026-11-21T10:30:00.1234567890Z": False,
    "2026-11-21T10:30 Z": False,
    "2026-11-21T10:30:00+24:00": False,
    "2026-11-21T10:30:00+5": False,
    "2026-11-21T10:30:00 +01:00": False,
    " 2026-11-21": False,
    "2026-11-21 ": False,
    "2026-11-21\n": False,
    "0000-11-21": False,
    "infinity": False,
    "today": False,
    "2026-11-21 BC": False,
    "２０２６-11-21": False,  # noqa: RUF001 - digits that are none here
}

# JSON text of the attribute, and the units it gives to a money metric.
AMOUNTS = {
    '"400.00"': 4_000_000,
    '"400"': 4_000_000,
    "400": 4_000_000,
    "400.00": 4_000_000,
    "4e2": 4_000_000,
    '"+400.5"': 4_005_000,
    '"-0.0001"': -1,
    # Half to even, once, at the last place kept.
    '"0.00005"': 0,
    '"0.00015"': 2,
    '"0.00025"': 2,
    '"-0.00005"': 0,
    '"-0.00015"': -2,
    '"0.000050000000000000000000000000000000000001"': 0,
    '"0.0000500000000000000000000000000000000001"': 1,
    "0.00025": 2,
    "0.000250000000000001": 3,
    '"99999999999999999.9999"': 999_999_999_999_999_999_999,
    "99999999999999999": 999_999_999_999_999_990_000,
    # Nothing that reads as an amount.
    '"100000000000000000"': 0,
    '"000000000000000001"': 0,
    "100000000000000000": 0,
    "1e17": 0,
    "-1e17": 0,
    "1e40": 0,
    '""': 0,
    '"."': 0,
    '"1."': 0,
    '".5"': 0,
    '"1e2"': 0,
    '" 1"': 0,
    '"1 "': 0,
    '"1,000"': 0,
    '"1_000"': 0,
    '"NaN"': 0,
    '"Infinity"': 0,
    '"0x10"': 0,
    '"4٣"': 0,
    "true": 0,
    "null": 0,
}


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, empty."""
    async with rollup_tables(database) as found:
        yield found


async def differences(database: str) -> list[Difference]:
    """Return what verify finds wrong."""
    return list(judge(await read_rows(database)).differences)


async def expected_by_goal(database: str) -> dict[int, int]:
    """Return what verify expects of each goal's actual, in units."""
    rows = await read_rows(database)
    return {row.number: row.expected for row in rows if row.field == Slot.ACTUAL}


async def test_right_totals_have_no_difference(database: str, tables: Tables) -> None:
    """A tree whose leaf counts two records, one still climbing, is right."""
    await tables.put_metric(MONEY_METRIC)
    root = goal_definition(2, rollup_only_from_children=True)
    await tables.put_goal(root, computed=(FOUR_HUNDRED, 0, 0))
    await tables.put_goal(
        goal_definition(1, parent=2), root=2, own=(FOUR_HUNDRED, 0, 0)
    )
    await tables.put_record("a", WON, owner="user/u1", adds=[(ACTUAL_1, FOUR_HUNDRED)])
    await tables.put_record(
        "b",
        {"estimatedvalue": "10", "estimatedclosedate": "2026-10-01"},
        state="open",
        owner="user/u1",
        adds=[(IN_PROGRESS_1, 100_000)],
    )
    await tables.put_delta([(IN_PROGRESS_1, 100_000)])

    verdict = judge(await read_rows(database))

    assert verdict.differences == []
    assert verdict.goals == 2
    assert [
        (one.goal_id, one.field, one.computed, one.from_records, one.waiting)
        for one in verdict.roots
    ] == [
        ("g2", "actual", "400.0000", "400.0000", "0.0000"),
        ("g2", "in_progress", "0.0000", "10.0000", "10.0000"),
    ]


async def test_a_contribution_too_few_is_named_to_the_unit(
    database: str, tables: Tables
) -> None:
    """A record that should count and is stored to add one unit less is found."""
    await tables.put_metric(MONEY_METRIC)
    short = FOUR_HUNDRED - 1
    await tables.put_goal(goal_definition(1), own=(short, 0, 0))
    await tables.put_record("a", WON, owner="user/u1", adds=[(ACTUAL_1, short)])

    found = await differences(database)

    assert [(one.check, one.goal_id, one.field, one.off_by) for one in found] == [
        (Check.CONVERGENCE, "g1", "actual", "-0.0001"),
        (Check.ROOT, "g1", "actual", "-0.0001"),
    ]
    assert (found[0].should_be, found[0].found) == ("400.0000", "399.9999")


async def test_a_contribution_that_is_not_deserved_is_found(
    database: str, tables: Tables
) -> None:
    """A deleted record that is still stored to add something is a difference."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(1), own=(FOUR_HUNDRED, 0, 0))
    await tables.put_record(
        "a", WON, deleted=True, owner="user/u1", adds=[(ACTUAL_1, FOUR_HUNDRED)]
    )

    found = await differences(database)

    assert {one.check for one in found} == {Check.CONVERGENCE, Check.ROOT}
    assert found[0].should_be == "0.0000"


async def test_a_total_that_lost_a_delta_breaks_conservation(
    database: str, tables: Tables
) -> None:
    """Own and what waits must be the sum of what is stored, even while computing."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(1), own=(0, 0, 0), rederivation_id=5)
    await tables.put_record("a", WON, owner="user/u1", adds=[(ACTUAL_1, FOUR_HUNDRED)])

    found = await differences(database)

    assert [(one.check, one.off_by) for one in found] == [
        (Check.CONSERVATION, "-400.0000")
    ]


async def test_pending_counts_while_a_goal_is_computing(
    database: str, tables: Tables
) -> None:
    """What a re-derivation has set aside belongs to the sum."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(
        goal_definition(1), pending=(FOUR_HUNDRED, 0, 0), rederivation_id=5
    )
    await tables.put_record("a", WON, owner="user/u1", adds=[(ACTUAL_1, FOUR_HUNDRED)])

    verdict = judge(await read_rows(database))

    assert verdict.differences == []
    assert verdict.computing == 1


async def test_a_tree_that_does_not_add_up_is_found(
    database: str, tables: Tables
) -> None:
    """A parent that missed its child's climb is a difference of the parent."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(2, rollup_only_from_children=True))
    await tables.put_goal(
        goal_definition(1, parent=2), root=2, own=(FOUR_HUNDRED, 0, 0)
    )
    await tables.put_record("a", WON, owner="user/u1", adds=[(ACTUAL_1, FOUR_HUNDRED)])

    found = await differences(database)

    assert [(one.check, one.goal_id, one.off_by) for one in found] == [
        (Check.TREE, "g2", "-400.0000"),
        (Check.ROOT, "g2", "-400.0000"),
    ]


async def test_a_goal_in_the_wrong_tree_is_found(database: str, tables: Tables) -> None:
    """The root is found by walking the parents, not by believing the engine."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(2))
    await tables.put_goal(goal_definition(1, parent=2), root=1)

    found = await differences(database)

    assert [(one.check, one.goal_id, one.should_be) for one in found] == [
        (Check.PLACE, "g1", "goal number 2")
    ]


async def test_a_goal_without_totals_is_found(database: str, tables: Tables) -> None:
    """A goal whose row of totals is missing is a difference, not an absence."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(1))
    await tables.connection.execute("DELETE FROM rollup.total")

    found = await differences(database)

    assert {one.check for one in found} == {Check.PLACE}


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"deleted": True}, False),
        ({"state": "open"}, False),
        ({"state": None}, False),
        ({"owner": "user/u2"}, False),
        ({"owner": "team/u1"}, False),
        ({"owner": None}, False),
        ({"entity": "invoice"}, False),
        # A placeholder: something to lock, not yet a record.
        ({"version": -1}, False),
        ({"attributes": {"actualvalue": "400"}}, False),
        ({"attributes": {**WON, "actualclosedate": None}}, False),
        ({"attributes": {**WON, "actualclosedate": 20261121}}, False),
    ],
)
async def test_each_condition_of_participation_is_asked(
    database: str, tables: Tables, changes: dict[str, Any], *, counts: bool
) -> None:
    """A record counts when all conditions hold, and not when any one does not."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(1))
    record: dict[str, Any] = {"attributes": WON, "owner": "user/u1", **changes}
    await tables.put_record("a", **record)

    expected = await expected_by_goal(database)

    assert expected == {1: FOUR_HUNDRED if counts else 0}


async def test_status_is_asked_where_the_metric_gives_one(
    database: str, tables: Tables
) -> None:
    """Only records of the field's status count."""
    field = MONEY_METRIC.rollup_fields[Slot.ACTUAL]
    wanted = field.model_copy(update={"source_status": "3"})
    await tables.put_metric(
        MONEY_METRIC.model_copy(update={"rollup_fields": {Slot.ACTUAL: wanted}})
    )
    await tables.put_goal(goal_definition(1))
    await tables.put_record("a", WON, owner="user/u1", status="3")
    await tables.put_record("b", WON, owner="user/u1", status="4")
    await tables.put_record("c", WON, owner="user/u1", status=None)

    expected = await expected_by_goal(database)

    assert expected == {1: FOUR_HUNDRED}


async def test_goals_of_all_owners_count_everybodys_records(
    database: str, tables: Tables
) -> None:
    """Records of anybody and of nobody count; only-from-children counts none."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(1, owner_records_only=False))
    await tables.put_goal(goal_definition(2, owner_records_only=False))
    await tables.put_goal(
        goal_definition(3, owner_records_only=False, rollup_only_from_children=True)
    )
    await tables.put_record("a", WON, owner="user/somebody")
    await tables.put_record("b", WON, owner=None)

    expected = await expected_by_goal(database)

    assert expected == {1: 2 * FOUR_HUNDRED, 2: 2 * FOUR_HUNDRED, 3: 0}


async def test_a_count_metric_counts_one_for_each_record(
    database: str, tables: Tables
) -> None:
    """A count needs no amount."""
    await tables.put_metric(
        MetricDefinition(
            id="calls",
            version=1,
            name="Calls",
            metric_kind=MetricKind.COUNT,
            rollup_fields={
                Slot.ACTUAL: RollupFieldDefinition(
                    source_entity="phonecall", date_attribute="actualend"
                )
            },
        )
    )
    await tables.put_goal(goal_definition(1, metric_id="calls"))
    for name in ("a", "b"):
        await tables.put_record(
            name,
            {"actualend": "2026-10-01T00:00:00Z"},
            entity="phonecall",
            owner="user/u1",
        )

    expected = await expected_by_goal(database)

    assert expected == {1: 2}


async def test_amounts_past_the_low_part_are_put_together(
    database: str, tables: Tables
) -> None:
    """An amount beyond 10^18 units stands in two slots."""
    await tables.put_metric(amount_metric(DataType.DECIMAL))
    units = 12_345_678_901 * 10**10
    await tables.put_goal(goal_definition(1), own=(units, 0, 0))
    high, low = divmod(units, 10**18)
    await tables.put_record(
        "a",
        {**WON, "actualvalue": "12345678901"},
        owner="user/u1",
        adds=[(ACTUAL_1, low), (ACTUAL_1 + 1, high)],
    )

    found = await differences(database)

    assert found == []


async def test_dates_count_by_the_days_of_the_goals_zone(
    database: str, tables: Tables
) -> None:
    """Every form of a date counts or not, by SQL as by the engine."""
    await tables.put_metric(MONEY_METRIC)
    bounds = bounds_of(Period(**OCTOBER_TO_DECEMBER.model_dump()))
    for number, text in enumerate(DATES, start=1):
        await tables.put_goal(goal_definition(number))
        attributes = {**WON, "actualclosedate": text}
        await tables.put_record(str(number), attributes, owner=f"user/u{number}")

    expected = await expected_by_goal(database)

    by_sql = {
        text: expected[number] == FOUR_HUNDRED
        for number, text in enumerate(DATES, start=1)
    }
    assert by_sql == DATES
    assert {text: lies_in(when_of(text), bounds) for text in DATES} == DATES


async def test_amounts_add_their_units_rounded_half_to_even(
    database: str, tables: Tables
) -> None:
    """Every form of an amount adds its units or nothing, by SQL as by the engine."""
    await tables.put_metric(MONEY_METRIC)
    for number, text in enumerate(AMOUNTS, start=1):
        await tables.put_goal(goal_definition(number))
        await tables.put_record(
            str(number),
            f'{{"actualclosedate": "2026-11-21", "actualvalue": {text}}}',
            owner=f"user/u{number}",
        )

    expected = await expected_by_goal(database)

    assert dict(zip(AMOUNTS, expected.values(), strict=True)) == AMOUNTS
    by_engine = {
        text: units_of(json.loads(text, parse_float=Decimal), 4) or 0
        for text in AMOUNTS
    }
    assert by_engine == AMOUNTS


@pytest.mark.parametrize(
    ("zone", "start", "first_instant"),
    [
        # Midnight comes twice; the day begins with the first one.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00Z"),
        # Midnight does not come at all: the clock goes on from 23:59 to 01:00.
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00:00Z"),
        ("Pacific/Apia", date(2026, 1, 1), "2025-12-31T11:00:00Z"),
    ],
)
async def test_a_day_begins_with_its_first_instant(
    database: str, tables: Tables, zone: str, start: date, first_instant: str
) -> None:
    """Where clocks are changed at midnight the whole day counts."""
    await tables.put_metric(MONEY_METRIC)
    period = PeriodDefinition(start=start, end=start, time_zone=zone)
    # The same wall clock, a minute further east, is a minute earlier.
    minute_before = first_instant.replace("Z", "+00:01")
    for number, text in ((1, first_instant), (2, minute_before)):
        await tables.put_goal(goal_definition(number, period=period))
        attributes = {**WON, "actualclosedate": text}
        await tables.put_record(str(number), attributes, owner=f"user/u{number}")

    expected = await expected_by_goal(database)

    assert expected == {1: FOUR_HUNDRED, 2: 0}
    bounds = bounds_of(Period(start=start, end=start, time_zone=zone))
    assert lies_in(when_of(first_instant), bounds)
    assert not lies_in(when_of(minute_before), bounds)


async def test_the_command_tells_by_its_exit_code(
    database: str, tables: Tables
) -> None:
    """0 where all is right, 3 with the goal and the field where it is not."""
    await tables.put_metric(MONEY_METRIC)
    await tables.put_goal(goal_definition(1), own=(FOUR_HUNDRED, 0, 0))
    await tables.put_record("a", WON, owner="user/u1", adds=[(ACTUAL_1, FOUR_HUNDRED)])
    # As rollup's login: it may make temporary tables, and change none of the others.
    environment = {"CAIRN_ROLLUP_DATABASE_URL": url_of("rollup", database)}

    right = cairn("verify", environment=environment)
    await tables.connection.execute("UPDATE rollup.total SET own_actual = 3999999")
    wrong = cairn("verify", environment=environment)
    as_json = cairn("verify", "--json", environment=environment)

    assert right.returncode == 0
    assert "400.0000" in right.stdout
    assert "no difference" in right.stderr
    assert (wrong.returncode, as_json.returncode) == (3, 3)
    assert wrong.stdout.splitlines()[1].split() == [
        "convergence",
        "g1",
        "actual",
        "400.0000",
        "399.9999",
        "-0.0001",
    ]
    verdict = json.loads(as_json.stdout)
    assert verdict["goals"] == 1
    assert verdict["differences"][0]["check"] == "convergence"
    assert "Traceback" not in wrong.stderr
    # Here goals has no tables; that is said, and nothing else is different for it.
    assert "not noted for the operations screen" in right.stderr


def test_a_database_without_tables_is_told_so(database: str) -> None:
    """The command that makes them is named."""
    ended = cairn("verify", environment={"CAIRN_DATABASE_URL": database})

    assert ended.returncode == 4
    assert "cairn migrate" in ended.stderr


async def test_a_time_zone_that_postgresql_lacks_is_named(
    database: str, tables: Tables
) -> None:
    """Days that cannot be recomputed are not passed over in silence."""
    await tables.put_metric(MONEY_METRIC)
    period = OCTOBER_TO_DECEMBER.model_copy(update={"time_zone": "Mars/Olympus"})
    await tables.put_goal(goal_definition(1, period=period))

    with pytest.raises(CommandError, match="Mars/Olympus"):
        await read_rows(database)


def _two(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map("{:02}".format)


# Around the edges of the period and of what is a date at all.
_DAYS = st.builds(
    "{}-{}-{}".format,
    st.sampled_from(["2026", "2026", "2026", "2027"]),
    st.sampled_from(["01", "09", "10", "11", "12", "13"]),
    st.sampled_from(["00", "01", "02", "29", "30", "31"]),
)
_TIMES = st.builds(
    "{}{}:{}{}{}".format,
    st.sampled_from(["T", " "]),
    st.sampled_from(["00", "01", "20", "21", "22", "23", "24"]),
    st.sampled_from(["00", "30", "59", "60"]),
    st.sampled_from(["", ":00", ":59", ":60", ":59.9", ":59.999999999", ":00.000001"]),
    st.sampled_from(
        ["", "Z", "+00:00", "-05:30", "+0200", "+14:00", "+23:59", "+24:00"]
    ),
)
_DATE_TEXTS = st.one_of(_DAYS, st.builds("{}{}".format, _DAYS, _TIMES))
_AMOUNT_TEXTS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,18}(\.[0-9]{1,41})?", fullmatch=True),
    st.builds("{}.{}5".format, _two(0, 3), st.sampled_from(["", "0000", "0001"])),
    st.text("0123456789+-.eE ", max_size=6),
)
_AMOUNT_NUMBERS = st.decimals(
    min_value=-(10**18), max_value=10**18, places=12, allow_nan=False
)


@settings(
    max_examples=15,
    # Each example fills tables of its own names in the one database.
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(
    readings=st.lists(
        st.tuples(_DATE_TEXTS, st.one_of(_AMOUNT_TEXTS, _AMOUNT_NUMBERS)),
        min_size=1,
        max_size=40,
    ),
    data_type=st.sampled_from(DataType),
)
async def test_sql_and_engine_read_dates_and_amounts_alike(
    database: str,
    tables: Tables,
    readings: list[tuple[str, str | Decimal]],
    data_type: DataType,
) -> None:
    """Whatever stands in a record, both find the same units."""
    await tables.connection.execute(
        "TRUNCATE rollup.metric, rollup.goal, rollup.total, rollup.record"
    )
    await tables.put_metric(amount_metric(data_type))
    bounds = bounds_of(Period(**OCTOBER_TO_DECEMBER.model_dump()))
    by_engine = {}
    for number, (when, amount) in enumerate(readings, start=1):
        await tables.put_goal(goal_definition(number))
        shown = str(amount) if isinstance(amount, Decimal) else json.dumps(amount)
        await tables.put_record(
            str(number),
            f'{{"actualclosedate": {json.dumps(when)}, "actualvalue": {shown}}}',
            owner=f"user/u{number}",
        )
        units = units_of(amount, DECIMALS[data_type]) or 0
        by_engine[number] = units if lies_in(when_of(when), bounds) else 0

    by_sql = await expected_by_goal(database)

    assert by_sql == by_engine

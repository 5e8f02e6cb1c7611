"""When an answer changes because time passes: never later than was said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.fiscal import FiscalCalendar, Template, YearNamedBy
from shared.queries.compiled import Compiled, compiled
from shared.queries.conditions import Condition
from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.queries.operators import Family, Operator
from shared.queries.reading import where_of
from shared.queries.spans import reach_of, span_at
from shared.queries.units import Frame
from tests.queries.looking import Looking, Row, at, condition, eyes_of, fiscal

MINUTE: Final = timedelta(minutes=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Zones with an instant at which their clocks, or their calendars, do something odd.
ODD: Final = (
    ("UTC", "2024-02-29T00:00Z"),
    ("UTC", "2027-03-01T00:00Z"),
    ("UTC", "2026-12-31T23:00Z"),
    ("America/St_Johns", "2008-11-02T02:31Z"),  # 00:01 becomes 23:01 of the day before
    ("Pacific/Apia", "2011-12-30T10:00Z"),  # the 30th is left out
    ("America/Caracas", "2016-05-01T07:00Z"),  # 02:30 becomes 03:00
    ("Asia/Pyongyang", "2018-05-04T15:00Z"),  # 23:30 becomes 00:00
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),  # midnight is left out
    ("America/Sao_Paulo", "2018-02-18T02:00Z"),  # midnight becomes 23:00
    ("America/Havana", "2025-11-02T05:00Z"),  # 01:00 becomes 00:00
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00Z"),  # two hours at once
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),  # 02:00 becomes 01:30
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),  # 02:00 becomes 02:30
    ("Asia/Kathmandu", "2026-07-15T18:15Z"),
    ("Pacific/Chatham", "2026-04-04T14:00Z"),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A test of a value, asked now, whose answer may change about later."""

    operator: Operator
    count: int
    value: str
    frame: Frame
    now: datetime
    later: datetime

    def ask(self, now: datetime) -> tuple[bool, datetime | None]:
        """Return the answer at an instant, and how long it holds."""
        sight = Looking()
        around = Surroundings(
            now=now, week_start=self.frame.week_start, calendar=self.frame.calendar
        )
        answer = asked_with(self.operator, self.count)(
            Row(attributes={"x": self.value}),
            Eyes(around=around, time_zone=self.frame.zone, manager=Manager(id="M")),
            sight,
        )
        return answer, min(sight.again_at, default=None)


calendars: Final = st.builds(
    FiscalCalendar,
    month=st.integers(1, 12),
    day=st.integers(1, 31),
    template=st.sampled_from(Template),
    year_named_by=st.sampled_from(YearNamedBy),
)
relative: Final = st.sampled_from([one for one in Operator if one.looks_at_clock])
counts: Final = st.one_of(st.integers(1, 4), st.integers(1, 60), st.integers(1, 10_000))
shifts: Final = st.one_of(
    st.integers(-2, 2).map(lambda some: timedelta(microseconds=some)),
    st.integers(-130, 130).map(lambda some: timedelta(minutes=some)),
    st.integers(-3, 3).map(lambda some: timedelta(days=some)),
)
# For how many minutes an answer has stood, when it may change.
waits: Final = st.one_of(
    st.integers(0, 130),
    st.integers(0, 3_000),
    st.integers(0, 400).map(lambda d: d * 1_440),
)


def query_of(operator: Operator, count: int) -> Condition:
    """Return the condition of a relative operator."""
    value = count if operator.family is Family.COUNTED_SPAN else None
    found = where_of(condition(operator, value), "opportunity", {})
    assert isinstance(found, Condition)
    return found


@lru_cache(maxsize=1_000)
def asked_with(operator: Operator, count: int) -> Compiled:
    """Return the function that tests a relative operator."""
    return compiled(query_of(operator, count), "opportunity")


@st.composite
def cases(draw: st.DrawFn, zones: Sequence[tuple[str, str]] = ODD) -> Case:
    """Return a value at an edge that the span has near an odd instant."""
    zone, odd = draw(st.sampled_from(zones))
    frame = Frame(zone, draw(st.integers(0, 6)), draw(calendars))
    later = at(odd) + draw(st.integers(-120, 120)) * MINUTE
    operator, count = draw(relative), draw(counts)
    span = span_at(reach_of(operator, query_of(operator, count).values), later, frame)
    edges = [edge for edge in (span.opens, span.closes) if abs(edge) < 5 * 10**16]
    near = EPOCH + timedelta(microseconds=draw(st.sampled_from(edges or [0])))
    value = (near + draw(shifts)).isoformat()
    return Case(
        operator=operator,
        count=count,
        value=value[:10] if draw(st.booleans()) else value,
        frame=frame,
        now=later - draw(waits) * MINUTE,
        later=later,
    )


def minutes_between(case: Case, until: datetime | None) -> Iterator[datetime]:
    """Return the minutes at which an answer could change before it was said."""
    candidates = [
        *(case.now + some * MINUTE for some in range(1, 70)),
        *(case.later + some * MINUTE for some in range(-200, 200)),
        *(case.later + some * timedelta(hours=1) for some in range(-80, 80)),
        *(case.later + some * timedelta(days=1) for some in range(-40, 400)),
    ]
    if until is not None:
        candidates += [until - some * MINUTE for some in range(1, 70)]
    for candidate in candidates:
        if case.now < candidate and (until is None or candidate < until):
            yield candidate


@settings(max_examples=150)
@given(cases())
def test_an_answer_holds_until_it_is_asked_again(case: Case) -> None:
    """No minute before the one that was named has another answer."""
    answer, until = case.ask(case.now)

    assert until is None or until > case.now
    for minute in minutes_between(case, until):
        assert case.ask(minute)[0] is answer, minute


def values_about(operator: Operator, frame: Frame, odd: datetime) -> list[str]:
    """Return instants and days at the edges that a span has then."""
    reach = reach_of(operator, query_of(operator, 1).values)
    spans = [span_at(reach, odd + some * MINUTE, frame) for some in (-1, 30)]
    edges = {edge for span in spans for edge in (span.opens, span.closes)}
    found = {
        (EPOCH + timedelta(microseconds=edge + off)).isoformat()
        for edge in edges
        for off in (-1, 0)
        if abs(edge) < 5 * 10**16
    }
    return sorted(found | {value[:10] for value in found})


@pytest.mark.parametrize(("zone", "odd"), ODD)
def test_no_odd_hour_changes_an_answer_unsaid(zone: str, odd: str) -> None:
    """Minute by minute about each odd instant, nothing changes that was not named."""
    operators = [one for one in Operator if one.looks_at_clock]

    assert [change for one in operators for change in unsaid(one, zone, odd)] == []


def unsaid(operator: Operator, zone: str, odd: str) -> Iterator[str]:
    """Return the changes about an odd instant that came before they were named."""
    frame = Frame(zone, 0, fiscal("12-30", "quarterly"))
    rows = [
        Row(attributes={"x": value}) for value in values_about(operator, frame, at(odd))
    ]
    minutes = [at(odd) + some * MINUTE for some in range(-70, 71)]
    test = asked_with(operator, 1)
    stood: dict[str, tuple[bool, datetime | None]] = {}

    for minute in minutes:
        eyes = eyes_of(now=minute.isoformat(), zone=zone, calendar=frame.calendar)
        for row in rows:
            value = str(row.attributes["x"])
            sight = Looking()
            answer = test(row, eyes, sight)
            before, until = stood.get(value, (answer, None))
            if answer is not before and (until is None or minute < until):
                yield f"{operator} of {value} changes at {minute}, not at {until}"
            again = min(sight.again_at, default=None)
            if value not in stood or (until is not None and minute >= until):
                stood[value] = answer, again


@settings(max_examples=100)
@given(cases([odd for odd in ODD if odd[0] == "UTC"]))
def test_where_the_clock_is_never_changed_nobody_is_woken_in_vain(case: Case) -> None:
    """In UTC the answer is another one at the very minute that was named."""
    answer, until = case.ask(case.now)

    if until is not None:
        assert case.ask(until)[0] is not answer


@pytest.mark.parametrize(
    ("operator", "count", "value", "zone", "changes"),
    [
        # now is 2026-11-21T12:00Z, a Saturday
        ("today", None, "2026-11-21", "UTC", "2026-11-22T00:00Z"),
        ("today", None, "2026-11-21", "Europe/Berlin", "2026-11-21T23:00Z"),
        ("today", None, "2027-08-01", "Europe/Berlin", "2027-07-31T22:00Z"),
        ("today", None, "2026-11-20", "UTC", None),
        ("yesterday", None, "2026-11-21", "UTC", "2026-11-22T00:00Z"),
        ("tomorrow", None, "2026-12-24T09:00Z", "UTC", "2026-12-23T00:00Z"),
        ("this-month", None, "2026-11-02", "UTC", "2026-12-01T00:00Z"),
        ("next-year", None, "2030-06-01", "UTC", "2029-01-01T00:00Z"),
        ("this-week", None, "2026-11-21", "UTC", "2026-11-23T00:00Z"),
        ("this-fiscal-period", None, "2026-11-21", "UTC", "2027-01-01T00:00Z"),
        ("last-x-days", 7, "2026-11-21T12:00Z", "UTC", "2026-11-29T00:00Z"),
        ("last-x-days", 7, "2026-11-21T12:00:01Z", "UTC", "2026-11-21T12:01Z"),
        ("last-x-days", 7, "2026-11-22", "UTC", "2026-11-22T00:00Z"),
        ("last-x-days", 7, "2026-11-13", "UTC", None),
        ("last-x-hours", 2, "2026-11-21T10:30Z", "UTC", "2026-11-21T13:00Z"),
        ("last-x-hours", 2, "2026-11-21T10:30Z", "Asia/Kathmandu", "2026-11-21T13:15Z"),
        ("last-x-months", 1, "2027-02-28", "UTC", "2027-02-28T00:00Z"),
        ("last-x-years", 1, "2026-01-01", "UTC", "2027-01-02T00:00Z"),
        ("next-x-days", 7, "2026-11-21T12:00Z", "UTC", "2026-11-21T12:01Z"),
        ("next-x-days", 7, "2026-11-21", "UTC", "2026-11-22T00:00Z"),
        ("next-x-days", 7, "2026-12-31", "UTC", "2026-12-24T00:00Z"),
        ("next-x-hours", 1, "2026-11-21T18:10Z", "UTC", "2026-11-21T17:00Z"),
        ("olderthan-x-minutes", 5, "2026-11-21T12:00Z", "UTC", "2026-11-21T12:06Z"),
        ("olderthan-x-days", 5, "2026-11-21", "UTC", "2026-11-27T00:00Z"),
        ("olderthan-x-months", 1, "2026-12-31", "UTC", "2027-02-01T00:00Z"),
        ("olderthan-x-years", 10, "2026-11-21", "UTC", "2036-11-22T00:00Z"),
        ("olderthan-x-years", 10, "1999-11-21", "UTC", None),
    ],
)
def test_the_minute_at_which_an_answer_changes(
    operator: str, count: int | None, value: str, zone: str, changes: str | None
) -> None:
    """It is the very minute, and none for what lies behind."""
    test = compiled(query_of(Operator(operator), count or 1), "opportunity")
    sight = Looking()

    test(Row(attributes={"x": value}), eyes_of(zone=zone), sight)

    assert sight.again_at == ([] if changes is None else [at(changes)])


@pytest.mark.parametrize("value", [None, "soon", 20261121, True, "2026-13-01"])
def test_what_is_no_date_is_never_asked_again(value: str | bool | int | None) -> None:
    """It stays no match until the record changes."""
    test = compiled(query_of(Operator.TODAY, 1), "opportunity")
    sight = Looking()

    assert test(Row(attributes={"x": value}), eyes_of(), sight) is False
    assert sight.again_at == []


def test_only_what_was_asked_can_change_the_answer() -> None:
    """What stands behind a test that decides is not waited for."""
    query = where_of(
        {"all": [condition("eq", "no"), {"attribute": "y", "operator": "today"}]},
        "opportunity",
        {},
    )
    sight = Looking()

    compiled(query, "opportunity")(
        Row(attributes={"x": "yes", "y": "2026-11-21"}), eyes_of(), sight
    )

    assert sight.again_at == []

"""Fiscal years and periods, named and relative; every date by hand."""

# ruff: noqa: E501 # tables are read in columns

from datetime import timedelta
from typing import Final

import pytest

from tests.queries.looking import at, condition, eyes_of, fiscal, holds_for

INSTANT: Final = timedelta(microseconds=1)
DAY: Final = timedelta(days=1)

# Calendars of this page: start, template, and by which end years are named.
APRIL: Final = ("04-01", "quarterly", "end")
JULY: Final = ("07-01", "monthly", "end")
OCTOBER: Final = ("10-01", "semiannual", "end")
WEEKS: Final = ("01-01", "four_weekly", "start")
WEEKS_OF_JULY: Final = ("07-01", "four_weekly", "end")
# Of a year that starts on 1 January both ends have one name.
PLAIN: Final = ("01-01", "quarterly", "end")
LEAP: Final = ("02-29", "annual", "start")
LATE: Final = ("08-31", "quarterly", "start")
LATE_MONTHS: Final = ("01-31", "monthly", "start")

NOVEMBER: Final = "2026-11-21T12:00Z"


def beside(day: str, days: int) -> str:
    """Return the day so many days later."""
    return (at(day) + days * DAY).date().isoformat()


@pytest.mark.parametrize(
    ("calendar", "operator", "value", "first", "last"),
    [
        (APRIL, "in-fiscal-year", 2024, "2023-04-01", "2024-03-31"),
        (APRIL, "in-fiscal-period-and-year", [3, 2024], "2023-10-01", "2023-12-31"),
        (APRIL, "in-fiscal-period-and-year", [4, 2024], "2024-01-01", "2024-03-31"),
        (JULY, "in-fiscal-year", 2025, "2024-07-01", "2025-06-30"),
        (JULY, "in-fiscal-period-and-year", [101, 2025], "2025-01-01", "2025-01-31"),
        (JULY, "in-fiscal-period-and-year", [107, 2025], "2024-07-01", "2024-07-31"),
        (JULY, "in-fiscal-period-and-year", [106, 2025], "2025-06-01", "2025-06-30"),
        (JULY, "in-fiscal-period-and-year", [102, 2024], "2024-02-01", "2024-02-29"),
        (OCTOBER, "in-fiscal-period-and-year", [201, 2024], "2023-10-01", "2024-03-31"),
        (OCTOBER, "in-fiscal-period-and-year", [202, 2024], "2024-04-01", "2024-09-30"),
        (WEEKS, "in-fiscal-period-and-year", [401, 2024], "2024-01-01", "2024-01-28"),
        (WEEKS, "in-fiscal-period-and-year", [403, 2024], "2024-02-26", "2024-03-24"),
        (WEEKS, "in-fiscal-period-and-year", [413, 2024], "2024-12-02", "2024-12-31"),
        (WEEKS, "in-fiscal-period-and-year", [413, 2023], "2023-12-03", "2023-12-31"),
        (PLAIN, "in-fiscal-year", 2024, "2024-01-01", "2024-12-31"),
        (PLAIN, "in-fiscal-period-and-year", [2, 2024], "2024-04-01", "2024-06-30"),
        (LEAP, "in-fiscal-year", 2024, "2024-02-29", "2025-02-27"),
        (LEAP, "in-fiscal-year", 2023, "2023-02-28", "2024-02-28"),
        (LEAP, "in-fiscal-period-and-year", [301, 2024], "2024-02-29", "2025-02-27"),
        (LATE, "in-fiscal-period-and-year", [1, 2026], "2026-08-31", "2026-11-29"),
        (LATE, "in-fiscal-period-and-year", [2, 2026], "2026-11-30", "2027-02-27"),
        (LATE, "in-fiscal-period-and-year", [3, 2026], "2027-02-28", "2027-05-30"),
        (LATE, "in-fiscal-period-and-year", [2, 2027], "2027-11-30", "2028-02-28"),
        # It ends after the last year that a goal may have, and is whole.
        (LATE, "in-fiscal-year", 2200, "2200-08-31", "2201-08-30"),
    ],
)
def test_named_years_and_periods(
    calendar: tuple[str, str, str],
    operator: str,
    value: object,
    first: str,
    last: str,
) -> None:
    """Both ends are days of it, their neighbours are not."""
    eyes = eyes_of(calendar=fiscal(*calendar))
    where = condition(operator, value)

    found = [
        day
        for day in (beside(first, -1), first, last, beside(last, 1))
        if holds_for(where, day, eyes)
    ]

    assert found == [first, last]


@pytest.mark.parametrize(
    ("calendar", "code", "inside", "outside"),
    [
        (APRIL, 3, ["2023-10-01", "2026-12-31", "1950-11-11"], ["2026-09-30", "2027-01-01"]),
        (JULY, 102, ["2024-02-29", "2025-02-28", "2026-02-01"], ["2024-03-01", "2025-01-31"]),
        (OCTOBER, 202, ["2024-04-01", "2030-09-30"], ["2024-03-31", "2030-10-01"]),
        (WEEKS, 413, ["2024-12-31", "2023-12-03", "2024-12-02"], ["2024-12-01", "2025-01-01", "2023-12-02"]),
        (LEAP, 301, ["2024-02-28", "1999-01-01"], []),
        (LATE, 2, ["2026-11-30", "2027-02-27", "2028-02-28"], ["2026-11-29", "2027-02-28", "2028-02-29"]),
    ],
)  # fmt: skip
def test_a_period_of_whatever_year(
    calendar: tuple[str, str, str], code: int, inside: list[str], outside: list[str]
) -> None:
    """The code alone is asked for."""
    eyes = eyes_of(calendar=fiscal(*calendar))
    where = condition("in-fiscal-period", code)

    assert [day for day in inside + outside if holds_for(where, day, eyes)] == inside


def test_before_and_after_a_period() -> None:
    """The third quarter of 2024 itself is in both."""
    eyes = eyes_of(calendar=fiscal(*APRIL))
    days = ["2023-09-30", "2023-10-01", "2023-12-31", "2024-01-01"]

    def matched(operator: str) -> list[str]:
        where = condition(operator, [3, 2024])
        return [day for day in days if holds_for(where, day, eyes)]

    assert matched("in-or-before-fiscal-period-and-year") == days[:3]
    assert matched("in-or-after-fiscal-period-and-year") == days[1:]


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("in-fiscal-period", 1),
        ("in-fiscal-period-and-year", [1, 2026]),
        ("in-or-before-fiscal-period-and-year", [1, 2026]),
        ("in-or-after-fiscal-period-and-year", [1, 2026]),
    ],
)
def test_a_code_that_the_template_lacks_is_met_by_nothing(
    operator: str, value: object
) -> None:
    """Quarters mean nothing where the year is cut into months."""
    eyes = eyes_of(calendar=fiscal(*JULY))

    for day in ("2026-01-01", "1999-01-01", "2099-01-01", "2026-07-01T00:00Z"):
        assert not holds_for(condition(operator, value), day, eyes)


def test_fiscal_years_begin_at_midnight_in_the_goal_s_zone() -> None:
    """Berlin's April begins while it is March in Greenwich."""
    eyes = eyes_of(calendar=fiscal(*APRIL), zone="Europe/Berlin")
    instants = [
        "2026-03-31T21:59:59.999999Z",
        "2026-03-31T22:00Z",
        "2027-03-31T21:59Z",
        "2027-03-31T22:00Z",
    ]

    for where in (condition("in-fiscal-year", 2027), condition("this-fiscal-year")):
        found = [one for one in instants if holds_for(where, one, eyes)]
        assert found == instants[1:3]
    fourth = condition("in-fiscal-period", 4)
    assert [one for one in instants if holds_for(fourth, one, eyes)] == [
        instants[0],
        instants[2],
    ]


@pytest.mark.parametrize(
    ("calendar", "operator", "now", "first", "last"),
    [
        (APRIL, "this-fiscal-period", NOVEMBER, "2026-10-01", "2026-12-31"),
        (APRIL, "last-fiscal-period", NOVEMBER, "2026-07-01", "2026-09-30"),
        (APRIL, "next-fiscal-period", NOVEMBER, "2027-01-01", "2027-03-31"),
        (APRIL, "last-fiscal-period", "2026-04-01T00:00Z", "2026-01-01", "2026-03-31"),
        (APRIL, "next-fiscal-period", "2026-03-31T23:59Z", "2026-04-01", "2026-06-30"),
        (APRIL, "this-fiscal-year", NOVEMBER, "2026-04-01", "2027-03-31"),
        (APRIL, "last-fiscal-year", NOVEMBER, "2025-04-01", "2026-03-31"),
        (APRIL, "next-fiscal-year", NOVEMBER, "2027-04-01", "2028-03-31"),
        (APRIL, "this-fiscal-year", "2026-03-31T23:59Z", "2025-04-01", "2026-03-31"),
        (WEEKS_OF_JULY, "this-fiscal-period", NOVEMBER, "2026-11-18", "2026-12-15"),
        (WEEKS_OF_JULY, "last-fiscal-period", NOVEMBER, "2026-10-21", "2026-11-17"),
        (WEEKS_OF_JULY, "next-fiscal-period", NOVEMBER, "2026-12-16", "2027-01-12"),
        # The 13th has 29 days, or 30.
        (WEEKS_OF_JULY, "this-fiscal-period", "2027-06-30T12:00Z", "2027-06-02", "2027-06-30"),
        (WEEKS_OF_JULY, "next-fiscal-period", "2027-06-30T12:00Z", "2027-07-01", "2027-07-28"),
        (WEEKS_OF_JULY, "last-fiscal-period", "2028-07-01T12:00Z", "2028-06-01", "2028-06-30"),
        (LATE_MONTHS, "this-fiscal-period", "2026-03-15T12:00Z", "2026-02-28", "2026-03-30"),
        (LATE_MONTHS, "last-fiscal-period", "2026-03-15T12:00Z", "2026-01-31", "2026-02-27"),
        (LATE_MONTHS, "last-fiscal-period", "2026-01-31T12:00Z", "2025-12-31", "2026-01-30"),
        (LEAP, "this-fiscal-year", "2024-02-29T12:00Z", "2024-02-29", "2025-02-27"),
        (LEAP, "last-fiscal-period", "2024-02-29T12:00Z", "2023-02-28", "2024-02-28"),
    ],
)  # fmt: skip
def test_whole_fiscal_units(
    calendar: tuple[str, str, str], operator: str, now: str, first: str, last: str
) -> None:
    """Plain days with both ends; instants from midnight to midnight."""
    eyes = eyes_of(now=now, calendar=fiscal(*calendar))
    opens, closes = at(first), at(last) + DAY
    days = [beside(first, -1), first, last, beside(last, 1)]
    instants = [opens - INSTANT, opens, closes - INSTANT, closes]

    where = condition(operator)

    assert [holds_for(where, day, eyes) for day in days] == [False, True, True, False]
    assert [holds_for(where, one.isoformat(), eyes) for one in instants] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("calendar", "operator", "count", "now", "end"),
    [
        (APRIL, "last-x-fiscal-periods", 1, NOVEMBER, "2026-07-01"),
        (APRIL, "last-x-fiscal-periods", 3, NOVEMBER, "2026-01-01"),
        (APRIL, "last-x-fiscal-years", 1, NOVEMBER, "2025-04-01"),
        (APRIL, "last-x-fiscal-years", 2, "2026-03-31T12:00Z", "2023-04-01"),
        (WEEKS_OF_JULY, "last-x-fiscal-periods", 1, "2026-07-05T12:00Z", "2026-06-02"),
        (WEEKS_OF_JULY, "last-x-fiscal-periods", 13, "2026-07-05T12:00Z", "2025-07-01"),
        (LATE_MONTHS, "last-x-fiscal-periods", 2, "2026-03-30T12:00Z", "2025-12-31"),
        (APRIL, "next-x-fiscal-periods", 1, NOVEMBER, "2027-03-31"),
        (APRIL, "next-x-fiscal-periods", 2, NOVEMBER, "2027-06-30"),
        (APRIL, "next-x-fiscal-years", 1, NOVEMBER, "2028-03-31"),
        (APRIL, "next-x-fiscal-years", 2, NOVEMBER, "2029-03-31"),
        (WEEKS, "next-x-fiscal-periods", 1, "2024-12-31T12:00Z", "2025-01-28"),
        (LEAP, "next-x-fiscal-years", 1, "2026-11-21T12:00Z", "2028-02-28"),
    ],
)
def test_several_fiscal_units(
    calendar: tuple[str, str, str], operator: str, count: int, now: str, end: str
) -> None:
    """From the first day of the unit so far back to now, or from now to the last."""
    eyes = eyes_of(now=now, calendar=fiscal(*calendar))
    where = condition(operator, count)
    today = at(now).date().isoformat()
    backward = operator.startswith("last")
    away = -1 if backward else 1

    assert holds_for(where, end, eyes)
    assert not holds_for(where, beside(end, away), eyes)
    assert holds_for(where, today, eyes)
    assert not holds_for(where, beside(today, -away), eyes)
    assert holds_for(where, at(now).isoformat(), eyes)
    assert not holds_for(where, (at(now) - away * INSTANT).isoformat(), eyes)

"""Days, and the spans of time that move with the clock; every date by hand."""

# ruff: noqa: E501 # tables are read in columns

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from shared.domain.entities import AttributeType
from shared.domain.records import AttributeValue
from shared.queries.eyes import Eyes
from tests.queries.looking import at, condition, eyes_of, fiscal, holds_for

INSTANT: Final = timedelta(microseconds=1)
DAY: Final = timedelta(days=1)


def days_beside(first: str, last: str) -> tuple[str, str]:
    """Return the day before the first, and the one after the last."""
    return (at(first) - DAY).date().isoformat(), (at(last) + DAY).date().isoformat()


def judge(
    where: object,
    eyes: Eyes,
    inside: list[datetime | str],
    outside: list[datetime | str],
) -> None:
    """See that a condition holds for just those dates."""
    for expected, values in ((True, inside), (False, outside)):
        for value in values:
            text = value if isinstance(value, str) else value.isoformat()
            assert holds_for(where, text, eyes) is expected, text


SATURDAY: Final = "2026-11-21T12:00Z"


@pytest.mark.parametrize(
    ("operator", "now", "zone", "first", "last", "opens", "closes"),
    [
        ("today",      SATURDAY,            "UTC",               "2026-11-21", "2026-11-21", "2026-11-21T00:00Z", "2026-11-22T00:00Z"),
        ("yesterday",  SATURDAY,            "UTC",               "2026-11-20", "2026-11-20", "2026-11-20T00:00Z", "2026-11-21T00:00Z"),
        ("tomorrow",   SATURDAY,            "UTC",               "2026-11-22", "2026-11-22", "2026-11-22T00:00Z", "2026-11-23T00:00Z"),
        # Leap days and year ends.
        ("yesterday",  "2024-03-01T00:00Z", "UTC",               "2024-02-29", "2024-02-29", "2024-02-29T00:00Z", "2024-03-01T00:00Z"),
        ("tomorrow",   "2026-02-28T23:59Z", "UTC",               "2026-03-01", "2026-03-01", "2026-03-01T00:00Z", "2026-03-02T00:00Z"),
        ("tomorrow",   "2026-12-31T10:00Z", "UTC",               "2027-01-01", "2027-01-01", "2027-01-01T00:00Z", "2027-01-02T00:00Z"),
        # The day is the one that it is in the goal's zone.
        ("today",      "2026-11-21T23:30Z", "Europe/Berlin",     "2026-11-22", "2026-11-22", "2026-11-21T23:00Z", "2026-11-22T23:00Z"),
        ("today",      "2026-11-21T18:20Z", "Asia/Kathmandu",    "2026-11-22", "2026-11-22", "2026-11-21T18:15Z", "2026-11-22T18:15Z"),
        ("today",      "2026-11-21T03:00Z", "America/St_Johns",  "2026-11-20", "2026-11-20", "2026-11-20T03:30Z", "2026-11-21T03:30Z"),
        # 23 and 25 hours.
        ("today",      "2026-03-29T12:00Z", "Europe/Berlin",     "2026-03-29", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
        ("today",      "2026-10-25T12:00Z", "Europe/Berlin",     "2026-10-25", "2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        ("yesterday",  "2026-03-09T12:00Z", "America/New_York",  "2026-03-08", "2026-03-08", "2026-03-08T05:00Z", "2026-03-09T04:00Z"),
        # A midnight that comes twice: the first. One that is skipped: the change.
        ("today",      "2025-11-02T12:00Z", "America/Havana",    "2025-11-02", "2025-11-02", "2025-11-02T04:00Z", "2025-11-03T05:00Z"),
        ("today",      "2018-11-04T12:00Z", "America/Sao_Paulo", "2018-11-04", "2018-11-04", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),
        ("today",      "1919-03-31T12:00Z", "America/Toronto",   "1919-03-31", "1919-03-31", "1919-03-31T04:30Z", "1919-04-01T04:00Z"),
        # At 00:01 it became 23:01 again, and stayed the day that had begun.
        ("today",      "2008-11-02T02:45Z", "America/St_Johns",  "2008-11-02", "2008-11-02", "2008-11-02T02:30Z", "2008-11-03T03:30Z"),
        # Weeks begin on Monday.
        ("this-week",  SATURDAY,            "UTC",               "2026-11-16", "2026-11-22", "2026-11-16T00:00Z", "2026-11-23T00:00Z"),
        ("last-week",  "2026-11-16T00:00Z", "UTC",               "2026-11-09", "2026-11-15", "2026-11-09T00:00Z", "2026-11-16T00:00Z"),
        ("next-week",  "2026-12-27T12:00Z", "UTC",               "2026-12-28", "2027-01-03", "2026-12-28T00:00Z", "2027-01-04T00:00Z"),
        ("this-week",  "2026-03-29T12:00Z", "Europe/Berlin",     "2026-03-23", "2026-03-29", "2026-03-22T23:00Z", "2026-03-29T22:00Z"),
        ("this-month", SATURDAY,            "UTC",               "2026-11-01", "2026-11-30", "2026-11-01T00:00Z", "2026-12-01T00:00Z"),
        ("last-month", "2026-03-31T12:00Z", "UTC",               "2026-02-01", "2026-02-28", "2026-02-01T00:00Z", "2026-03-01T00:00Z"),
        ("last-month", "2024-03-31T12:00Z", "UTC",               "2024-02-01", "2024-02-29", "2024-02-01T00:00Z", "2024-03-01T00:00Z"),
        ("last-month", "2026-01-31T12:00Z", "UTC",               "2025-12-01", "2025-12-31", "2025-12-01T00:00Z", "2026-01-01T00:00Z"),
        ("next-month", "2026-12-31T12:00Z", "UTC",               "2027-01-01", "2027-01-31", "2027-01-01T00:00Z", "2027-02-01T00:00Z"),
        ("this-month", "2026-10-15T12:00Z", "Europe/Berlin",     "2026-10-01", "2026-10-31", "2026-09-30T22:00Z", "2026-10-31T23:00Z"),
        ("this-month", "2026-10-31T23:30Z", "Europe/Berlin",     "2026-11-01", "2026-11-30", "2026-10-31T23:00Z", "2026-11-30T23:00Z"),
        ("this-year",  SATURDAY,            "UTC",               "2026-01-01", "2026-12-31", "2026-01-01T00:00Z", "2027-01-01T00:00Z"),
        ("last-year",  "2026-01-01T00:00Z", "UTC",               "2025-01-01", "2025-12-31", "2025-01-01T00:00Z", "2026-01-01T00:00Z"),
        ("next-year",  "2027-12-31T23:59Z", "UTC",               "2028-01-01", "2028-12-31", "2028-01-01T00:00Z", "2029-01-01T00:00Z"),
    ],
)  # fmt: skip
def test_whole_units(
    operator: str, now: str, zone: str, first: str, last: str, opens: str, closes: str
) -> None:
    """Days from first to last; instants from the opening up to the closing one."""
    before, after = days_beside(first, last)

    judge(
        condition(operator),
        eyes_of(now=now, zone=zone),
        [first, last, at(opens), at(closes) - INSTANT],
        [before, after, at(opens) - INSTANT, at(closes)],
    )


@pytest.mark.parametrize(
    ("week_start", "first", "last"),
    [
        (0, "2026-11-16", "2026-11-22"),
        (1, "2026-11-17", "2026-11-23"),
        (2, "2026-11-18", "2026-11-24"),
        (3, "2026-11-19", "2026-11-25"),
        (4, "2026-11-20", "2026-11-26"),
        (5, "2026-11-21", "2026-11-27"),
        (6, "2026-11-15", "2026-11-21"),
    ],
)
def test_weeks_begin_when_the_organisation_says(
    week_start: int, first: str, last: str
) -> None:
    """Now is a Saturday; 0 is Monday, 6 is Sunday."""
    before, after = days_beside(first, last)

    judge(
        condition("this-week"),
        eyes_of(now=SATURDAY, week_start=week_start),
        [first, last],
        [before, after],
    )


def test_a_day_that_was_left_out_is_in_no_day() -> None:
    """On Samoa the 30th of December 2011 never was: the 29th ended with the 31st."""
    eyes = eyes_of(now="2011-12-31T00:00Z", zone="Pacific/Apia")

    judge(
        condition("yesterday"),
        eyes,
        [],
        ["2011-12-29", "2011-12-30", "2011-12-31", "2011-12-30T09:59Z"],
    )
    judge(
        condition("today"),
        eyes,
        ["2011-12-31", "2011-12-30T10:00Z"],
        ["2011-12-30", "2011-12-30T09:59:59.999999Z"],
    )


@pytest.mark.parametrize(
    ("operator", "count", "now", "zone", "first", "opens"),
    [
        ("last-seven-days", None,  SATURDAY,            "UTC",                 "2026-11-14", "2026-11-14T00:00Z"),
        ("last-x-days",     1,     SATURDAY,            "UTC",                 "2026-11-20", "2026-11-20T00:00Z"),
        ("last-x-days",     7,     SATURDAY,            "UTC",                 "2026-11-14", "2026-11-14T00:00Z"),
        ("last-x-days",     366,   "2025-03-01T00:00Z", "UTC",                 "2024-02-29", "2024-02-29T00:00Z"),
        ("last-x-days",     1,     "2026-03-30T12:00Z", "Europe/Berlin",       "2026-03-29", "2026-03-28T23:00Z"),
        ("last-x-days",     1,     "2026-10-26T12:00Z", "Europe/Berlin",       "2026-10-25", "2026-10-24T22:00Z"),
        ("last-x-weeks",    1,     SATURDAY,            "UTC",                 "2026-11-14", "2026-11-14T00:00Z"),
        ("last-x-weeks",    5,     "2026-11-21T12:00Z", "Europe/Berlin",       "2026-10-17", "2026-10-16T22:00Z"),
        ("last-x-months",   1,     "2026-03-31T12:00Z", "UTC",                 "2026-02-28", "2026-02-28T00:00Z"),
        ("last-x-months",   1,     "2024-03-31T12:00Z", "UTC",                 "2024-02-29", "2024-02-29T00:00Z"),
        ("last-x-months",   1,     "2024-03-30T12:00Z", "UTC",                 "2024-02-29", "2024-02-29T00:00Z"),
        ("last-x-months",   3,     "2026-05-31T12:00Z", "UTC",                 "2026-02-28", "2026-02-28T00:00Z"),
        ("last-x-months",   11,    "2026-10-31T12:00Z", "UTC",                 "2025-11-30", "2025-11-30T00:00Z"),
        ("last-x-months",   12,    "2024-02-29T12:00Z", "UTC",                 "2023-02-28", "2023-02-28T00:00Z"),
        ("last-x-months",   1,     "2026-04-15T12:00Z", "Europe/Berlin",       "2026-03-15", "2026-03-14T23:00Z"),
        ("last-x-years",    1,     "2024-02-29T12:00Z", "UTC",                 "2023-02-28", "2023-02-28T00:00Z"),
        ("last-x-years",    4,     "2024-02-29T12:00Z", "UTC",                 "2020-02-29", "2020-02-29T00:00Z"),
        ("last-x-years",    10000, SATURDAY,            "UTC",                 "0001-01-01", None),
        # From the start of this hour, not from now.
        ("last-x-hours",    1,     "2026-11-21T12:34Z", "UTC",                 "2026-11-21", "2026-11-21T11:00Z"),
        ("last-x-hours",    12,    "2026-11-21T12:34Z", "UTC",                 "2026-11-21", "2026-11-21T00:00Z"),
        ("last-x-hours",    13,    "2026-11-21T12:34Z", "UTC",                 "2026-11-20", "2026-11-20T23:00Z"),
        ("last-x-hours",    1,     "2026-11-21T12:34Z", "Asia/Kathmandu",      "2026-11-21", "2026-11-21T11:15Z"),
        # Hours are real: between 01:00 and 03:00 lies but one of them.
        ("last-x-hours",    1,     "2026-03-29T01:30Z", "Europe/Berlin",       "2026-03-29", "2026-03-29T00:00Z"),
        ("last-x-hours",    3,     "2026-10-25T02:30Z", "Europe/Berlin",       "2026-10-25", "2026-10-24T23:00Z"),
        ("last-x-hours",    1,     "2026-04-04T15:10Z", "Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:30Z"),
    ],
)  # fmt: skip
def test_up_to_now(
    operator: str, count: int | None, now: str, zone: str, first: str, opens: str | None
) -> None:
    """Now is the last instant in it; today is the last day."""
    eyes = eyes_of(now=now, zone=zone)
    today = at(now).astimezone(ZoneInfo(zone)).date().isoformat()
    before, after = days_beside(first, today) if opens else ("", today)
    inside: list[datetime | str] = [first, today, at(now)]
    outside: list[datetime | str] = [
        before,
        days_beside(today, today)[1],
        at(now) + INSTANT,
    ]
    if opens is not None:
        inside.append(at(opens))
        outside += [at(opens) - INSTANT, after]

    judge(condition(operator, count), eyes, inside, outside)


@pytest.mark.parametrize(
    ("operator", "count", "now", "zone", "last", "closes"),
    [
        ("next-seven-days", None,  SATURDAY,            "UTC",            "2026-11-28", "2026-11-29T00:00Z"),
        ("next-x-days",     1,     SATURDAY,            "UTC",            "2026-11-22", "2026-11-23T00:00Z"),
        ("next-x-days",     7,     SATURDAY,            "UTC",            "2026-11-28", "2026-11-29T00:00Z"),
        ("next-x-days",     1,     "2024-02-28T12:00Z", "UTC",            "2024-02-29", "2024-03-01T00:00Z"),
        ("next-x-days",     1,     "2026-03-28T12:00Z", "Europe/Berlin",  "2026-03-29", "2026-03-29T22:00Z"),
        ("next-x-weeks",    1,     SATURDAY,            "UTC",            "2026-11-28", "2026-11-29T00:00Z"),
        ("next-x-weeks",    6,     SATURDAY,            "UTC",            "2027-01-02", "2027-01-03T00:00Z"),
        # (Tomorrow) plus months: the 31st leads to the 28th.
        ("next-x-months",   1,     "2026-01-30T12:00Z", "UTC",            "2026-02-27", "2026-02-28T00:00Z"),
        ("next-x-months",   1,     "2026-01-31T12:00Z", "UTC",            "2026-02-28", "2026-03-01T00:00Z"),
        ("next-x-months",   1,     "2024-01-29T12:00Z", "UTC",            "2024-02-28", "2024-02-29T00:00Z"),
        ("next-x-months",   1,     SATURDAY,            "UTC",            "2026-12-21", "2026-12-22T00:00Z"),
        ("next-x-years",    1,     "2024-02-28T12:00Z", "UTC",            "2025-02-27", "2025-02-28T00:00Z"),
        ("next-x-years",    1,     "2024-02-29T12:00Z", "UTC",            "2025-02-28", "2025-03-01T00:00Z"),
        ("next-x-years",    10000, SATURDAY,            "UTC",            "9999-12-31", None),
        # To the end of the hour that is so far away.
        ("next-x-hours",    1,     "2026-11-21T12:34Z", "UTC",            "2026-11-21", "2026-11-21T14:00Z"),
        ("next-x-hours",    11,    "2026-11-21T12:34Z", "UTC",            "2026-11-21", "2026-11-22T00:00Z"),
        ("next-x-hours",    12,    "2026-11-21T12:34Z", "UTC",            "2026-11-22", "2026-11-22T01:00Z"),
        ("next-x-hours",    1,     "2026-11-21T12:34Z", "Asia/Kathmandu", "2026-11-21", "2026-11-21T14:15Z"),
        ("next-x-hours",    1,     "2026-03-29T00:30Z", "Europe/Berlin",  "2026-03-29", "2026-03-29T02:00Z"),
    ],
)  # fmt: skip
def test_from_now_on(
    operator: str, count: int | None, now: str, zone: str, last: str, closes: str | None
) -> None:
    """Now is the first instant in it; today is the first day."""
    eyes = eyes_of(now=now, zone=zone)
    today = at(now).astimezone(ZoneInfo(zone)).date().isoformat()
    inside: list[datetime | str] = [today, last, at(now)]
    outside: list[datetime | str] = [days_beside(today, today)[0], at(now) - INSTANT]
    if closes is not None:
        inside.append(at(closes) - INSTANT)
        outside += [at(closes), days_beside(last, last)[1]]

    judge(condition(operator, count), eyes, inside, outside)


@pytest.mark.parametrize(
    ("operator", "count", "now", "zone", "last", "before"),
    [
        ("olderthan-x-minutes", 1,  "2026-11-21T12:34Z", "UTC",            "2026-11-21", "2026-11-21T12:33Z"),
        ("olderthan-x-minutes", 30, "2026-11-21T00:30Z", "UTC",            "2026-11-20", "2026-11-21T00:00Z"),
        ("olderthan-x-hours",   1,  "2026-11-21T12:34Z", "UTC",            "2026-11-21", "2026-11-21T11:00Z"),
        ("olderthan-x-hours",   1,  "2026-11-21T12:34Z", "Asia/Kathmandu", "2026-11-21", "2026-11-21T11:15Z"),
        ("olderthan-x-hours",   2,  "2026-10-25T02:30Z", "Europe/Berlin",  "2026-10-25", "2026-10-25T00:00Z"),
        ("olderthan-x-days",    1,  SATURDAY,            "UTC",            "2026-11-19", "2026-11-20T00:00Z"),
        ("olderthan-x-days",    7,  "2026-03-30T12:00Z", "Europe/Berlin",  "2026-03-22", "2026-03-22T23:00Z"),
        ("olderthan-x-weeks",   1,  SATURDAY,            "UTC",            "2026-11-13", "2026-11-14T00:00Z"),
        ("olderthan-x-months",  1,  "2026-03-31T12:00Z", "UTC",            "2026-02-27", "2026-02-28T00:00Z"),
        ("olderthan-x-months",  2,  "2026-01-15T12:00Z", "UTC",            "2025-11-14", "2025-11-15T00:00Z"),
        ("olderthan-x-years",   1,  "2024-02-29T12:00Z", "UTC",            "2023-02-27", "2023-02-28T00:00Z"),
    ],
)  # fmt: skip
def test_longer_ago(
    operator: str, count: int, now: str, zone: str, last: str, before: str
) -> None:
    """All that lies strictly before; there is no earliest."""
    judge(
        condition(operator, count),
        eyes_of(now=now, zone=zone),
        [last, at(before) - INSTANT, "1900-01-01", "0001-01-01T00:00Z"],
        [days_beside(last, last)[1], at(before), at(now), "9999-12-31"],
    )


def test_nothing_is_older_than_all_time() -> None:
    """Ten thousand years ago there were no dates."""
    judge(
        condition("olderthan-x-years", 10_000),
        eyes_of(),
        [],
        ["0001-01-01", at(SATURDAY)],
    )


@pytest.mark.parametrize(
    ("operator", "operand", "zone", "inside", "outside"),
    [
        ("on",           "2026-11-21",        "UTC",              ["2026-11-21", "2026-11-21T00:00Z", "2026-11-21T23:59:59.999999Z"], ["2026-11-20", "2026-11-22T00:00Z", "2026-11-20T23:59Z"]),
        ("on",           "2026-11-21",        "Europe/Berlin",    ["2026-11-21", "2026-11-20T23:00Z", "2026-11-21T22:59Z"],           ["2026-11-21T23:00Z", "2026-11-20T22:59Z"]),
        ("on",           "2026-11-21T23:30Z", "Europe/Berlin",    ["2026-11-22", "2026-11-22T22:59Z"],                                ["2026-11-21", "2026-11-21T22:59Z"]),
        ("on",           "2026-11-21T23:30",  "UTC",              ["2026-11-21"],                                                     ["2026-11-22"]),
        ("on",           "2024-02-29",        "UTC",              ["2024-02-29"],                                                     ["2024-02-28", "2024-03-01"]),
        ("on",           "2026-03-29",        "Europe/Berlin",    ["2026-03-28T23:00Z", "2026-03-29T21:59Z"],                         ["2026-03-29T22:00Z"]),
        ("on",           "2008-11-01",        "America/St_Johns", ["2008-11-01T02:30Z", "2008-11-02T02:29Z"],                         ["2008-11-02T02:31Z"]),
        ("on",           "2008-11-02",        "America/St_Johns", ["2008-11-02T02:30Z", "2008-11-02T02:45Z", "2008-11-03T03:29Z"],    ["2008-11-03T03:30Z"]),
        ("on",           "9999-12-31",        "UTC",              ["9999-12-31", "9999-12-31T23:59:59.999999Z"],                      ["9999-12-30"]),
        ("on",           "0001-01-01",        "Asia/Tokyo",       ["0001-01-01", "0001-01-01T00:00Z"],                                ["0001-01-02"]),
        ("on-or-before", "2026-11-21",        "Europe/Berlin",    ["2026-11-21", "1999-01-01", "2026-11-21T22:59Z"],                  ["2026-11-22", "2026-11-21T23:00Z"]),
        ("on-or-before", "2026-11-21T23:30Z", "Europe/Berlin",    ["2026-11-22"],                                                     ["2026-11-23"]),
        ("on-or-after",  "2026-11-21",        "Europe/Berlin",    ["2026-11-21", "2099-01-01", "2026-11-20T23:00Z"],                  ["2026-11-20", "2026-11-20T22:59Z"]),
    ],
)  # fmt: skip
def test_one_day(
    operator: str,
    operand: str,
    zone: str,
    inside: list[datetime | str],
    outside: list[datetime | str],
) -> None:
    """The day is asked for, of the operand too, in the goal's zone."""
    judge(condition(operator, operand), eyes_of(zone=zone), inside, outside)


RELATIVE: Final = [
    condition("on", "2026-11-21"),
    condition("on-or-before", "2026-11-21"),
    condition("on-or-after", "2026-11-21"),
    condition("today"),
    condition("last-x-hours", 5),
    condition("next-x-months", 5),
    condition("olderthan-x-minutes", 5),
    condition("in-fiscal-year", 2026),
    condition("in-fiscal-period", 4),
    condition("in-or-before-fiscal-period-and-year", [4, 2026]),
]


@pytest.mark.parametrize("where", RELATIVE)
@pytest.mark.parametrize(
    "value",
    [None, "", "today", "21.11.2026", "2026-02-29", "2026-11-21T24:01Z", 5, True],
)
@pytest.mark.parametrize("declared", [None, AttributeType.DATE, AttributeType.DATETIME])
def test_what_is_no_date_lies_nowhere(
    where: object, value: AttributeValue, declared: AttributeType | None
) -> None:
    """Whatever was declared, the value's own form decides."""
    assert not holds_for(where, value, declared=declared)


@pytest.mark.parametrize("declared", [None, AttributeType.DATE, AttributeType.DATETIME])
def test_the_value_s_form_decides(declared: AttributeType | None) -> None:
    """An instant in what is declared a day is an instant, and the other way round."""
    eyes = eyes_of(zone="Europe/Berlin")

    dates = ("2026-11-21", "2026-11-20T23:30Z", "2026-11-21T23:30Z")
    found = [
        holds_for(condition("today"), date, eyes, declared=declared) for date in dates
    ]

    assert found == [True, True, False]


def test_the_calendar_counts_for_fiscal_units_only() -> None:
    """This year stays the calendar's, this week stays the organisation's."""
    eyes = eyes_of(calendar=fiscal("07-01", "monthly", "end"))

    assert holds_for(condition("this-year"), "2026-01-01", eyes)
    assert not holds_for(condition("this-fiscal-year"), "2026-01-01", eyes)


@pytest.mark.parametrize("value", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
@pytest.mark.parametrize("where", RELATIVE)
def test_dates_at_the_ends_of_the_calendar_are_no_accident(
    where: object, zone: str, value: str
) -> None:
    """They are long ago, or far ahead."""
    eyes = eyes_of(zone=zone)
    is_early = value.startswith("0001")
    backward = (
        "on-or-before",
        "olderthan-x-minutes",
        "in-or-before-fiscal-period-and-year",
    )
    forward = ("on-or-after",)

    operator = where["operator"]  # type: ignore[index] # a condition
    if operator != "in-fiscal-period":
        assert holds_for(where, value, eyes) is (
            operator in (backward if is_early else forward)
        )

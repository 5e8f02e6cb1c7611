"""Periods: both ends count, in the goal's time zone, whatever the clocks do there."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.periods import (
    FiscalLabel,
    Period,
    bounds_of,
    is_time_zone,
    lies_in,
    when_of,
)

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = date(2010, 1, 1)
LAST = date(2037, 12, 31)
# Names of zones, not of files that happen to lie beside them.
ZONES = sorted(
    name for name in available_timezones() if name[0].isupper() and "/" in name
)
DAYS = st.dates(FIRST, LAST)


def counts(text: object, period: Period) -> bool:
    """Ask what is judged."""
    return lies_in(when_of(text), bounds_of(period))


@lru_cache(maxsize=10_000)
def first_instant_of(day: date, zone_name: str) -> datetime:
    """Return when a day begins in a zone: the first instant whose clock has come to it.

    By looking at the clock there minute by minute, not by asking for midnight.
    """
    zone = ZoneInfo(zone_name)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a clock's face
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)

    def clock(instant: datetime) -> datetime:
        return instant.astimezone(zone).replace(tzinfo=None)

    # Hours while it is far away, minutes where clocks may be moved back over it.
    while clock(instant) < midnight - timedelta(hours=3):
        instant += timedelta(hours=1)
    while clock(instant) < midnight:
        instant += timedelta(minutes=1)
    return instant


def offset_at(day: date, zone: ZoneInfo) -> timedelta | None:
    """Return how far a zone's clocks are from UTC at noon."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone).utcoffset()


def transitions() -> list[tuple[str, date]]:
    """Return the days on which a zone's clocks were moved, with the zone."""
    found = []
    for name in ZONES:
        zone = ZoneInfo(name)
        points = [FIRST + count * DAY for count in range(0, (LAST - FIRST).days, 20)]
        offsets = [offset_at(point, zone) for point in points]
        for index, (before, after) in enumerate(pairwise(offsets)):
            if before != after:
                days = [points[index] + count * DAY for count in range(21)]
                found += [
                    (name, day)
                    for earlier, day in pairwise(days)
                    if offset_at(earlier, zone) != offset_at(day, zone)
                ]
    return found


def text_at(instant: datetime, zone_name: str) -> str:
    """Write an instant as people of the zone would."""
    return instant.astimezone(ZoneInfo(zone_name)).isoformat()


@given(DAYS, st.integers(0, 400), st.integers(-3, 403))
@example(date(2026, 2, 28), 1, 1)
def test_plain_days_compare_as_days(start: date, length: int, offset: int) -> None:
    """A plain day counts from the first to the last day, both included."""
    period = Period(
        start=start, end=start + length * DAY, time_zone="Pacific/Kiritimati"
    )

    assert counts((start + offset * DAY).isoformat(), period) == (0 <= offset <= length)


@given(DAYS, st.integers(0, 40), st.sampled_from(ZONES), st.sampled_from([-1, 0, 1]))
def test_instants_count_from_midnight_to_midnight(
    start: date, length: int, zone: str, microseconds: int
) -> None:
    """An instant counts from the first midnight there until the one after the end."""
    end = start + length * DAY
    period = Period(start=start, end=end, time_zone=zone)
    nudge = timedelta(microseconds=microseconds)

    opens = first_instant_of(start, zone) + nudge
    closes = first_instant_of(end + DAY, zone) + nudge

    assert counts(text_at(opens, zone), period) == (
        microseconds >= 0 and opens < first_instant_of(end + DAY, zone)
    )
    assert counts(text_at(closes, zone), period) == (
        microseconds < 0 and closes >= first_instant_of(start, zone)
    )


def test_days_on_which_clocks_are_moved_have_their_true_length() -> None:
    """On days of 23, 24 and 25 hours, or that begin late, the bounds are exact."""
    # Every 97th of some 15,000, over all zones and years: 97 divides no pattern there.
    sample = transitions()[::97]

    assert len(sample) > 100
    for zone, day in sample:
        for start in (day - DAY, day, day + DAY):
            bounds = bounds_of(Period(start=start, end=start, time_zone=zone))
            opens = (first_instant_of(start, zone) - EPOCH) // timedelta(microseconds=1)
            closes = (first_instant_of(start + DAY, zone) - EPOCH) // timedelta(
                microseconds=1
            )
            assert (bounds.opens, bounds.closes) == (opens, closes), (zone, start)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        # Midnight itself does not exist.
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("Asia/Beirut", date(2022, 3, 27), 23),
        # Midnight comes twice; the day begins with the first.
        ("America/Havana", date(2026, 11, 1), 25),
        ("Atlantic/Azores", date(2026, 10, 25), 25),
        # The day was left out altogether.
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Asia/Kathmandu", date(2026, 1, 1), 24),
    ],
)
def test_known_days_of_unusual_length(zone: str, day: date, hours: int) -> None:
    """Well-known odd days are as long as their people say."""
    bounds = bounds_of(Period(start=day, end=day, time_zone=zone))

    assert bounds.closes - bounds.opens == hours * 3_600_000_000


@given(
    st.datetimes(datetime(2010, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001 - a face
    st.sampled_from(ZONES),
)
def test_however_an_instant_is_written_it_is_the_same(
    moment: datetime, zone: str
) -> None:
    """Zulu, offset, a blank for the T, nothing at all: the same instant."""
    instant = moment.replace(tzinfo=UTC)
    zulu = moment.isoformat(timespec="microseconds") + "Z"
    expected = (instant - EPOCH) // timedelta(microseconds=1)

    assert when_of(zulu) == expected
    assert when_of(zulu.replace("T", " ")) == expected
    # Without an offset it is UTC, as Dynamics stores it.
    assert when_of(zulu[:-1]) == expected
    # Nanoseconds are more than anybody keeps.
    assert when_of(zulu[:-1] + "999Z") == expected
    there = instant.astimezone(ZoneInfo(zone))
    if there.utcoffset() is not None and not (there.utcoffset() or DAY).seconds % 60:
        assert when_of(there.isoformat(timespec="microseconds")) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        20261121,
        "",
        "2026",
        "2026-11",
        "2026-11-31",
        "2026-02-29",
        "0000-01-01",
        "2026-1-1xx",
        "20261121",
        "2026/11/21",
        "21.11.2026",
        "\uff12026-11-21",
        "2026-11-21T",
        "2026-11-21T25:00:00Z",
        "2026-11-21T23:59:60Z",
        "2026-11-21T09:30:00+24:00",
        "2026-11-21T09:30:00.1234567890Z",
        "2026-11-21T09:30:00 Europe/Berlin",
        "0001-01-01T00:00:00+23:59x",
        " 2026-11-21",
        "2026-11-21\n",
        "tomorrow",
        "2026-W47-6T00:00",
    ],
)
def test_what_is_no_date_never_lies_in_a_period(value: object) -> None:
    """What does not read as a day or an instant counts nowhere."""
    always = Period(start=date(1900, 1, 1), end=date(2200, 12, 30), time_zone="UTC")

    assert when_of(value) is None
    assert not counts(value, always)


def test_instants_at_the_ends_of_the_calendar_do_no_harm() -> None:
    """An instant that no zone can express is still compared, or is none."""
    always = Period(start=date(1900, 1, 1), end=date(2200, 12, 30), time_zone="UTC")

    assert not counts("0001-01-01T00:00:00+14:00", always)
    assert not counts("9999-12-31T23:59:59-14:00", always)


@given(st.text(max_size=40))
def test_no_text_is_too_strange_to_be_asked(text: str) -> None:
    """Whatever stands where a date should be, it is a day, an instant or none."""
    assert isinstance(when_of(text), str | int | None)


def test_what_a_period_is_called_makes_no_other_period() -> None:
    """Periods of the same days in the same zone are one, fiscal or not."""
    custom = Period(start=date(2026, 4, 1), end=date(2026, 6, 30), time_zone="UTC")
    fiscal = replace(custom, fiscal=FiscalLabel(year=2026, code=1))

    assert custom.fiscal is None
    assert fiscal == custom
    assert hash(fiscal) == hash(custom)
    assert bounds_of(fiscal) == bounds_of(custom)


def test_zone_names_are_those_of_the_tz_database() -> None:
    """A name of the tz database is a zone, anything else is none."""
    assert is_time_zone("Europe/Berlin")
    assert is_time_zone("UTC")
    assert not is_time_zone("Europe/Atlantis")
    assert not is_time_zone("")
    assert not is_time_zone("../etc/passwd")

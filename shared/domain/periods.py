"""Periods of goals, and whether a record's date lies in one.

Both ends of a period are inclusive days in the goal's time zone. A record's date is
either a plain day, which compares as a day, or an instant, which counts if it falls
between the first midnight and the midnight after the last day, there.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

# Years outside these are typing errors, and some of them cannot be stored.
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2200

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_LENGTH = len("2026-11-21")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?",
    re.ASCII,
)
_MORE_THAN_MICROSECONDS = re.compile(r"(\.[0-9]{6})[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalLabel:
    """What a fiscal period is called: its fiscal year, and its code in that year."""

    year: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that count for a goal, both ends included."""

    start: date
    end: date
    time_zone: str
    # Days and zone make a period, whatever it was called when it was chosen.
    fiscal: FiscalLabel | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A period in the two forms that a record's date is compared with."""

    first_day: str
    last_day: str
    opens: int
    closes: int


@lru_cache(maxsize=100_000)
def bounds_of(period: Period) -> Bounds:
    """Return the period's days as text and its instants in microseconds since 1970."""
    zone = ZoneInfo(period.time_zone)
    after = period.end + timedelta(days=1)
    return Bounds(
        period.start.isoformat(),
        period.end.isoformat(),
        _microseconds(datetime.combine(period.start, time(), zone)),
        _microseconds(datetime.combine(after, time(), zone)),
    )


def when_of(value: object) -> str | int | None:
    """Return the day (as text) or the instant that `value` names, or None.

    Text without an offset is taken as UTC, as Dynamics stores it.
    """
    if value.__class__ is not str:
        return None
    text: str = value
    if len(text) == _DAY_LENGTH:
        return text if _is_day(text) else None
    return _instant_of(text)


def lies_in(when: str | int | None, bounds: Bounds) -> bool:
    """Tell whether a day or an instant lies in the period; nothing never does."""
    if isinstance(when, str):
        return bounds.first_day <= when <= bounds.last_day
    if when is None:
        return False
    return bounds.opens <= when < bounds.closes


def is_time_zone(name: str) -> bool:
    """Tell whether the name is one of the tz database's."""
    return name in _time_zones()


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=50_000)
def _is_day(text: str) -> bool:
    if _DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _instant_of(text: str) -> int | None:
    if _INSTANT.fullmatch(text) is None:
        return None
    try:
        # Upper case: RFC 3339 allows a small t and z, Python's reader does not.
        instant = datetime.fromisoformat(
            _MORE_THAN_MICROSECONDS.sub(r"\1", text).upper()
        )
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return _microseconds(instant)
    except (ValueError, OverflowError):
        return None


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND

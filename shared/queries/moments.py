"""Days and instants in a time zone, as plain numbers.

A day is its number from 1 (0001-01-01), an instant its microseconds since 1970. What
lies outside the calendar is before or after everything, never an error.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE

FIRST_DAY: Final = date.min.toordinal()
LAST_DAY: Final = date.max.toordinal()
BEFORE_ALL: Final = -(10**18)
AFTER_ALL: Final = 10**18

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MONTHS: Final = 12


def microseconds_of(instant: datetime) -> int:
    """Return an instant as its microseconds since 1970."""
    return (instant - _BEGINNING) // _MICROSECOND


def instant_of(microseconds: int) -> datetime | None:
    """Return the instant, or None where the calendar has ended."""
    try:
        return _BEGINNING + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def minute_after(instant: int) -> int:
    """Return the first whole minute after an instant."""
    return instant - instant % MINUTE + MINUTE


def midnight(day: int, zone: str) -> int:
    """Return the first moment of a day.

    A midnight that comes twice is the first of the two, one that is skipped is the
    moment of the change.
    """
    if day < FIRST_DAY:
        return BEFORE_ALL
    if day > LAST_DAY:
        return AFTER_ALL
    return _midnight(day, zone)


def midnight_of(day: str, zone: str) -> int:
    """Return the first moment of a day such as 2026-11-21."""
    return _midnight(day_of(day), zone)


def day_of(text: str) -> int:
    """Return the number of a day such as 2026-11-21."""
    return date.fromisoformat(text).toordinal()


def text_of_day(day: int) -> str:
    """Return a day as text; in order of text, also outside the calendar."""
    if day < FIRST_DAY:
        return ""
    if day > LAST_DAY:
        return "~"
    return date.fromordinal(day).isoformat()


def day_at(instant: int, zone: str) -> int:
    """Return the last day that had begun by an instant.

    That is what the calendar on the wall says, but for the minutes after a midnight
    that the clock is put back over: they belong to the day that had begun.
    """
    found = instant_of(instant)
    try:
        day = found.astimezone(ZoneInfo(zone)).toordinal() if found else None
    except OverflowError:
        day = None
    if day is None:
        return FIRST_DAY - 1 if instant < 0 else LAST_DAY + 1
    return day + 1 if midnight(day + 1, zone) <= instant else day


def hour_at(instant: int, zone: str) -> int:
    """Return when the hour began that the clock on the wall shows."""
    return instant - (instant + offset_at(instant, zone)) % HOUR


def offset_at(instant: int, zone: str) -> int:
    """Return how far local time is ahead of UTC, in microseconds."""
    found = instant_of(instant)
    try:
        offset = found.astimezone(ZoneInfo(zone)).utcoffset() if found else None
    except OverflowError:
        offset = None
    return offset // _MICROSECOND if offset is not None else 0


def months_later(day: int, months: int) -> int:
    """Return the same day some months later, or that month's last one."""
    if not FIRST_DAY <= day <= LAST_DAY:
        return day
    from_day = date.fromordinal(day)
    years, month = divmod(from_day.month - 1 + months, _MONTHS)
    return day_in(from_day.year + years, month + 1, from_day.day)


def day_in(year: int, month: int, day: int) -> int:
    """Return the day of a month, or its last one where it has not as many."""
    if year < date.min.year:
        return FIRST_DAY - 1
    if year > date.max.year:
        return LAST_DAY + 1
    _, length = monthrange(year, month)
    return date(year, month, min(day, length)).toordinal()


@lru_cache(maxsize=100_000)
def _midnight(day: int, zone: str) -> int:
    local = datetime.combine(date.fromordinal(day), time(), ZoneInfo(zone))
    found = microseconds_of(local)
    # Of a time that is skipped, the second reading lies before the first.
    other = microseconds_of(local.replace(fold=1))
    return _change_between(other, found, zone) if other < found else found


def _change_between(before: int, after: int, zone: str) -> int:
    """Return the instant from which on local time has another offset."""
    offset = offset_at(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if offset_at(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after

"""What time it is: the machine's time, or one that a test has chosen."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

Clock = Callable[[], datetime]

_OFFSET = re.compile(r"(?P<sign>[+-])(?P<count>[0-9]{1,6})(?P<unit>[smhd])", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def machine_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def minute_of(instant: datetime) -> datetime:
    """Return when the minute began that an instant lies in."""
    return instant.replace(second=0, microsecond=0)


def clock_of(text: str | None) -> Clock:
    """Return the clock that a text describes: an instant, an offset, or the machine's.

    Raises ValueError if it describes none.
    """
    if text is None:
        return machine_clock
    offset = _OFFSET.fullmatch(text)
    if offset is not None:
        count = int(offset["sign"] + offset["count"])
        ahead = timedelta(**{_UNITS[offset["unit"]]: count})
        return lambda: machine_clock() + ahead
    instant = _instant_of(text)
    return lambda: instant


def _instant_of(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        message = (
            f"{text!r} is no time; write an instant with its offset, such as "
            "2026-11-21T09:30:00Z, or how far the clock is put, such as +36h or -2d"
        )
        raise ValueError(message)
    return instant.astimezone(UTC)

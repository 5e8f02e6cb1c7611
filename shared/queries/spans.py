"""The spans of time that relative operators mean, and when they move past a value.

A span has two edges. Both move forward only, as time passes; so a value that lies
ahead enters once, leaves once, and never comes back.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, Protocol

from shared.queries.conditions import Value
from shared.queries.moments import (
    AFTER_ALL,
    BEFORE_ALL,
    HOUR,
    MINUTE,
    day_at,
    hour_at,
    microseconds_of,
    midnight,
    minute_after,
    months_later,
    offset_at,
    text_of_day,
)
from shared.queries.operators import Family, Operator
from shared.queries.units import Frame, Unit, first_day, number_at

_DAYS_OF_A_WEEK: Final = 7
_MONTHS_OF_A_YEAR: Final = 12


class Edge(Protocol):
    """One end of a span."""

    def at(self, now: int, frame: Frame) -> int:
        """Return where it is, by an instant."""

    def passes(self, value: int, frame: Frame) -> int:
        """Return when it comes to lie after a value; too early is allowed."""


@dataclass(frozen=True, slots=True)
class Never:
    """The edge of what has no beginning."""

    def at(self, now: int, frame: Frame) -> int:
        """Stand before everything."""
        del now, frame
        return BEFORE_ALL

    def passes(self, value: int, frame: Frame) -> int:
        """Never pass."""
        del value, frame
        return AFTER_ALL


@dataclass(frozen=True, slots=True)
class Now:
    """An edge that moves with every minute."""

    plus: int = 0

    def at(self, now: int, frame: Frame) -> int:
        """Stand so far from now."""
        del frame
        return now + self.plus

    def passes(self, value: int, frame: Frame) -> int:
        """Pass at the first minute after the value."""
        del frame
        return minute_after(value - self.plus)


@dataclass(frozen=True, slots=True)
class Hours:
    """An edge some hours from the beginning of this hour."""

    plus: int

    def at(self, now: int, frame: Frame) -> int:
        """Stand so many hours of real time from the beginning of the local hour."""
        return hour_at(now, frame.zone) + self.plus * HOUR

    def passes(self, value: int, frame: Frame) -> int:
        """Pass when the local hour after the value begins, so many hours off."""
        reached = value - self.plus * HOUR
        begins = hour_at(reached, frame.zone) + HOUR
        # Where the clock is changed by half an hour, the next may begin earlier.
        if offset_at(begins, frame.zone) != offset_at(reached, frame.zone):
            return minute_after(reached)
        return begins


@dataclass(frozen=True, slots=True)
class Units:
    """An edge where a unit begins that lies some units from the present one."""

    unit: Unit
    plus: int

    def at(self, now: int, frame: Frame) -> int:
        """Stand at the first moment of that unit."""
        number = number_at(self.unit, day_at(now, frame.zone), frame) + self.plus
        return midnight(first_day(self.unit, number, frame), frame.zone)

    def passes(self, value: int, frame: Frame) -> int:
        """Pass when a unit begins, so that the value's unit lies behind."""
        behind = number_at(self.unit, day_at(value, frame.zone), frame)
        number = behind + 1 - self.plus
        return midnight(first_day(self.unit, number, frame), frame.zone)


@dataclass(frozen=True, slots=True)
class Months:
    """An edge some months from today, or from tomorrow."""

    plus: int
    from_tomorrow: bool = False

    def at(self, now: int, frame: Frame) -> int:
        """Stand at the first moment of the day of that month."""
        day = day_at(now, frame.zone) + self.from_tomorrow
        return midnight(months_later(day, self.plus), frame.zone)

    def passes(self, value: int, frame: Frame) -> int:
        """Pass on the first day from which the months lead beyond the value's day."""
        beyond = day_at(value, frame.zone) + 1
        day = months_later(beyond, -self.plus)
        if months_later(day, self.plus) < beyond:
            day += 1
        return midnight(day - self.from_tomorrow, frame.zone)


@dataclass(frozen=True, slots=True)
class Reach:
    """What span a relative operator means, at any time."""

    opens: Edge
    closes: Edge


@dataclass(frozen=True, slots=True)
class Span:
    """A span at one time: plain days with both ends, instants up to the second."""

    first_day: str
    last_day: str
    opens: int
    closes: int


# What no day and no instant lies in.
NEVER: Final = Span("~", "", AFTER_ALL, BEFORE_ALL)

# Up to and with now.
_WITH_NOW: Final = Now(1)
_FROM_NOW: Final = Now()
_AROUND: Final = {"last": -1, "this": 0, "next": 1}
_WHOLE: Final = {
    "week": Unit.WEEK,
    "month": Unit.MONTH,
    "year": Unit.YEAR,
    "fiscal-year": Unit.FISCAL_YEAR,
    "fiscal-period": Unit.FISCAL_PERIOD,
}


def _whole(unit: Unit, step: int) -> Reach:
    return Reach(Units(unit, step), Units(unit, step + 1))


_SPANS: Final = {
    Operator.YESTERDAY: _whole(Unit.DAY, -1),
    Operator.TODAY: _whole(Unit.DAY, 0),
    Operator.TOMORROW: _whole(Unit.DAY, 1),
    Operator.LAST_SEVEN_DAYS: Reach(Units(Unit.DAY, -7), _WITH_NOW),
    Operator.NEXT_SEVEN_DAYS: Reach(_FROM_NOW, Units(Unit.DAY, 8)),
} | {
    Operator(f"{word}-{name}"): _whole(unit, step)
    for word, step in _AROUND.items()
    for name, unit in _WHOLE.items()
}


def reach_of(operator: Operator, values: tuple[Value, ...]) -> Reach:
    """Return the span that a relative operator means."""
    if operator.family is not Family.COUNTED_SPAN:
        return _SPANS[operator]
    count = int(Decimal(values[0]))
    word, _, name = operator.partition("-x-")
    if word == "last":
        return Reach(_back(name, count), _WITH_NOW)
    if word == "next":
        return Reach(_FROM_NOW, _ahead(name, count))
    return Reach(Never(), _back(name, count))


def _back(name: str, count: int) -> Edge:
    edges: dict[str, Edge] = {
        "minutes": Now(-count * MINUTE),
        "hours": Hours(-count),
        "days": Units(Unit.DAY, -count),
        "weeks": Units(Unit.DAY, -count * _DAYS_OF_A_WEEK),
        "months": Months(-count),
        "years": Months(-count * _MONTHS_OF_A_YEAR),
        "fiscal-years": Units(Unit.FISCAL_YEAR, -count),
        "fiscal-periods": Units(Unit.FISCAL_PERIOD, -count),
    }
    return edges[name]


def _ahead(name: str, count: int) -> Edge:
    edges: dict[str, Edge] = {
        "hours": Hours(count + 1),
        "days": Units(Unit.DAY, count + 1),
        "weeks": Units(Unit.DAY, count * _DAYS_OF_A_WEEK + 1),
        "months": Months(count, from_tomorrow=True),
        "years": Months(count * _MONTHS_OF_A_YEAR, from_tomorrow=True),
        "fiscal-years": Units(Unit.FISCAL_YEAR, count + 1),
        "fiscal-periods": Units(Unit.FISCAL_PERIOD, count + 1),
    }
    return edges[name]


@lru_cache(maxsize=50_000)
def span_at(reach: Reach, now: datetime, frame: Frame) -> Span:
    """Return the span as it is at an instant."""
    instant = microseconds_of(now)
    opens, closes = reach.opens.at(instant, frame), reach.closes.at(instant, frame)
    return Span(
        text_of_day(day_at(opens, frame.zone)),
        text_of_day(day_at(closes - 1, frame.zone)),
        opens,
        closes,
    )

"""Weeks, months, years and fiscal units, counted, so that one can step over them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Final

from shared.domain.fiscal import FiscalCalendar, Template, YearNamedBy, codes_of
from shared.queries.moments import FIRST_DAY, LAST_DAY, day_in, months_later

_WEEK: Final = 7
_MONTHS: Final = 12
_FOUR_WEEKS: Final = 28
# After so many years, which are so many days, the calendar repeats itself.
_CYCLE_YEARS: Final = 400
_CYCLE_DAYS: Final = 146_097
_FIRST_YEARS: Final = FIRST_DAY + 366


class Unit(Enum):
    """A stretch of days that has a neighbour on both sides."""

    DAY = auto()
    WEEK = auto()
    MONTH = auto()
    YEAR = auto()
    FISCAL_PERIOD = auto()
    FISCAL_YEAR = auto()


@dataclass(frozen=True, slots=True)
class Frame:
    """Where and by which calendar days are counted."""

    zone: str
    # 0: Monday … 6: Sunday.
    week_start: int
    calendar: FiscalCalendar


def number_at(unit: Unit, day: int, frame: Frame) -> int:
    """Return the number of the unit that a day lies in."""
    if unit is not Unit.FISCAL_PERIOD:
        day = min(max(day, FIRST_DAY), LAST_DAY)
    return _NUMBERS[unit](day, frame)


def first_day(unit: Unit, number: int, frame: Frame) -> int:
    """Return the day that a unit begins on."""
    return _FIRST_DAYS[unit](number, frame)


def fiscal_year(label: int, calendar: FiscalCalendar) -> int:
    """Return the number of the fiscal year that is called so."""
    is_named_by_start = calendar.year_named_by is YearNamedBy.START
    is_calendar_year = (calendar.month, calendar.day) == (1, 1)
    return label if is_named_by_start or is_calendar_year else label - 1


def fiscal_period(label: int, code: int, calendar: FiscalCalendar) -> int | None:
    """Return the number of a fiscal period; None: the template has none of that code.

    Months are called after the calendar month that they begin in, all others are
    counted from the start of the year.
    """
    place = place_of(code, calendar)
    if place is None:
        return None
    return fiscal_year(label, calendar) * len(codes_of(calendar.template)) + place


def place_of(code: int, calendar: FiscalCalendar) -> int | None:
    """Return how many periods of a fiscal year come before the one of a code."""
    codes = codes_of(calendar.template)
    if code not in codes:
        return None
    first = calendar.month - 1 if calendar.template is Template.MONTHLY else 0
    return (codes.index(code) - first) % len(codes)


def _week_at(day: int, frame: Frame) -> int:
    # The first day of all was a Monday.
    return (day - FIRST_DAY - frame.week_start) // _WEEK


def _week_begins(number: int, frame: Frame) -> int:
    return number * _WEEK + frame.week_start + FIRST_DAY


def _month_at(day: int, _frame: Frame) -> int:
    found = date.fromordinal(day)
    return found.year * _MONTHS + found.month - 1


def _month_begins(number: int, _frame: Frame) -> int:
    year, month = divmod(number, _MONTHS)
    return day_in(year, month + 1, 1)


def _year_at(day: int, _frame: Frame) -> int:
    return date.fromordinal(day).year


def _year_begins(number: int, _frame: Frame) -> int:
    return day_in(number, 1, 1)


def _fiscal_year_at(day: int, frame: Frame) -> int:
    year = date.fromordinal(day).year
    return year if day >= _fiscal_year_begins(year, frame) else year - 1


def _fiscal_year_begins(number: int, frame: Frame) -> int:
    return day_in(number, frame.calendar.month, frame.calendar.day)


def _fiscal_period_at(day: int, frame: Frame) -> int:
    periods = len(codes_of(frame.calendar.template))
    if day < _FIRST_YEARS:
        # Its fiscal year may have begun before the calendar: later ones are alike.
        return _fiscal_period_at(day + _CYCLE_DAYS, frame) - _CYCLE_YEARS * periods
    if day > LAST_DAY:
        return _fiscal_period_at(day - _CYCLE_DAYS, frame) + _CYCLE_YEARS * periods
    first = _fiscal_year_at(day, frame) * periods
    number = first + periods - 1
    while number > first and _fiscal_period_begins(number, frame) > day:
        number -= 1
    return number


def _fiscal_period_begins(number: int, frame: Frame) -> int:
    periods = len(codes_of(frame.calendar.template))
    year, place = divmod(number, periods)
    begins = _fiscal_year_begins(year, frame)
    if frame.calendar.template is Template.FOUR_WEEKLY:
        return begins + place * _FOUR_WEEKS
    return months_later(begins, place * _MONTHS // periods)


_NUMBERS: Final[dict[Unit, Callable[[int, Frame], int]]] = {
    Unit.DAY: lambda day, _frame: day,
    Unit.WEEK: _week_at,
    Unit.MONTH: _month_at,
    Unit.YEAR: _year_at,
    Unit.FISCAL_PERIOD: _fiscal_period_at,
    Unit.FISCAL_YEAR: _fiscal_year_at,
}
_FIRST_DAYS: Final[dict[Unit, Callable[[int, Frame], int]]] = {
    Unit.DAY: lambda number, _frame: number,
    Unit.WEEK: _week_begins,
    Unit.MONTH: _month_begins,
    Unit.YEAR: _year_begins,
    Unit.FISCAL_PERIOD: _fiscal_period_begins,
    Unit.FISCAL_YEAR: _fiscal_year_begins,
}

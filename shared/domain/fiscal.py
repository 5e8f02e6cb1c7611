"""The fiscal calendar: which days a fiscal year and each of its periods have.

It is arithmetic over days and knows no goal. A goal keeps the days that it was given,
so another calendar moves nothing by itself.
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from shared.domain.periods import YEAR_MAX, YEAR_MIN, FiscalLabel


class Template(StrEnum):
    """How a fiscal year is divided."""

    ANNUAL = "annual"
    SEMIANNUAL = "semiannual"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    FOUR_WEEKLY = "four_weekly"


class YearNamedBy(StrEnum):
    """Which end of a fiscal year gives it its number."""

    START = "start"
    END = "end"


_MONTHS_OF_A_YEAR: Final = 12

_CODES: Final = {
    Template.ANNUAL: range(301, 302),
    Template.SEMIANNUAL: range(201, 203),
    Template.QUARTERLY: range(1, 5),
    Template.MONTHLY: range(101, 113),
    Template.FOUR_WEEKLY: range(401, 414),
}
_DAY: Final = timedelta(days=1)
_FOUR_WEEKS: Final = timedelta(weeks=4)
_MONTH_AND_DAY = re.compile(
    r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    re.ASCII,
)

Choice = TypeVar("Choice", bound=StrEnum)


class UnreadableCalendarError(Exception):
    """What was given is no fiscal calendar; `field` says which part of it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class UnknownPeriodError(Exception):
    """The calendar's template has no period of this code."""


class FiscalYearOutOfRangeError(Exception):
    """The fiscal year has days that no period of a goal may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalCalendar:
    """When fiscal years start, how they are divided, and what they are called.

    A day that the month lacks means the month's last one: 02-29 is 28 February in
    most years.
    """

    month: int
    day: int
    template: Template
    year_named_by: YearNamedBy

    @property
    def start(self) -> str:
        """The start of its years as people write it: `04-01`."""
        return f"{self.month:02}-{self.day:02}"


def calendar_of(*, start: str, template: str, year_named_by: str) -> FiscalCalendar:
    """Return the calendar that is written so, or say which part does not read."""
    month_and_day = _MONTH_AND_DAY.fullmatch(start)
    if month_and_day is None:
        raise UnreadableCalendarError(
            "start",
            f'the start of the fiscal year is "{start}"; allowed are month 01 to 12 '
            "and day 01 to 31, written as 04-01",
        )
    return FiscalCalendar(
        month=int(month_and_day[1]),
        day=int(month_and_day[2]),
        template=_choice("template", template, Template),
        year_named_by=_choice("year_named_by", year_named_by, YearNamedBy),
    )


def codes_of(template: Template) -> Sequence[int]:
    """Return the codes of a template's periods, from the least."""
    return _CODES[template]


def years_of(calendar: FiscalCalendar) -> range:
    """Return the fiscal years whose days all are ones that a goal may have."""
    if _is_calendar_year(calendar):
        return range(YEAR_MIN, YEAR_MAX + 1)
    if calendar.year_named_by is YearNamedBy.START:
        return range(YEAR_MIN, YEAR_MAX)
    return range(YEAR_MIN + 1, YEAR_MAX + 1)


def days_of(calendar: FiscalCalendar, year: int, code: int) -> tuple[date, date]:
    """Return the first and the last day of a period of a fiscal year."""
    place = _place_of(calendar, code)
    _check_year(calendar, year)
    is_last = place + 1 == len(codes_of(calendar.template))
    after = (
        _year_start(calendar, year + 1)
        if is_last
        else _period_start(calendar, year, place=place + 1)
    )
    return _period_start(calendar, year, place=place), after - _DAY


def following(calendar: FiscalCalendar, year: int, code: int) -> FiscalLabel:
    """Return the period that begins the day after this one ends."""
    place = _place_of(calendar, code) + 1
    _check_year(calendar, year)
    if place == len(codes_of(calendar.template)):
        year, place = year + 1, 0
        _check_year(calendar, year)
    return FiscalLabel(year=year, code=_code_at(calendar, place))


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or that month's last one."""
    years, month = divmod(day.month - 1 + months, _MONTHS_OF_A_YEAR)
    return _day_in(day.year + years, month + 1, day.day)


def _choice(field: str, text: str, choices: type[Choice]) -> Choice:
    try:
        return choices(text)
    except ValueError:
        raise UnreadableCalendarError(
            field,
            f'{field} of the fiscal calendar is "{text}"; allowed are '
            + ", ".join(choices),
        ) from None


def _place_of(calendar: FiscalCalendar, code: int) -> int:
    """Return how many periods of the year come before this one."""
    codes = codes_of(calendar.template)
    if code not in codes:
        allowed = f"{codes[0]} to {codes[-1]}" if len(codes) > 1 else f"{codes[0]} only"
        raise UnknownPeriodError(
            f"{code} is no period of the fiscal calendar, which is "
            f"{calendar.template}; allowed: {allowed}"
        )
    return (codes.index(code) - _first_place(calendar)) % len(codes)


def _code_at(calendar: FiscalCalendar, place: int) -> int:
    codes = codes_of(calendar.template)
    return codes[(place + _first_place(calendar)) % len(codes)]


def _first_place(calendar: FiscalCalendar) -> int:
    """Return where among the codes the year's first period stands.

    Months are called after the calendar month that they begin in, all others are
    counted from the start of the year.
    """
    return calendar.month - 1 if calendar.template is Template.MONTHLY else 0


def _check_year(calendar: FiscalCalendar, year: int) -> None:
    years = years_of(calendar)
    if year not in years:
        raise FiscalYearOutOfRangeError(
            f"the fiscal year {year} lies outside {years[0]} to {years[-1]}; correct it"
        )


def _period_start(calendar: FiscalCalendar, year: int, *, place: int) -> date:
    begins = _year_start(calendar, year)
    if calendar.template is Template.FOUR_WEEKLY:
        return begins + place * _FOUR_WEEKS
    months = _MONTHS_OF_A_YEAR // len(codes_of(calendar.template))
    return months_after(begins, place * months)


def _year_start(calendar: FiscalCalendar, year: int) -> date:
    is_named_by_start = calendar.year_named_by is YearNamedBy.START
    if not is_named_by_start and not _is_calendar_year(calendar):
        year -= 1
    return _day_in(year, calendar.month, calendar.day)


def _is_calendar_year(calendar: FiscalCalendar) -> bool:
    return (calendar.month, calendar.day) == (1, 1)


def _day_in(year: int, month: int, day: int) -> date:
    """Return the day of the month, or its last day where it has not as many."""
    _, length = monthrange(year, month)
    return date(year, month, min(day, length))

"""Which days a goal's period has, asked for as days or by its fiscal name.

The days of a fiscal period are taken from the calendar when it is chosen, and kept with
its name: so another calendar moves no goal (semantics, section 6).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.goals.domain.errors import (
    CUSTOM_PERIOD_WITH_FISCAL_COLUMNS,
    FISCAL_PERIOD_INCOMPLETE,
    FISCAL_PERIOD_NOT_OF_TEMPLATE,
    FISCAL_PERIOD_WITH_OTHER_DATES,
    PERIOD_ENDS_BEFORE_IT_STARTS,
    PERIOD_NEEDS_BOTH_DATES,
    YEAR_OUT_OF_RANGE,
    RefusedError,
)
from shared.domain.fiscal import (
    FiscalCalendar,
    FiscalYearOutOfRangeError,
    Template,
    UnknownPeriodError,
    codes_of,
    days_of,
)
from shared.domain.periods import FiscalLabel, Period

_LETTERS: Final = {
    Template.SEMIANNUAL: "H",
    Template.QUARTERLY: "Q",
    Template.MONTHLY: "M",
    Template.FOUR_WEEKLY: "P",
}


class PeriodKind(StrEnum):
    """How a period is chosen."""

    CUSTOM = "custom"
    FISCAL = "fiscal"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPeriod:
    """A period as somebody asks for it, as far as it was given."""

    kind: PeriodKind
    start: date | None = None
    end: date | None = None
    year: int | None = None
    period: int | None = None


def chosen_period(
    goal_id: str,
    given: GivenPeriod,
    *,
    time_zone: str,
    calendar: FiscalCalendar,
    standing: Period | None = None,
) -> Period:
    """Return the period that is asked for, or refuse it.

    A fiscal period that stands already keeps its days, whatever the calendar has
    become since.
    """
    if given.kind is PeriodKind.CUSTOM:
        start, end = _days_given(goal_id, given)
        return Period(start=start, end=end, time_zone=time_zone)
    label = _label_given(goal_id, given)
    if standing is None or standing.fiscal != label:
        start, end = fiscal_days(goal_id, label, calendar)
    else:
        start, end = standing.start, standing.end
    _check_days_beside(goal_id, given, start, end)
    return Period(start=start, end=end, time_zone=time_zone, fiscal=label)


def fiscal_days(
    goal_id: str, label: FiscalLabel, calendar: FiscalCalendar
) -> tuple[date, date]:
    """Return the days that the calendar gives to a fiscal period, or refuse it."""
    what = f"goal {goal_id} cannot have period {label.code} of fiscal year {label.year}"
    try:
        return days_of(calendar, label.year, label.code)
    except UnknownPeriodError as fault:
        raise RefusedError(
            FISCAL_PERIOD_NOT_OF_TEMPLATE,
            f"{what}: {fault}; choose one of these, or change the fiscal calendar",
            field="period.period",
        ) from None
    except FiscalYearOutOfRangeError as fault:
        raise RefusedError(
            YEAR_OUT_OF_RANGE, f"{what}: {fault}", field="period.year"
        ) from None


def is_same(one: Period, other: Period) -> bool:
    """Tell whether two periods have the same days and are called the same.

    Equal ones need not be: to be equal, days and time zone are enough.
    """
    return one == other and one.fiscal == other.fiscal


def _days_given(goal_id: str, given: GivenPeriod) -> tuple[date, date]:
    for name, value in (("year", given.year), ("period", given.period)):
        if value is not None:
            raise RefusedError(
                CUSTOM_PERIOD_WITH_FISCAL_COLUMNS,
                f"the period of goal {goal_id} is custom and has the fiscal {name} "
                f"{value}; leave {name} out, or make its kind fiscal",
                field=f"period.{name}",
            )
    if given.start is None or given.end is None:
        missing = "start" if given.start is None else "end"
        raise RefusedError(
            PERIOD_NEEDS_BOTH_DATES,
            f"the period of goal {goal_id} has no {missing}; give its first and last "
            "day",
            field=f"period.{missing}",
        )
    if given.end < given.start:
        raise RefusedError(
            PERIOD_ENDS_BEFORE_IT_STARTS,
            f"the period of goal {goal_id} ends on {given.end}, before it starts on "
            f"{given.start}; exchange the two or correct one",
            field="period.end",
        )
    return given.start, given.end


def _label_given(goal_id: str, given: GivenPeriod) -> FiscalLabel:
    if given.year is None or given.period is None:
        missing = "year" if given.year is None else "period"
        raise RefusedError(
            FISCAL_PERIOD_INCOMPLETE,
            f"the fiscal period of goal {goal_id} has no {missing}; give the fiscal "
            "year and the period's code in it, or make its kind custom",
            field=f"period.{missing}",
        )
    return FiscalLabel(year=given.year, code=given.period)


def _check_days_beside(
    goal_id: str, given: GivenPeriod, start: date, end: date
) -> None:
    """Refuse days beside a fiscal period, unless they are the ones it has anyway."""
    for name, found, wanted in (
        ("start", given.start, start),
        ("end", given.end, end),
    ):
        if found is not None and found != wanted:
            raise RefusedError(
                FISCAL_PERIOD_WITH_OTHER_DATES,
                f"the {name} of goal {goal_id} is given as {found}, and period "
                f"{given.period} of fiscal year {given.year} has {wanted}; leave "
                f"{name} out, or make its kind custom",
                field=f"period.{name}",
            )


def name_of_fiscal(label: FiscalLabel) -> str:
    """Return what a fiscal period is called wherever people read: `FY2026 Q4`.

    Months are called after the calendar month that they begin in.
    """
    for template, letter in _LETTERS.items():
        codes = codes_of(template)
        if label.code in codes:
            return f"FY{label.year} {letter}{label.code - codes[0] + 1}"
    return f"FY{label.year}"

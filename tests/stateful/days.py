"""Days as the oracle counts them: fiscal periods, what lies in a period, what passed.

Written from the semantics, by other means than the engine: dates and fractions only.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)

# For each template: how many periods, and the code of the first one.
TEMPLATES = {
    "annual": (1, 301),
    "semiannual": (2, 201),
    "quarterly": (4, 1),
    "monthly": (12, 101),
    "four_weekly": (13, 401),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that count, both included, and what they are called."""

    start: date
    end: date
    zone: str
    # Fiscal year and code.
    label: tuple[int, int] | None = None

    @property
    def days(self) -> tuple[date, date, str]:
        """Return what decides which records count."""
        return self.start, self.end, self.zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When fiscal years begin, and how they are divided."""

    start: str = "01-01"
    template: str = "quarterly"
    year_named_by: str = "start"

    def has(self, code: int) -> bool:
        """Tell whether the template has a period of this code."""
        count, first = TEMPLATES[self.template]
        return first <= code < first + count

    def days_of(self, year: int, code: int) -> tuple[date, date]:
        """Return the first and the last day of a period."""
        count, first = TEMPLATES[self.template]
        starts = [self._begins(year, place) for place in range(count)]
        starts.append(self._begins(year + 1, 0))
        place = code - first
        if self.template == "monthly":
            # The code names the calendar month, wherever in the year it begins.
            [place] = [
                index for index in range(count) if starts[index].month == code - 100
            ]
        return starts[place], starts[place + 1] - ONE_DAY

    def _begins(self, year: int, place: int) -> date:
        """Return where a period of a fiscal year begins, counted from 0."""
        month, day = map(int, self.start.split("-"))
        if self.year_named_by == "end" and self.start != "01-01":
            year -= 1
        if self.template == "four_weekly":
            return _day(year, month, day) + place * timedelta(days=28)
        count, _ = TEMPLATES[self.template]
        years, months = divmod(month - 1 + 12 // count * place, 12)
        return _day(year + years, months + 1, day)


def _day(year: int, month: int, day: int) -> date:
    """Return that day, or the last of a month that lacks it."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def lies_in(value: object, period: Period) -> bool:
    """Tell whether what an attribute says is a day or an instant in the period."""
    if not isinstance(value, str):
        return False
    try:
        if len(value) == len("2026-11-21"):
            return period.start <= date.fromisoformat(value) <= period.end
        instant = datetime.fromisoformat(value)
    except ValueError:
        return False
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    zone = ZoneInfo(period.zone)
    opens = datetime.combine(period.start, time(), zone)
    closes = datetime.combine(period.end + ONE_DAY, time(), zone)
    return opens <= instant < closes


def passed_of(period: Period, now: datetime) -> Fraction:
    """Return the share of the period that has passed."""
    today = now.astimezone(ZoneInfo(period.zone)).date()
    if period.start == period.end:
        return Fraction(today >= period.start)
    share = Fraction((today - period.start).days, (period.end - period.start).days)
    return min(max(share, Fraction(0)), Fraction(1))

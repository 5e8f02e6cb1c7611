"""Days, instants and spans in the plainest code, for the naive reader of conditions.

Days are numbers (1 is 0001-01-01), instants are microseconds from that day's first
moment in UTC on; before and after the calendar time simply goes on. What is looked for
is found by walking.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.domain.fiscal import FiscalCalendar
from shared.queries.eyes import Surroundings

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DAYS_OF_400_YEARS = 146_097
BEFORE_EVERYTHING = -(10**30)
PERIODS = {
    "annual": [301],
    "semiannual": [201, 202],
    "quarterly": [1, 2, 3, 4],
    "monthly": list(range(101, 113)),
    "four_weekly": list(range(401, 414)),
}


def as_day(value: object) -> int | None:
    """Return the plain day that a text such as 2026-11-21 names."""
    if not isinstance(value, str) or not value.isascii() or len(value) != 10:
        return None
    parts = value.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not "".join(parts).isdigit():
        return None
    year, month, day = map(int, parts)
    if not 1 <= month <= 12 or not 1 <= day <= days_in(year, month) or year == 0:
        return None
    return day_number(year, month, day)


@lru_cache(maxsize=100_000)
def as_instant(value: object) -> int | None:
    """Return the instant that a text names; without an offset it is one of UTC."""
    if not isinstance(value, str) or value[10:11] not in ("T", " "):
        return None
    day, clock = as_day(value[:10]), value[11:]
    ahead: int | None = 0
    if clock.endswith("Z"):
        clock = clock[:-1]
    elif "+" in clock or "-" in clock:
        sign = "+" if "+" in clock else "-"
        clock, _, offset = clock.partition(sign)
        colon = offset[2:3] == ":"
        ahead = clock_of(offset if colon else f"{offset[:2]}:{offset[2:]}")
        ahead = ahead if len(offset) == 4 + colon else None
        ahead = -ahead if ahead is not None and sign == "-" else ahead
    clock, point, fraction = clock.partition(".")
    passed = clock_of(clock)
    if day is None or ahead is None or passed is None:
        return None
    if point:
        is_fraction = fraction.isascii() and fraction.isdigit()
        if len(clock) != 8 or not is_fraction or len(fraction) > 9:
            return None
        passed += int(fraction[:6].ljust(6, "0"))
    return (day - 1) * DAY + passed - ahead


def clock_of(text: str) -> int | None:
    """Return how much of a day has passed at 09:30 or 09:30:00."""
    parts = text.split(":")
    if not 2 <= len(parts) <= 3 or not text.isascii():
        return None
    if any(len(part) != 2 or not part.isdigit() for part in parts):
        return None
    hours, minutes, seconds = [*map(int, parts), 0][:3]
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return hours * HOUR + minutes * MINUTE + seconds * SECOND


def as_moment(value: object, zone: str) -> int | None:
    """Return the instant that a value names; of a day its first moment."""
    day = as_day(value)
    return as_instant(value) if day is None else midnight(day, zone)


def whole_day(value: object, zone: str) -> int | None:
    """Return the day that a value names; of an instant the one it has in the zone."""
    instant = as_instant(value)
    return as_day(value) if instant is None else day_at(instant, zone)


def now_of(around: Surroundings) -> int:
    """Return now as an instant."""
    beginning = datetime(1, 1, 1, tzinfo=around.now.tzinfo)
    return (around.now - beginning) // timedelta(microseconds=1)


def shows(instant: int, zone: str) -> int:
    """Return what the clock on the wall shows, as if it were UTC."""
    # Zones do not change at the ends of the calendar.
    known = min(max(instant, 3 * DAY), 3_652_050 * DAY)
    utc = datetime(1, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(microseconds=known)
    offset = utc.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return instant + offset // timedelta(microseconds=1)


@lru_cache(maxsize=200_000)
def midnight(day: int, zone: str) -> int:
    """Return the first moment of a day: the first at which the wall shows it or more.

    It is walked to by hours, and once more by minutes from some hours before.
    """
    begins = (day - 1) * DAY
    instant = begins - 20 * HOUR
    ahead = shows(instant, zone) - instant
    if shows(begins + 20 * HOUR, zone) == begins + 20 * HOUR + ahead:
        # No clock is moved on these days.
        return begins - ahead
    while shows(instant, zone) < begins:
        instant += HOUR
    instant -= 4 * HOUR
    while shows(instant, zone) < begins:
        instant += MINUTE
    # Local mean time is off by seconds.
    instant -= MINUTE
    while shows(instant, zone) < begins:
        instant += SECOND
    return instant


@lru_cache(maxsize=200_000)
def day_at(instant: int, zone: str) -> int:
    """Return the last day that had begun."""
    day = shows(instant, zone) // DAY + 2
    while midnight(day, zone) > instant:
        day -= 1
    return day


@lru_cache(maxsize=100_000)
def span_of(  # noqa: PLR0911 - one for each kind of span
    operator: str,
    count: int,
    now: int,
    zone: str,
    week_start: int,
    calendar: FiscalCalendar,
) -> tuple[int, int]:
    """Return the first instant of a span, and the first one after it."""
    today = day_at(now, zone)
    back = Units(today, now, zone, week_start, calendar)
    # Seven days are as many as one counts.
    if operator.endswith("-seven-days"):
        operator, count = operator.replace("seven", "x"), 7
    which, _, unit = operator.partition("-x-")
    match which:
        case "olderthan":
            return BEFORE_EVERYTHING, back.start(unit, -count)
        case "last" if unit:
            return back.start(unit, -count), now + 1
        case "next" if unit:
            return now, back.end(unit, count)
        case "yesterday":
            return midnight(today - 1, zone), midnight(today, zone)
        case "today":
            return midnight(today, zone), midnight(today + 1, zone)
        case "tomorrow":
            return midnight(today + 1, zone), midnight(today + 2, zone)
    word, _, unit = operator.partition("-")
    step = {"last": -1, "this": 0, "next": 1}[word]
    return back.whole(unit, step), back.whole(unit, step + 1)


@dataclass(frozen=True, slots=True)
class Units:
    """Counts units of time from today."""

    today: int
    now: int
    zone: str
    week_start: int
    calendar: FiscalCalendar

    def start(self, unit: str, count: int) -> int:
        """Return so many units from today, or from this hour or minute."""
        match unit:
            case "minutes":
                return self.now - self.now % MINUTE + count * MINUTE
            case "hours":
                return self.hour() + count * HOUR
            case "days":
                return midnight(self.today + count, self.zone)
            case "weeks":
                return midnight(self.today + 7 * count, self.zone)
            case "months" | "years":
                months = count * (12 if unit == "years" else 1)
                return midnight(months_after(self.today, months), self.zone)
        return self.whole(unit.removesuffix("s"), count)

    def end(self, unit: str, count: int) -> int:
        """Return the end of so many units from now."""
        match unit:
            case "hours":
                return self.hour() + (count + 1) * HOUR
            case "days":
                return midnight(self.today + count + 1, self.zone)
            case "weeks":
                return midnight(self.today + 7 * count + 1, self.zone)
            case "months":
                return midnight(months_after(self.today + 1, count), self.zone)
            case "years":
                return midnight(months_after(self.today + 1, 12 * count), self.zone)
        return self.whole(unit.removesuffix("s"), count + 1)

    def hour(self) -> int:
        """Return when this hour began, by the clock on the wall."""
        return self.now - shows(self.now, self.zone) % HOUR

    def whole(self, unit: str, step: int) -> int:
        """Return when the unit begins that lies so many from the present one."""
        year, month, _ = civil(self.today)
        match unit:
            case "week":
                day = self.today
                # The first day of all was a Monday.
                while (day - 1) % 7 != self.week_start:
                    day -= 1
                return midnight(day + 7 * step, self.zone)
            case "month":
                first = day_number(year, month, 1)
                return midnight(months_after(first, step), self.zone)
            case "year":
                return midnight(day_number(year + step, 1, 1), self.zone)
            case "fiscal-year":
                its, _, _ = fiscal_of(self.today, self.calendar)
                return midnight(year_start(its + step, self.calendar), self.zone)
        return midnight(self.period(step), self.zone)

    def period(self, step: int) -> int:
        """Return the first day of a fiscal period; whole years are stepped at once."""
        year, code, _ = fiscal_of(self.today, self.calendar)
        codes = [its for its, _ in periods_of(year, self.calendar)]
        years, place = divmod(codes.index(code) + step, len(codes))
        return periods_of(year + years, self.calendar)[place][1]


def day_number(year: int, month: int, day: int) -> int:
    """Return the number of a day, also before the first year and after the last."""
    cycles, rest = divmod(year - 1, 400)
    return date(rest + 1, month, day).toordinal() + cycles * DAYS_OF_400_YEARS


def civil(day: int) -> tuple[int, int, int]:
    """Return year, month and day of the month of a day."""
    cycles, rest = divmod(day - 1, DAYS_OF_400_YEARS)
    found = date.fromordinal(rest + 1)
    return found.year + 400 * cycles, found.month, found.day


def days_in(year: int, month: int) -> int:
    """Return how many days a month has."""
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return [31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][
        month - 1
    ]


def months_after(day: int, months: int) -> int:
    """Return the same day of another month, or that month's last one."""
    year, month, its = civil(day)
    years, month = divmod(month - 1 + months, 12)
    year, month = year + years, month + 1
    return day_number(year, month, min(its, days_in(year, month)))


def year_start(year: int, calendar: FiscalCalendar) -> int:
    """Return the first day of a fiscal year."""
    if calendar.year_named_by == "end" and calendar.start != "01-01":
        year -= 1
    last = days_in(year, calendar.month)
    return day_number(year, calendar.month, min(calendar.day, last))


def periods_of(year: int, calendar: FiscalCalendar) -> list[tuple[int, int]]:
    """Return code and first day of each period of a fiscal year."""
    begins = year_start(year, calendar)
    codes = PERIODS[calendar.template]
    if calendar.template == "four_weekly":
        return [(code, begins + 28 * place) for place, code in enumerate(codes)]
    if calendar.template == "monthly":
        # Called after the month of the calendar.
        codes = codes[calendar.month - 1 :] + codes[: calendar.month - 1]
    months = 12 // len(codes)
    return [
        (code, months_after(begins, place * months)) for place, code in enumerate(codes)
    ]


@lru_cache(maxsize=100_000)
def fiscal_of(day: int, calendar: FiscalCalendar) -> tuple[int, int, tuple[int, int]]:
    """Return year, code, and first and last day of the period that a day lies in."""
    year, _, _ = civil(day)
    for its in (year - 1, year, year + 1):
        periods = periods_of(its, calendar)
        ends = [first for _, first in periods[1:]] + [year_start(its + 1, calendar)]
        for (code, first), end in zip(periods, ends, strict=True):
            if first <= day < end:
                return its, code, (first, end - 1)
    raise AssertionError(f"day {day} lies in no fiscal year")

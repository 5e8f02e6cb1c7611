"""The spans of relative operators, said in SQL: from which instant to which."""

from dataclasses import dataclass
from typing import Final

from shared.queries.arguments import Arguments
from shared.queries.conditions import Condition
from shared.queries.eyes import Eyes
from shared.queries.operators import Operator

_DAYS: Final = {"days": 1, "weeks": 7}
_MONTHS: Final = {"months": 1, "years": 12}
_BEGINNING: Final = "'-infinity'::timestamptz"


@dataclass(frozen=True, slots=True)
class Span:
    """Two instants as SQL says them; the later one is left out."""

    opens: str
    closes: str


def span_of(condition: Condition, eyes: Eyes, arguments: Arguments) -> Span:
    """Return the span of a relative operator."""
    reckoned = _Reckoned(eyes, arguments)
    if not condition.values:
        return reckoned.whole(condition.operator)
    return reckoned.counted(condition.operator, int(condition.values[0]))


def calendar_of(eyes: Eyes, arguments: Arguments) -> str:
    """Return month, day and template of the fiscal calendar, as functions take them."""
    calendar = eyes.around.calendar
    return ", ".join(
        (
            arguments.add(calendar.month, "integer"),
            arguments.add(calendar.day, "integer"),
            arguments.add(str(calendar.template), "text"),
        )
    )


class _Reckoned:
    """Reckons from one now, in one zone."""

    def __init__(self, eyes: Eyes, arguments: Arguments) -> None:
        self._eyes, self._arguments = eyes, arguments
        self._zone = arguments.add(eyes.time_zone, "text")
        self._now = arguments.add(eyes.around.now, "timestamptz")
        self._today = f"rollup.day_at({self._now}, {self._zone})"
        # The microsecond after now: what ends at now includes it.
        self._after_now = f"({self._now} + interval '1 microsecond')"

    def whole(self, operator: Operator) -> Span:
        """Return the span of an operator that counts nothing."""
        match operator:
            case Operator.YESTERDAY:
                return self._days(-1, 0)
            case Operator.TODAY:
                return self._days(0, 1)
            case Operator.TOMORROW:
                return self._days(1, 2)
            case Operator.LAST_SEVEN_DAYS:
                return self._last(self._midnight(f"{self._today} - 7"))
            case Operator.NEXT_SEVEN_DAYS:
                return self._next(self._midnight(f"{self._today} + 8"))
        which, _, unit = operator.partition("-")
        place = {"last": -1, "this": 0, "next": 1}[which]
        return Span(self._unit(unit, place), self._unit(unit, place + 1))

    def counted(self, operator: Operator, count: int) -> Span:
        """Return the span of so many units."""
        which, _, unit = operator.partition("-x-")
        match which:
            case "last":
                return self._last(self._back(unit, count))
            case "next":
                return self._next(self._ahead(unit, count))
            case _:
                return Span(_BEGINNING, self._back(unit, count))

    def _last(self, opens: str) -> Span:
        return Span(opens, self._after_now)

    def _next(self, closes: str) -> Span:
        return Span(self._now, closes)

    def _days(self, first: int, after: int) -> Span:
        return Span(
            self._midnight(f"{self._today} + ({first})"),
            self._midnight(f"{self._today} + ({after})"),
        )

    def _midnight(self, day: str) -> str:
        return f"rollup.midnight({day}, {self._zone})"

    def _unit(self, unit: str, place: int) -> str:
        """Return when the unit begins that is so many after the present one."""
        if unit == "week":
            start = self._arguments.add(self._eyes.around.week_start, "integer")
            week = f"rollup.week_of({self._today}, {start})"
            return self._midnight(f"{week} + ({7 * place})")
        if unit in ("month", "year"):
            begins = f"date_trunc('{unit}', {self._today}::timestamp)::date"
            return self._months(begins, place * (12 if unit == "year" else 1))
        return self._fiscal(unit.removeprefix("fiscal-"), place)

    def _months(self, day: str, months: int) -> str:
        return self._midnight(f"rollup.months_after({day}, {months})")

    def _fiscal(self, unit: str, place: int) -> str:
        calendar = calendar_of(self._eyes, self._arguments)
        counted = f"rollup.fiscal_period_at({self._today}, {calendar})"
        if unit == "year":
            template = calendar.rsplit(", ", maxsplit=1)[-1]
            periods = f"rollup.fiscal_periods({template})"
            counted = f"({counted} / {periods} + ({place})) * {periods}"
        else:
            counted = f"{counted} + ({place})"
        return self._midnight(f"rollup.fiscal_start({counted}, {calendar})")

    def _back(self, unit: str, count: int) -> str:
        """Return so many units before the present one, or before today."""
        match unit:
            case "minutes":
                minute = f"date_trunc('minute', {self._now})"
                return f"({minute} - interval '{count} minutes')"
            case "hours":
                return f"({self._hour()} - interval '{count} hours')"
            case "days" | "weeks":
                days = count * _DAYS[unit]
                return self._midnight(f"{self._today} - {days}")
            case "months" | "years":
                return self._months(self._today, -count * _MONTHS[unit])
            case _:
                return self._fiscal(unit.removeprefix("fiscal-")[:-1], -count)

    def _ahead(self, unit: str, count: int) -> str:
        """Return where the span ends that has so many units after the present one."""
        match unit:
            case "hours":
                return f"({self._hour()} + interval '{count + 1} hours')"
            case "days" | "weeks":
                days = count * _DAYS[unit] + 1
                return self._midnight(f"{self._today} + {days}")
            case "months" | "years":
                return self._months(f"({self._today} + 1)", count * _MONTHS[unit])
            case _:
                return self._fiscal(unit.removeprefix("fiscal-")[:-1], count + 1)

    def _hour(self) -> str:
        return f"rollup.hour_at({self._now}, {self._zone})"

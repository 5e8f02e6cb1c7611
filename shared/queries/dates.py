"""Tests of dates: days, spans around now, and fiscal years and periods."""

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from shared.domain.fiscal import codes_of
from shared.domain.periods import when_of
from shared.domain.records import AttributeValue
from shared.queries.conditions import Condition
from shared.queries.eyes import Eyes, Sight
from shared.queries.moments import (
    day_at,
    day_of,
    midnight,
    text_of_day,
)
from shared.queries.operators import Operator
from shared.queries.spans import NEVER, Span, reach_of
from shared.queries.units import (
    Frame,
    Unit,
    first_day,
    fiscal_period,
    fiscal_year,
    number_at,
    place_of,
)
from shared.queries.values import Test
from shared.queries.windows import windows_on

_MINUTE: Final = timedelta(minutes=1)


def span_test(condition: Condition) -> Test:
    """Return whether a date lies in a span around now, and notes when that changes."""
    through = windows_on(reach_of(condition.operator, condition.values)).through

    def lies_in_span(value: AttributeValue, eyes: Eyes, sight: Sight) -> bool:
        when = when_of(value)
        if when is None:
            return False
        now = eyes.around.now
        window = through(eyes)
        span = window.span(now)
        if _lies_before(when, span):
            return False
        is_inside = not _lies_behind(when, span)
        again = window.leaves_at(when) if is_inside else window.enters_at(when)
        if again is not None:
            # What was reckoned too early is the next minute.
            sight.again(again if again > now else now + _MINUTE)
        return is_inside

    return lies_in_span


def day_test(condition: Condition) -> Test:
    """Return whether a date's day is one day, or lies to one side of it."""
    wanted = when_of(condition.values[0])
    operator = condition.operator

    def lies_on(value: AttributeValue, eyes: Eyes, _sight: Sight) -> bool:
        when = when_of(value)
        if when is None or wanted is None:
            return False
        return _fits(operator, when, _whole_day(wanted, eyes.time_zone))

    return lies_on


def fiscal_test(condition: Condition) -> Test:
    """Return whether a date lies in a fiscal year or period, or to one side of it.

    A code that the present template lacks is matched by nothing.
    """
    numbers = tuple(int(Decimal(value)) for value in condition.values)
    operator = condition.operator
    if operator is Operator.IN_FISCAL_PERIOD:
        return _period_of_any_year(numbers[0])

    def lies_in(value: AttributeValue, eyes: Eyes, _sight: Sight) -> bool:
        when = when_of(value)
        if when is None:
            return False
        around = eyes.around
        frame = Frame(eyes.time_zone, around.week_start, around.calendar)
        return _fits(operator, when, _fiscal(numbers, frame))

    return lies_in


def _period_of_any_year(code: int) -> Test:
    def lies_in(value: AttributeValue, eyes: Eyes, _sight: Sight) -> bool:
        when = when_of(value)
        if when is None:
            return False
        around = eyes.around
        frame = Frame(eyes.time_zone, around.week_start, around.calendar)
        day = day_of(when) if isinstance(when, str) else day_at(when, frame.zone)
        return _place_at(day, frame) == place_of(code, frame.calendar)

    return lies_in


@lru_cache(maxsize=50_000)
def _place_at(day: int, frame: Frame) -> int:
    """Return how many periods of its fiscal year come before a day's."""
    number = number_at(Unit.FISCAL_PERIOD, day, frame)
    return number % len(codes_of(frame.calendar.template))


def _lies_before(when: str | int, span: Span) -> bool:
    if isinstance(when, int):
        return when < span.opens
    return when < span.first_day


def _lies_behind(when: str | int, span: Span) -> bool:
    if isinstance(when, int):
        return when >= span.closes
    return when > span.last_day


def _fits(operator: Operator, when: str | int, span: Span) -> bool:
    if span is NEVER:
        return False
    if operator in _AND_BEFORE:
        return not _lies_behind(when, span)
    if operator in _AND_AFTER:
        return not _lies_before(when, span)
    return not (_lies_before(when, span) or _lies_behind(when, span))


_AND_BEFORE: Final = (
    Operator.ON_OR_BEFORE,
    Operator.IN_OR_BEFORE_FISCAL_PERIOD_AND_YEAR,
)
_AND_AFTER: Final = (
    Operator.ON_OR_AFTER,
    Operator.IN_OR_AFTER_FISCAL_PERIOD_AND_YEAR,
)


@lru_cache(maxsize=50_000)
def _whole_day(when: str | int, zone: str) -> Span:
    day = day_of(when) if isinstance(when, str) else day_at(when, zone)
    return _days(day, day, zone)


@lru_cache(maxsize=10_000)
def _fiscal(numbers: tuple[int, ...], frame: Frame) -> Span:
    """Return a fiscal year (its number) or period (its code, and its year's number)."""
    *code, label = numbers
    if not code:
        unit, number = Unit.FISCAL_YEAR, fiscal_year(label, frame.calendar)
    else:
        period = fiscal_period(label, code[0], frame.calendar)
        if period is None:
            return NEVER
        unit, number = Unit.FISCAL_PERIOD, period
    return _days(
        first_day(unit, number, frame),
        first_day(unit, number + 1, frame) - 1,
        frame.zone,
    )


def _days(first: int, last: int, zone: str) -> Span:
    return Span(
        text_of_day(first),
        text_of_day(last),
        midnight(first, zone),
        midnight(last + 1, zone),
    )

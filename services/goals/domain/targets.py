"""What a goal aims at: targets of the metric's type, and what they are today."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.goals.domain.errors import (
    STRETCH_NOT_TRACKED,
    TARGET_NEGATIVE,
    TARGET_TOO_LARGE,
    TARGET_TOO_PRECISE,
    RefusedError,
)
from services.goals.domain.metrics import DefinedMetric
from shared.domain.amounts import (
    PERCENTAGE_DECIMALS,
    WHOLE_DIGITS_MAX,
    divide_half_even,
    text_of,
    units_of,
)
from shared.domain.periods import Period

# Today's target has the places of money, whatever the metric's type.
TODAY_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """Where the goal should be today."""

    target: str | None
    percentage_of_period: str


def target_of(
    value: Decimal | None, metric: DefinedMetric, *, goal_id: str, field: str
) -> str | None:
    """Return the target as text of the metric's type, or refuse it."""
    if value is None:
        return None
    if value < 0:
        raise RefusedError(
            TARGET_NEGATIVE,
            f"{field} of goal {goal_id} is negative; targets are 0 or more",
            field=field,
        )
    places = metric.target_decimals
    if value.adjusted() >= WHOLE_DIGITS_MAX:
        raise RefusedError(
            TARGET_TOO_LARGE,
            f"{field} of goal {goal_id} has more than {WHOLE_DIGITS_MAX} digits before "
            "the point",
            field=field,
        )
    units = units_of(value, places)
    if units is None or Decimal(units).scaleb(-places) != value:
        raise RefusedError(
            TARGET_TOO_PRECISE,
            f"{field} of goal {goal_id} has more decimals than metric {metric.id} "
            f"allows; give at most {places}",
            field=field,
        )
    return text_of(units, places)


def stretch_target_of(
    value: Decimal | None, metric: DefinedMetric, *, goal_id: str
) -> str | None:
    """Return the stretch target as text, or refuse it where none is tracked."""
    if value is not None and not metric.stretch_tracked:
        raise RefusedError(
            STRETCH_NOT_TRACKED,
            f"metric {metric.id} tracks no stretch target, and goal {goal_id} gives "
            "one; leave stretch_target out",
            field="stretch_target",
        )
    return target_of(value, metric, goal_id=goal_id, field="stretch_target")


def today_of(target: str | None, period: Period, today: date) -> Today:
    """Return the share of the period that has passed, and that share of the target."""
    passed, whole = days_passed(period, today)
    return Today(
        target=None if target is None else _share(target, passed, whole),
        percentage_of_period=text_of(
            divide_half_even(passed * 100 * 10**PERCENTAGE_DECIMALS, whole),
            PERCENTAGE_DECIMALS,
        ),
    )


def days_passed(period: Period, today: date) -> tuple[int, int]:
    """Return how many of how many days have passed; a one-day period is 0 or 1 of 1."""
    whole = (period.end - period.start).days
    if whole == 0:
        return int(today >= period.start), 1
    return min(max((today - period.start).days, 0), whole), whole


def _share(target: str, passed: int, whole: int) -> str:
    units = units_of(target, TODAY_DECIMALS) or 0
    return text_of(divide_half_even(units * passed, whole), TODAY_DECIMALS)

"""Where a goal should be today, how it stands to that, and where it may end.

These formulas stand nowhere else: whoever shows a pace or a finish asks here. They go
by days, as today's target does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.goals.domain.exact_sums import difference_of, in_units
from services.goals.domain.targets import days_passed, today_of
from shared.domain.amounts import divide_half_even, text_of
from shared.domain.periods import Period

INDEX_DECIMALS: Final = 4

# In percent; products of whole numbers are compared with them, and nothing is rounded.
_HUNDRED: Final = 100
_TOO_EARLY: Final = 5
_AHEAD: Final = 105
_ON_PACE: Final = 95
_AT_RISK: Final = 80

_QUARTER: Final = 4
_DAY: Final = timedelta(days=1)


class PaceStatus(StrEnum):
    """The one word for where a goal is."""

    TOO_EARLY = "too_early"
    BEHIND = "behind"
    AT_RISK = "at_risk"
    ON_PACE = "on_pace"
    AHEAD = "ahead"
    REACHED = "reached"


class Rule(StrEnum):
    """By what a finish is estimated."""

    WHOLE_PERIOD = "whole_period"
    LAST_QUARTER = "last_quarter"
    IN_PROGRESS = "in_progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Where a goal should be today, and how its actual stands to that."""

    percentage_of_period: str
    # Today's target; null: it aims at nothing.
    target: str | None
    # Actual by today's target, 1 where it is just right.
    index: str | None
    status: PaceStatus | None
    # Actual less today's target.
    gap: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Where a goal ends by one rule."""

    rule: Rule
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Where a goal may end: at the rate so far, and between which estimates."""

    low: str
    expected: str
    high: str
    by: Sequence[Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Actual and target in the same units, and how many of how many days are gone."""

    actual: int
    target: int
    passed: int
    whole: int

    @property
    def index(self) -> str | None:
        """Actual by what is due; nothing is due on the first day."""
        due = self.target * self.passed
        if not due:
            return None
        ratio = self.actual * self.whole * 10**INDEX_DECIMALS
        return text_of(divide_half_even(ratio, due), INDEX_DECIMALS)

    def has_share(self, percent: int) -> bool:
        """Tell whether actual is so much of what is due, or more."""
        return self._against(percent) >= 0

    def exceeds_share(self, percent: int) -> bool:
        """Tell whether actual is more than so much of what is due."""
        return self._against(percent) > 0

    def _against(self, percent: int) -> int:
        reached = self.actual * self.whole * _HUNDRED
        return reached - self.target * self.passed * percent


def pace_of(
    target: str | None, actual: str | None, period: Period, today: date
) -> Pace:
    """Return how a goal stands to where it should be."""
    due = today_of(target, period, today)
    index, status = None, None
    if target is not None and actual is not None:
        (reached, aimed), _ = in_units([actual, target])
        passed, whole = days_passed(period, today)
        standing = _Standing(actual=reached, target=aimed, passed=passed, whole=whole)
        index = standing.index
        status = _status(standing, is_over=today > period.end)
    return Pace(
        percentage_of_period=due.percentage_of_period,
        target=due.target,
        index=index,
        status=status,
        gap=difference_of(actual, due.target),
    )


def days_back(period: Period, today: date) -> timedelta | None:
    """Return how long the last quarter of the elapsed time is, a day at least.

    None: there is nothing to project, because it is too early or the period is over.
    """
    passed, whole = days_passed(period, today)
    if today > period.end or _is_too_early(passed, whole):
        return None
    return max(passed, _QUARTER) * _DAY / _QUARTER


def finish_of(
    *,
    actual: str | None,
    in_progress: str | None,
    recently: str | None,
    period: Period,
    today: date,
    places: int,
) -> Finish | None:
    """Return where a goal may end, with so many decimals.

    `recently` is what it showed `days_back` ago; None: nobody knows.
    """
    if actual is None or days_back(period, today) is None:
        return None
    passed, whole = days_passed(period, today)
    # What is unknown has no part in what follows.
    texts = [actual, in_progress or "0", recently or "0"]
    (now, coming, before), kept = in_units(texts, least=places)
    found = {Rule.WHOLE_PERIOD: (now * whole, passed)}
    if recently is not None:
        days = max(passed, _QUARTER)
        grown = (now - before) * (whole - passed) * _QUARTER
        found[Rule.LAST_QUARTER] = (now * days + grown, days)
    if in_progress is not None:
        found[Rule.IN_PROGRESS] = (now + coming, 1)
    unit = 10 ** (kept - places)
    rounded = {
        rule: divide_half_even(units, parts * unit)
        for rule, (units, parts) in found.items()
    }
    return Finish(
        low=text_of(min(rounded.values()), places),
        expected=text_of(rounded[Rule.WHOLE_PERIOD], places),
        high=text_of(max(rounded.values()), places),
        by=[
            Estimate(rule=rule, value=text_of(units, places))
            for rule, units in rounded.items()
        ],
    )


def _status(standing: _Standing, *, is_over: bool) -> PaceStatus | None:
    if standing.target <= 0:
        return None
    if standing.actual >= standing.target:
        return PaceStatus.REACHED
    if is_over:
        # However near it came, nothing more is to come.
        return PaceStatus.BEHIND
    if _is_too_early(standing.passed, standing.whole):
        return PaceStatus.TOO_EARLY
    return _word_for(standing)


def _word_for(standing: _Standing) -> PaceStatus:
    if standing.exceeds_share(_AHEAD):
        return PaceStatus.AHEAD
    if standing.has_share(_ON_PACE):
        return PaceStatus.ON_PACE
    at_risk = standing.has_share(_AT_RISK)
    return PaceStatus.AT_RISK if at_risk else PaceStatus.BEHIND


def _is_too_early(passed: int, whole: int) -> bool:
    return passed * _HUNDRED < whole * _TOO_EARLY

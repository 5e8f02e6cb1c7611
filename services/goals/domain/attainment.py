"""What reports say of one goal: its numbers, its pace, how it was, what came before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.goals.domain.exact_sums import difference_of
from services.goals.domain.history import Shown
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.numbers import (
    GoalNumbers,
    percentage_of,
    texts_of,
)
from services.goals.domain.pace import Finish, Pace, days_back, finish_of, pace_of
from services.goals.domain.splitting import day_before
from shared.domain.goals import SLOTS, Goal, GoalId, Slot
from shared.domain.periods import Period

Values = Mapping[Slot, str | None]

_NOTHING: Values = dict.fromkeys(SLOTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a goal showed at an earlier instant, and how much has changed since."""

    values: Values
    change: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
    """A goal, and how far it has come."""

    goal: Goal
    metric: DefinedMetric
    # None: it has none yet, or only some of another metric.
    numbers: GoalNumbers | None
    values: Values
    percentage: str | None
    pace: Pace
    finish: Finish | None
    earlier: Earlier | None = None
    # Null also where not everything below may be known.
    children_target: str | None = None
    # The goal of the period before, never with one of its own.
    previous: "Attained | None" = None


def attained(
    goal: Goal,
    metric: DefinedMetric,
    numbers: GoalNumbers | None,
    now: datetime,
    recently: Shown | None = None,
) -> Attained:
    """Return how far a goal has come; it showed `recently` `looked_back` ago."""
    numbers = of_its_metric(goal, numbers)
    values = values_of(numbers)
    today = day_in(goal.period.time_zone, now)
    return Attained(
        goal=goal,
        metric=metric,
        numbers=numbers,
        values=values,
        percentage=None if numbers is None else percentage_of(goal.target, numbers),
        pace=pace_of(goal.target, values[Slot.ACTUAL], goal.period, today),
        finish=(
            None
            if numbers is None or stands_still(goal, numbers)
            else finish_of(
                actual=values[Slot.ACTUAL],
                in_progress=values[Slot.IN_PROGRESS],
                recently=None if recently is None else recently.values[Slot.ACTUAL],
                period=goal.period,
                today=today,
                places=numbers.decimals,
            )
        ),
    )


def of_its_metric(goal: Goal, numbers: GoalNumbers | None) -> GoalNumbers | None:
    """Return a goal's numbers, unless they were made by another metric."""
    if numbers is None or numbers.metric_id != goal.metric_id:
        return None
    return numbers


def stands_still(goal: Goal, numbers: GoalNumbers) -> bool:
    """Tell whether no rate says anything of where the goal ends."""
    return numbers.frozen or not goal.is_open


def values_of(numbers: GoalNumbers | None) -> Values:
    """Return what a goal shows."""
    return _NOTHING if numbers is None else texts_of(numbers.shown, numbers.decimals)


def day_in(time_zone: str, now: datetime) -> date:
    """Return which day it is in a time zone."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def looked_back(period: Period, now: datetime) -> timedelta | None:
    """Return how far back a goal's finish looks; None: it has none."""
    return days_back(period, day_in(period.time_zone, now))


def earlier_of(now: Values, shown: Shown | None) -> Earlier | None:
    """Return what was shown then beside what has changed; None: nobody knows."""
    if shown is None:
        return None
    return Earlier(
        values=shown.values,
        change={slot: difference_of(now[slot], shown.values[slot]) for slot in SLOTS},
    )


def previous_goals(
    goals: Sequence[Goal], candidates: Sequence[Goal]
) -> Mapping[GoalId, Goal]:
    """Return for each goal the one of the period before, where that is clear.

    It has the same metric and ends the day before. The one that a goal was cloned from
    comes first, then its owner's only one of the same title, then his only one.
    """
    by_id = {goal.id: goal for goal in candidates}
    by_owner: dict[tuple[object, ...], list[Goal]] = {}
    for goal in candidates:
        bearer = (goal.owner, goal.metric_id, goal.period.end)
        by_owner.setdefault(bearer, []).append(goal)
        by_owner.setdefault((*bearer, goal.title), []).append(goal)
    found: dict[GoalId, Goal] = {}
    for goal in goals:
        bearer = (goal.owner, goal.metric_id, day_before(goal))
        source = by_id.get(goal.cloned_from or GoalId(""))
        namesakes = by_owner.get((*bearer, goal.title), [])
        several = namesakes or by_owner.get(bearer, [])
        if source is not None and _is_right_before(source, goal):
            found[goal.id] = source
        elif len(several) == 1:
            found[goal.id] = several[0]
    return found


def _is_right_before(source: Goal, goal: Goal) -> bool:
    ends = source.period.end
    return source.metric_id == goal.metric_id and ends == day_before(goal)

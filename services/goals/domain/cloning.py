"""A tree made anew for the period that follows, with its targets raised."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from services.goals.domain.directory import NEW
from services.goals.domain.errors import (
    ID_TAKEN,
    INVALID_FIELD,
    NOT_A_ROOT,
    PERIOD_CANNOT_FOLLOW,
    TOO_MANY_ITEMS,
    RefusedError,
)
from services.goals.domain.goals import NO_NUMBER
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.periods import GivenPeriod, chosen_period
from services.goals.domain.targets import target_of
from shared.domain.amounts import divide_half_even, text_of, units_of
from shared.domain.fiscal import (
    FiscalCalendar,
    FiscalYearOutOfRangeError,
    UnknownPeriodError,
    days_of,
    following,
    months_after,
)
from shared.domain.goals import ID_LENGTH_MAX, Goal, GoalId, GoalState
from shared.domain.periods import YEAR_MAX, FiscalLabel, Period

# As many goals as one request creates.
CLONED_MAX: Final = 10_000

_DAY: Final = timedelta(days=1)
_MONTHS_OF_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneOrder:
    """What a tree is to become."""

    # None: the one that follows.
    period: GivenPeriod | None = None
    uplift_percent: Decimal = Decimal(0)
    # None: each goal gets an id that was made for it.
    id_suffix: str | None = None


def down_from(root: Goal, descendants: Sequence[Goal]) -> Sequence[Goal]:
    """Return the root and all below it, parents before their children.

    What was given up is not begun anew, nor what lies below it.
    """
    children: dict[GoalId | None, list[Goal]] = {}
    for goal in descendants:
        children.setdefault(goal.parent_id, []).append(goal)
    tree = [root]
    # It grows while it is walked.
    for goal in tree:
        tree += [
            child
            for child in children.get(goal.id, [])
            if child.state is not GoalState.DISCARDED
        ]
    return tree


def check_clonable(root: Goal, *, goals: int) -> None:
    """Refuse to clone a part of a tree, or one that is larger than a request."""
    if root.parent_id is not None:
        raise RefusedError(
            NOT_A_ROOT,
            f"goal {root.id} lies under another goal, whose tree has one period; clone "
            "the root",
            field="parent_id",
        )
    if goals > CLONED_MAX:
        raise RefusedError(
            TOO_MANY_ITEMS,
            f"the tree of goal {root.id} has {goals} goals, {CLONED_MAX} can be cloned "
            "at once; clone it in parts: make its children roots first",
        )


def period_of_clone(root: Goal, order: CloneOrder, calendar: FiscalCalendar) -> Period:
    """Return the period that was given, or else the one that follows the root's."""
    if order.period is not None:
        return chosen_period(
            root.id, order.period, time_zone=root.period.time_zone, calendar=calendar
        )
    label = root.period.fiscal
    if label is not None:
        return _following_fiscal_period(root, label, calendar)
    return _following_days(root)


def ids_of_clones(
    goals: Sequence[Goal], order: CloneOrder, make_id: Callable[[], GoalId]
) -> Mapping[GoalId, GoalId]:
    """Return for each goal the id of the one that is made from it."""
    if order.id_suffix is None:
        return {goal.id: make_id() for goal in goals}
    ids = {goal.id: GoalId(goal.id + order.id_suffix) for goal in goals}
    for one in ids.values():
        if len(one) > ID_LENGTH_MAX:
            raise RefusedError(
                INVALID_FIELD,
                f"the id {one} would have {len(one)} characters, {ID_LENGTH_MAX} are "
                "allowed; choose a shorter id_suffix, or leave it out",
                field="id_suffix",
            )
    return ids


def check_ids_free(taken: Collection[str]) -> None:
    """Refuse ids that goals have already."""
    if taken:
        raise RefusedError(
            ID_TAKEN,
            f"goal {min(taken)} exists already; choose another id_suffix, or leave it "
            "out",
            field="id_suffix",
        )


def cloned_tree(
    goals: Sequence[Goal],
    ids: Mapping[GoalId, GoalId],
    period: Period,
    metric: DefinedMetric,
    order: CloneOrder,
) -> Sequence[Goal]:
    """Return the goals anew, parents first as they are given."""
    targets = _raised(goals, metric, order, field="target")
    stretches = _raised(goals, metric, order, field="stretch_target")
    return [
        replace(
            goal,
            number=NO_NUMBER,
            id=ids[goal.id],
            version=NEW,
            parent_id=None if goal.parent_id is None else ids[goal.parent_id],
            period=period,
            target=targets.get(goal.id),
            stretch_target=stretches.get(goal.id),
            state=GoalState.OPEN,
            override=None,
            cloned_from=goal.id,
        )
        for goal in goals
    ]


def _following_fiscal_period(
    root: Goal, label: FiscalLabel, calendar: FiscalCalendar
) -> Period:
    try:
        after = following(calendar, label.year, label.code)
        start, end = days_of(calendar, after.year, after.code)
    except (UnknownPeriodError, FiscalYearOutOfRangeError) as fault:
        raise _cannot_follow(root, str(fault)) from None
    if start <= root.period.end:
        # The goal keeps the days of the calendar that its period was chosen by.
        raise _cannot_follow(
            root,
            f"by the present calendar period {after.code} of fiscal year {after.year} "
            f"begins on {start}, before the goal ends on {root.period.end}",
        )
    return replace(root.period, start=start, end=end, fiscal=after)


def _following_days(root: Goal) -> Period:
    start, last = root.period.start, root.period.end
    begins = last + _DAY
    if start.day == 1 and begins.day == 1:
        months = (begins.year - start.year) * _MONTHS_OF_A_YEAR
        ends = months_after(begins, months + begins.month - start.month) - _DAY
    else:
        ends = last + (begins - start)
    if ends.year > YEAR_MAX:
        raise _cannot_follow(root, f"it would end after the year {YEAR_MAX}")
    return replace(root.period, start=begins, end=ends)


def _cannot_follow(root: Goal, why: str) -> RefusedError:
    return RefusedError(
        PERIOD_CANNOT_FOLLOW,
        f"nothing can follow the period of goal {root.id}: {why}; say which period the "
        "clone is to have",
        field="period",
    )


def _raised(
    goals: Sequence[Goal], metric: DefinedMetric, order: CloneOrder, *, field: str
) -> Mapping[GoalId, str | None]:
    """Return all targets raised; exact sums of children stay exact sums."""
    places = metric.target_decimals
    before = {
        goal.id: units_of(text, places) or 0
        for goal in goals
        if (text := getattr(goal, field)) is not None
    }
    raised = _raised_units(goals, before, order.uplift_percent)
    return {
        goal_id: target_of(
            Decimal(text_of(units, places)), metric, goal_id=goal_id, field=field
        )
        for goal_id, units in raised.items()
    }


def _raised_units(
    goals: Sequence[Goal], before: Mapping[GoalId, int], percent: Decimal
) -> Mapping[GoalId, int]:
    # A hundred becomes as much more, as a fraction of whole numbers.
    more, parts = percent.as_integer_ratio()
    children: dict[GoalId, list[GoalId]] = {}
    after: dict[GoalId, int] = {}
    # Parents come first in `goals`, and here last: what they are made of is there.
    for goal in reversed(goals):
        if goal.id not in before:
            continue
        if goal.parent_id is not None:
            children.setdefault(goal.parent_id, []).append(goal.id)
        below = children.get(goal.id, [])
        if below and before[goal.id] == sum(before[one] for one in below):
            after[goal.id] = sum(after[one] for one in below)
        else:
            after[goal.id] = divide_half_even(
                before[goal.id] * (100 * parts + more), 100 * parts
            )
    return after

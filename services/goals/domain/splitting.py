"""A parent's target, split over its children so that the sum is exact.

Each child first gets its share rounded down, in units of the metric's targets. What is
then left over goes to the largest remainders, one unit each, ties by id: so every child
is within one unit of its exact share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from services.goals.domain.errors import (
    NO_CHILDREN,
    NO_LAST_PERIOD,
    NO_TARGET,
    STRETCH_NOT_TRACKED,
    WEIGHTS_INCOMPLETE,
    WEIGHTS_ZERO,
    RefusedError,
)
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.numbers import GoalNumbers
from services.goals.domain.states import check_open
from services.goals.domain.targets import target_of
from shared.domain.amounts import text_of, units_of
from shared.domain.goals import Goal, GoalId, GoalNumber, Principal, Slot

# How many goals an error names.
_NAMED_MAX: Final = 5
_DAY: Final = timedelta(days=1)

Weights = Mapping[GoalId, Fraction]


class SplitBy(StrEnum):
    """What the shares are measured by."""

    EQUAL = "equal"
    WEIGHTS = "weights"
    LAST_PERIOD = "last_period"


class SplitField(StrEnum):
    """Which of the two targets is split."""

    TARGET = "target"
    STRETCH_TARGET = "stretch_target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How somebody wants a target split."""

    by: SplitBy
    # For each child; only with `by` weights.
    weights: Mapping[GoalId, Decimal] = field(default_factory=dict)
    field: SplitField = SplitField.TARGET
    # In place of what the parent aims at.
    total: Decimal | None = None


def split_goals(
    parent: Goal,
    children: Sequence[Goal],
    metric: DefinedMetric,
    split: Split,
    weights: Weights,
) -> Sequence[Goal]:
    """Return the children with targets that add up to the total, or refuse."""
    units = units_of(_total_of(parent, metric, split), metric.target_decimals) or 0
    if not any(weights.values()):
        raise RefusedError(
            WEIGHTS_ZERO,
            f"the weights of all children of goal {parent.id} are 0, so nothing says "
            "who gets what; give one of them a weight above 0, or split equally",
            field="weights" if split.by is SplitBy.WEIGHTS else "by",
        )
    shares = shares_of(units, weights)
    return [
        _aiming_at(
            child, split.field, text_of(shares[child.id], metric.target_decimals)
        )
        for child in children
    ]


def shares_of(units: int, weights: Weights) -> Mapping[GoalId, int]:
    """Return whole shares in proportion to the weights; their sum is `units`."""
    whole = sum(weights.values())
    exact = {one: units * weight / whole for one, weight in weights.items()}
    shares = {one: int(share) for one, share in exact.items()}
    left_over = units - sum(shares.values())
    by_remainder = sorted(exact, key=lambda one: (shares[one] - exact[one], one))
    for one in by_remainder[:left_over]:
        shares[one] += 1
    return shares


def check_children(parent: Goal, children: Sequence[Goal], split: Split) -> None:
    """Refuse to split over nobody, or over a goal that stands still."""
    for child in children:
        check_open(child, split.field)
    if not children:
        raise RefusedError(
            NO_CHILDREN,
            f"goal {parent.id} has no children to split its target over; create goals "
            f"with parent_id {parent.id} first",
        )


def equal_weights(children: Sequence[Goal]) -> Weights:
    """Return the same weight for every child."""
    return {child.id: Fraction(1) for child in children}


def given_weights(parent: Goal, children: Sequence[Goal], split: Split) -> Weights:
    """Return the weights that were given, one for each child and no other."""
    ids = {child.id for child in children}
    missing = sorted(ids - split.weights.keys())
    if missing:
        raise RefusedError(
            WEIGHTS_INCOMPLETE,
            f"weights lacks {_named(missing)} of goal {parent.id}'s children; give "
            "every child a weight, 0 where it is to get nothing",
            field="weights",
        )
    unknown = sorted(split.weights.keys() - ids)
    if unknown:
        raise RefusedError(
            WEIGHTS_INCOMPLETE,
            f"weights names {_named(unknown)}, not right under goal {parent.id}; "
            f"remove it, its children are {_named(sorted(ids))}",
            field=f"weights.{unknown[0]}",
        )
    return {one: Fraction(weight) for one, weight in split.weights.items()}


def day_before(goal: Goal) -> date:
    """Return the day on which a goal must end that this one continues."""
    return goal.period.start - _DAY


def earlier_goals(
    children: Sequence[Goal], sources: Sequence[Goal], before: Sequence[Goal]
) -> Mapping[GoalId, Goal]:
    """Return for each child the goal that it continues.

    That is the one it was cloned from, of `sources`; else the only one of its owner
    among `before`, the goals of its metric that end the day before it starts.
    """
    by_id = {goal.id: goal for goal in sources}
    by_owner: dict[Principal, list[Goal]] = {}
    for goal in before:
        by_owner.setdefault(goal.owner, []).append(goal)
    return {
        child.id: _earlier(child, by_id, by_owner.get(child.owner, []))
        for child in children
    }


def weights_of_last_period(
    earlier: Mapping[GoalId, Goal], numbers: Mapping[GoalNumber, GoalNumbers]
) -> Weights:
    """Return what the earlier goals have reached; below zero counts as nothing."""
    return {
        child_id: _reached(child_id, goal, numbers.get(goal.number))
        for child_id, goal in earlier.items()
    }


def _total_of(parent: Goal, metric: DefinedMetric, split: Split) -> str:
    is_stretch = split.field is SplitField.STRETCH_TARGET
    if is_stretch and not metric.stretch_tracked:
        raise RefusedError(
            STRETCH_NOT_TRACKED,
            f"metric {metric.id} of goal {parent.id} tracks no stretch target that "
            "could be split; split target, or have the metric track it",
            field="field",
        )
    standing = parent.stretch_target if is_stretch else parent.target
    given = target_of(split.total, metric, goal_id=parent.id, field="total")
    total = standing if given is None else given
    if total is None:
        raise RefusedError(
            NO_TARGET,
            f"goal {parent.id} has no {split.field} to split; give it one, or say in "
            "total what the children are to have together",
            field="total",
        )
    return total


def _aiming_at(child: Goal, which: SplitField, text: str) -> Goal:
    if which is SplitField.STRETCH_TARGET:
        return replace(child, stretch_target=text)
    return replace(child, target=text)


def _earlier(
    child: Goal, sources: Mapping[GoalId, Goal], found: Sequence[Goal]
) -> Goal:
    if child.cloned_from is not None and child.cloned_from in sources:
        return sources[child.cloned_from]
    if len(found) == 1:
        return found[0]
    what = _named(sorted(goal.id for goal in found)) if found else "none"
    raise RefusedError(
        NO_LAST_PERIOD,
        f"goal {child.id} was cloned from no goal that is there, and of "
        f"{child.owner.key} by metric {child.metric_id} exactly one goal must end on "
        f"{day_before(child)}; found: {what}; split by weights instead",
        field="by",
    )


def _reached(child_id: GoalId, goal: Goal, numbers: GoalNumbers | None) -> Fraction:
    actual = None
    # Numbers of another metric are none of the goal's any more.
    if numbers is not None and numbers.metric_id == goal.metric_id:
        actual = numbers.shown.get(Slot.ACTUAL)
    if numbers is None or actual is None:
        raise RefusedError(
            NO_LAST_PERIOD,
            f"goal {child_id} continues goal {goal.id}, which shows no actual: either "
            "its metric has none, or it is not rolled up yet; try again in a moment, "
            "or split by weights",
            field="by",
        )
    return Fraction(max(actual, 0), 10**numbers.decimals)


def _named(ids: Sequence[str]) -> str:
    more = len(ids) - _NAMED_MAX
    return ", ".join(ids[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")

"""A goal as `goal-updated` has it, made from the database instead of the topic.

Rollup writes the topic's messages; a contract test holds both to the same model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.goals.domain.numbers import (
    AppliedGoal,
    percentage_of,
    status_of,
    texts_of,
)
from shared.domain.goals import GoalAttribute, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerShown:
    """A user or a team."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodShown:
    """The days that count, both included."""

    start: date
    end: date
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupShown:
    """How far the numbers can be trusted."""

    status: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalShown:
    """The newest state of a goal."""

    goal_id: str
    incarnation: int
    revision: int
    # Null only to somebody who may not read the root.
    tree_id: str | None
    parent_id: str | None
    title: str
    metric_id: str
    owner: OwnerShown
    manager_id: str
    state: str
    period: PeriodShown
    target: str | None
    stretch_target: str | None
    values: dict[Slot, str | None]
    percentage: str | None
    is_overridden: bool
    attributes: Mapping[str, GoalAttribute]
    rollup: RollupShown
    updated_at: datetime
    caused_by: tuple[str, ...]


def goal_updated(applied: AppliedGoal, incarnation: int) -> GoalShown:
    """Return the goal's state; what caused it is not kept."""
    goal, numbers = applied.goal, applied.numbers
    period = goal.period
    return GoalShown(
        goal_id=goal.id,
        incarnation=incarnation,
        revision=numbers.revision,
        tree_id=numbers.tree_id,
        parent_id=goal.parent_id,
        title=goal.title,
        metric_id=goal.metric_id,
        owner=OwnerShown(type=goal.owner.type, id=goal.owner.id),
        manager_id=goal.manager_id,
        state=goal.state,
        period=PeriodShown(
            start=period.start, end=period.end, time_zone=period.time_zone
        ),
        target=goal.target,
        stretch_target=goal.stretch_target,
        values=dict(texts_of(numbers.shown, numbers.decimals)),
        percentage=percentage_of(goal.target, numbers),
        is_overridden=numbers.locked,
        attributes=goal.attributes,
        rollup=RollupShown(status=status_of(goal, numbers), error=numbers.error),
        updated_at=numbers.updated_at,
        caused_by=(),
    )

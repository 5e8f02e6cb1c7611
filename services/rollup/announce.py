"""Announcing: the newest state of each changed goal, on goal-updated.

What is to be announced is written in the transaction that made it true, and stands
there until the broker has acknowledged it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from services.rollup.store.totals import Announcement, Published, Total
from shared.domain.amounts import percentage, text_of, units_of
from shared.domain.goals import SLOTS, Goal, GoalId, Metric
from shared.messages import cloud_events
from shared.messages.definitions import GoalDefinition, MetricDefinition
from shared.plumbing.producing import Message

EVENT_TYPE: Final = "cairn.goal-updated"
SOURCE: Final = "cairn/rollup"


class _Owner(msgspec.Struct):
    type: str
    id: str


class _Period(msgspec.Struct):
    start: str
    end: str
    time_zone: str


class _Values(msgspec.Struct):
    actual: str | None
    in_progress: str | None
    custom: str | None


class _Rollup(msgspec.Struct):
    status: str
    error: str | None


class GoalUpdated(msgspec.Struct):
    """The event, field by field as the contract has it."""

    goal_id: str
    incarnation: int
    revision: int
    tree_id: str
    parent_id: str | None
    title: str
    metric_id: str
    owner: _Owner
    manager_id: str
    state: str
    period: _Period
    target: str | None
    stretch_target: str | None
    values: _Values
    percentage: str | None
    is_overridden: bool
    rollup: _Rollup
    updated_at: datetime
    caused_by: Sequence[str]


_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a goal stands, in ids."""

    tree_id: GoalId
    parent_id: GoalId | None


def goal_updated(
    total: Total,
    *,
    goal: Goal,
    metric: Metric | None,
    place: Place,
    incarnation: int,
    causes: Iterable[str],
) -> GoalUpdated:
    """Return the event that says what a goal now is."""
    decimals = metric.decimals if metric else 0
    fields = metric.rollup_fields if metric else {}
    texts = [
        text_of(units, decimals) if slot in fields else None
        for slot, units in zip(SLOTS, total.computed, strict=True)
    ]
    return GoalUpdated(
        goal.id,
        incarnation,
        total.revision,
        place.tree_id,
        place.parent_id,
        goal.title,
        goal.metric_id,
        _Owner(goal.owner.type, goal.owner.id),
        goal.manager_id,
        goal.state,
        _Period(
            goal.period.start.isoformat(),
            goal.period.end.isoformat(),
            goal.period.time_zone,
        ),
        goal.target,
        goal.stretch_target,
        _Values(*texts),
        _percentage_of(goal, total, decimals) if texts[0] is not None else None,
        False,
        _Rollup("computing" if total.computing else "current", None),
        total.updated_at,
        list(causes),
    )


def _percentage_of(goal: Goal, total: Total, decimals: int) -> str | None:
    target = None if goal.target is None else units_of(goal.target, decimals)
    return percentage(total.computed[0], target)


def message_of(event: GoalUpdated, *, topic: str, trace: str | None) -> Message:
    """Return the message that carries the event."""
    return Message(
        topic,
        event.goal_id.encode(),
        _encode(event),
        cloud_events.headers(
            event_id=f"{event.goal_id}:{event.incarnation}.{event.revision}",
            event_type=EVENT_TYPE,
            source=SOURCE,
            subject=event.goal_id,
            time=event.updated_at,
            traceparent=trace,
        ),
    )


def tombstone_of(
    goal_id: GoalId, *, topic: str, revision: int, now: datetime
) -> Message:
    """Return the message that says a goal is gone: its key and no value."""
    return Message(
        topic,
        goal_id.encode(),
        None,
        cloud_events.headers(
            event_id=f"{goal_id}:gone.{revision}",
            event_type=EVENT_TYPE,
            source=SOURCE,
            subject=goal_id,
            time=now,
        ),
    )


def published_event(
    one: Published, *, incarnation: int, announcement: Announcement
) -> GoalUpdated:
    """Return the event for a goal as it stands in the tables."""
    goal = GoalDefinition.model_validate_json(one.definition).as_goal()
    metric = MetricDefinition.model_validate_json(one.metric_definition).as_metric()
    return goal_updated(
        one.total,
        goal=goal,
        metric=metric,
        place=Place(tree_id=one.tree_id, parent_id=one.parent_id),
        incarnation=incarnation,
        causes=announcement.named.get(one.total.number, ()),
    )

"""Announcing: the newest state of each changed goal, on goal-updated.

What is to be announced is written in the transaction that made it true, and stands
there until the broker has acknowledged it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from services.rollup.domain.noting import Note
from services.rollup.store.totals import Published, Total
from shared.domain.amounts import percentage, text_of, units_of
from shared.domain.goals import SLOTS, Goal, GoalAttribute, GoalId, Metric
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


class _Definition(msgspec.Struct):
    """The part of the event that definitions decide."""

    goal_id: str
    incarnation: int
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
    is_overridden: bool
    attributes: Mapping[str, GoalAttribute]


_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a goal stands, in ids."""

    tree_id: GoalId
    parent_id: GoalId | None


class Face:
    """What of a goal's event stays the same while only its numbers move.

    A climb announces thousands of goals; the unchanging part is written once for each
    revision of the definitions.
    """

    __slots__ = (
        "_computing",
        "_decimals",
        "_event",
        "_head",
        "_headers",
        "_key",
        "_measured",
        "_status",
        "_target",
    )

    def __init__(
        self,
        goal: Goal,
        metric: Metric | None,
        place: Place,
        incarnation: int,
        *,
        is_locked: bool,
        is_frozen: bool,
        error: str | None,
    ) -> None:
        period = goal.period
        definition = _Definition(
            goal.id,
            incarnation,
            place.tree_id,
            place.parent_id,
            goal.title,
            goal.metric_id,
            _Owner(goal.owner.type, goal.owner.id),
            goal.manager_id,
            goal.state,
            _Period(period.start.isoformat(), period.end.isoformat(), period.time_zone),
            goal.target,
            goal.stretch_target,
            is_overridden=is_locked,
            attributes=goal.attributes,
        )
        fields = metric.rollup_fields if metric else {}
        self._event = f"{goal.id}:{incarnation}."
        self._key = goal.id.encode()
        self._decimals = metric.decimals if metric else 0
        self._status = _FROZEN if is_frozen else _CURRENT
        self._computing = _COMPUTING
        if error is not None:
            failed = f'{{"status":"failed","error":{_encode(error).decode()}}}'
            self._status = self._computing = failed
        actual, in_progress, custom = (slot in fields for slot in SLOTS)
        self._measured = (actual, in_progress, custom)
        self._target = (
            None if goal.target is None else units_of(goal.target, self._decimals)
        )
        # Without the closing brace: the numbers follow.
        self._head = f'{_encode(definition)[:-1].decode()},"revision":'
        self._headers = _headers_of(goal.id)

    def message(
        self,
        total: Total,
        moment: "Moment",
        *,
        causes: Sequence[str],
        trace: str | None,
    ) -> Message:
        """Return the message that carries the goal's numbers now."""
        _, (actual, in_progress, custom), computing, revision, _ = total
        decimals, measured = self._decimals, self._measured
        first = f'"{text_of(actual, decimals)}"' if measured[0] else "null"
        second = f'"{text_of(in_progress, decimals)}"' if measured[1] else "null"
        third = f'"{text_of(custom, decimals)}"' if measured[2] else "null"
        share = percentage(actual, self._target) if measured[0] else None
        value = (
            f'{self._head}{revision},"values":{{"actual":{first},'
            f'"in_progress":{second},"custom":{third}}},'
            f'"percentage":{"null" if share is None else _quoted(share)},'
            f'"rollup":{self._computing if computing else self._status},'
            f'"updated_at":"{moment.text}",'
            f'"caused_by":{_encode(causes).decode() if causes else "[]"}}}'
        )
        headers = [
            ("ce_id", f"{self._event}{revision}".encode()),
            moment.header,
            *self._headers,
        ]
        if trace:
            headers.append(("traceparent", trace.encode()))
        return Message(moment.topic, self._key, value.encode(), headers)

    def note(self, total: Total, second: int) -> Note:
        """Return what is to be remembered of the goal's numbers in a second."""
        return Note(second, total.shown, self._decimals, self._measured)


def _quoted(number: str) -> str:
    return f'"{number}"'


_CURRENT: Final = '{"status":"current","error":null}'
_FROZEN: Final = '{"status":"frozen","error":null}'
_COMPUTING: Final = '{"status":"computing","error":null}'


class Moment:
    """What all messages of one climb share."""

    __slots__ = ("header", "text", "topic")

    def __init__(self, topic: str, now: datetime) -> None:
        self.topic = topic
        self.text = now.isoformat()
        self.header = ("ce_time", self.text.encode())


def _headers_of(goal_id: GoalId) -> list[tuple[str, bytes]]:
    """Return the CloudEvents headers that no climb changes."""
    changing = {"ce_id", "ce_time"}
    return [
        (name, value)
        for name, value in cloud_events.headers(
            event_id="",
            event_type=EVENT_TYPE,
            source=SOURCE,
            subject=goal_id,
            time=_SOME_TIME,
        )
        if name not in changing
    ]


_SOME_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


def tombstone_of(goal_id: GoalId, *, revision: int, moment: Moment) -> Message:
    """Return the message that says a goal is gone: its key and no value."""
    event_id = f"{goal_id}:gone-{revision}"
    return Message(
        moment.topic,
        goal_id.encode(),
        None,
        [("ce_id", event_id.encode()), moment.header, *_headers_of(goal_id)],
    )


def face_of(one: Published, *, incarnation: int) -> Face:
    """Return the face of a goal as it stands in the tables."""
    goal = GoalDefinition.model_validate_json(one.definition).as_goal()
    place = Place(tree_id=one.tree_id, parent_id=one.parent_id)
    if one.made_under is not None:
        return Face(
            one.made_under.shown(goal),
            one.made_under.metric,
            place,
            incarnation,
            is_locked=one.is_locked,
            is_frozen=one.is_frozen,
            error=one.error,
        )
    metric = MetricDefinition.model_validate_json(one.metric_definition).as_metric()
    return Face(
        goal,
        metric,
        place,
        incarnation,
        is_locked=one.is_locked,
        is_frozen=one.is_frozen,
        error=one.error,
    )

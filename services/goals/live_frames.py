"""What is sent to whoever watches: frames, and the point that a stream has come to."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec

from services.goals.domain.numbers import AppliedForest, AppliedGoal
from services.goals.live_events import goal_updated
from services.goals.live_rights import message_to, shown_to

_POINT = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The newest state of a goal; no data: the goal is gone."""

    goal_id: str
    tree_id: str | None = None
    # Incarnation and revision: what is not greater is not newer.
    age: tuple[int, int] = (0, 0)
    data: bytes | None = None
    # It names another goal that may be read now, or no more: whoever has just
    # this state must forget that first.
    is_told_again: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """How far a stream has come: all up to this revision is surely with the watcher.

    Updates of one moment come by many partitions, in any order, so the point is where
    the last picture or comparison stood, and not the newest update that was sent.
    """

    incarnation: int
    definitions_revision: int
    revision: int

    @classmethod
    def of(cls, forest: AppliedForest) -> "Point":
        """Return where a picture stands."""
        newest = max((one.numbers.revision for one in forest.goals), default=0)
        return cls(forest.incarnation, forest.definitions_revision, newest)

    @classmethod
    def read(cls, text: str | None) -> "Point | None":
        """Return the point that a text names, or None."""
        match = _POINT.fullmatch(text or "")
        return None if match is None else cls(*map(int, match.groups()))

    def has_structure_of(self, other: "Point") -> bool:
        """Tell whether goals stand under one another as at the other point."""
        return (self.incarnation, self.definitions_revision) == (
            other.incarnation,
            other.definitions_revision,
        )

    @property
    def text(self) -> str:
        """Return the point as the id of an event."""
        return f"{self.incarnation}.{self.definitions_revision}.{self.revision}"


def update_of(applied: AppliedGoal, incarnation: int) -> Update:
    """Return a goal's state as an update."""
    return Update(
        goal_id=applied.goal.id,
        tree_id=applied.numbers.tree_id,
        age=(incarnation, applied.numbers.revision),
        data=msgspec.json.encode(goal_updated(applied, incarnation)),
    )


def ages_of(forest: AppliedForest) -> Mapping[str, tuple[int, int]]:
    """Return how new the state of each goal is."""
    return {
        one.goal.id: (forest.incarnation, one.numbers.revision) for one in forest.goals
    }


def picture(
    forest: AppliedForest, point: Point, visible: Collection[str] | None
) -> bytes:
    """Return all goals, without what may not be told of them."""
    goals = [
        shown_to(goal_updated(one, forest.incarnation), visible) for one in forest.goals
    ]
    return _frame(b"snapshot", msgspec.json.encode(goals), point)


def resumed(forest: AppliedForest, since: Point, point: Point) -> bytes:
    """Return only what is newer than the point up to which the watcher has all."""
    newer = [one for one in forest.goals if one.numbers.revision > since.revision]
    if not newer:
        return b": nothing new\n\n"
    return b"".join(
        event_of(update_of(one, forest.incarnation), point) for one in newer
    )


def event_of(
    update: Update, point: Point, visible: Collection[str] | None = None
) -> bytes:
    """Return what tells of an update."""
    if update.data is None:
        return _gone(update, point)
    updated = _frame(b"goal-updated", message_to(update.data, visible), point)
    return _gone(update, point) + updated if update.is_told_again else updated


def _gone(update: Update, point: Point) -> bytes:
    named = msgspec.json.encode({"goal_id": update.goal_id})
    return _frame(b"goal-gone", named, point)


def _frame(event: bytes, data: bytes, point: Point) -> bytes:
    return b"event: %b\nid: %b\ndata: %b\n\n" % (event, point.text.encode(), data)

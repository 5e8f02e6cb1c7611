"""Recalculations: somebody asks that a tree be rebuilt, and is told what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.goals import GoalId, GoalNumber


class RecalculationStatus(StrEnum):
    """How far a recalculation has come."""

    QUEUED = "queued"
    # All records of the metric's entities, whoever owns them.
    READING = "reading"
    # What goals hold, with the sum of what their records add.
    COMPARING = "comparing"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One number of a goal that was not what it should have been."""

    goal_id: str
    # What was compared, and of which measure: `own.actual`.
    field: str
    was: str
    should_be: str
    # Some of the records that added something else than they should.
    records: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculation:
    """What was asked for, and what rollup has made of it so far."""

    id: str
    version: int
    goal_id: GoalId
    goal_number: GoalNumber
    tree_id: GoalId
    asked_by: str | None
    asked_at: datetime
    status: RecalculationStatus = RecalculationStatus.QUEUED
    records_read: int = 0
    # About; exact once all are read.
    records_expected: int | None = None
    records_compared: int = 0
    goals: int | None = None
    differences: Sequence[Difference] = ()
    difference_count: int = 0
    note: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


def root_above(goal_id: GoalId, parents: Mapping[GoalId, GoalId | None]) -> GoalId:
    """Return the root of the goal's tree."""
    root = goal_id
    while (parent := parents.get(root)) is not None:
        root = parent
    return root

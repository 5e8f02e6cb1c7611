"""Goals as people define them, and how they hang together."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import asyncpg

from services.goals.store.connections import Connection
from services.goals.store.tables import Column, Shape, Tree
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalNumber,
    GoalState,
    MetricId,
    Principal,
    PrincipalType,
)
from shared.domain.periods import FiscalLabel, Period

# An absent condition is null, and holds for every goal.
_MATCHING = """
WHERE thing.id > $1
    AND ($3::text IS NULL OR metric_id = $3)
    AND ($4::text IS NULL OR parent_id = $4)
    AND ($5::boolean IS NULL OR (parent_id IS NULL) = $5)
    AND ($6::text IS NULL OR (owner_type = $6 AND owner_id = $7))
    AND ($8::text IS NULL OR strpos(lower(title), lower($8)) > 0)
    AND ($9::text IS NULL OR state = $9)
ORDER BY thing.id
LIMIT $2
"""
_CHILDREN = "WHERE parent_id = $1 ORDER BY thing.id"
# UNION, not UNION ALL: these end even if the rows went in circles.
_BELOW = """
WHERE thing.id IN (
    WITH RECURSIVE below AS (
        SELECT id FROM goals.goal WHERE parent_id = $1
        UNION
        SELECT child.id
        FROM below JOIN goals.goal AS child ON child.parent_id = below.id
    )
    SELECT id FROM below
)
"""
_DESCENDANTS = f"{_BELOW} ORDER BY thing.id"
_FIRST_CLOSED_BELOW = f"{_BELOW} AND state <> 'open' ORDER BY thing.id LIMIT 1"
_HEIGHT = """
WITH RECURSIVE below AS (
    SELECT id, 0 AS level FROM goals.goal WHERE id = $1
    UNION
    SELECT child.id, below.level + 1
    FROM below JOIN goals.goal AS child ON child.parent_id = below.id
)
SELECT coalesce(max(level), 0) FROM below
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalFilter:
    """Which goals a list shows."""

    metric_id: str | None = None
    parent_id: str | None = None
    root: bool | None = None
    owner: Principal | None = None
    # A part of the title, in capitals or not.
    words: str | None = None
    state: GoalState | None = None


class Goals(Tree[Goal, GoalId]):
    """What can be read and written of goals."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _GOALS, parent="parent_id")

    async def matching(
        self, wanted: GoalFilter, after: str, limit: int
    ) -> Sequence[Goal]:
        """Return the next goals of a list in the order of their ids."""
        owner = wanted.owner
        return await self._things(
            _MATCHING,
            after,
            limit,
            wanted.metric_id,
            wanted.parent_id,
            wanted.root,
            None if owner is None else owner.type,
            None if owner is None else owner.id,
            wanted.words,
            wanted.state,
        )

    async def children(self, goal_id: GoalId) -> Sequence[Goal]:
        """Return the goals right under one."""
        return await self._things(_CHILDREN, goal_id)

    async def descendants(self, goal_id: GoalId) -> Sequence[Goal]:
        """Return all goals under one, however deep."""
        return await self._things(_DESCENDANTS, goal_id)

    async def first_closed_below(self, goal_id: GoalId) -> Goal | None:
        """Return the first goal under one, however deep, that is not open."""
        return next(iter(await self._things(_FIRST_CLOSED_BELOW, goal_id)), None)

    async def height(self, goal_id: GoalId) -> int:
        """Return how many levels lie below the goal."""
        height: int = await self.connection.fetchval(_HEIGHT, goal_id)
        return height


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _label(row: asyncpg.Record) -> FiscalLabel | None:
    if row["fiscal_year"] is None:
        return None
    return FiscalLabel(year=row["fiscal_year"], code=row["fiscal_period"])


def _fiscal_year(goal: Goal) -> int | None:
    return None if goal.period.fiscal is None else goal.period.fiscal.year


def _fiscal_period(goal: Goal) -> int | None:
    return None if goal.period.fiscal is None else goal.period.fiscal.code


def _goal(row: asyncpg.Record) -> Goal:
    return Goal(
        number=GoalNumber(row["number"]),
        id=GoalId(row["id"]),
        version=row["version"],
        title=row["title"],
        metric_id=MetricId(row["metric_id"]),
        owner=Principal(PrincipalType(row["owner_type"]), row["owner_id"]),
        manager_id=row["manager_id"],
        parent_id=row["parent_id"],
        period=Period(
            start=row["period_start"],
            end=row["period_end"],
            time_zone=row["time_zone"],
            fiscal=_label(row),
        ),
        target=_text(row["target"]),
        stretch_target=_text(row["stretch_target"]),
        owner_records_only=row["owner_records_only"],
        rollup_only_from_children=row["rollup_only_from_children"],
        state=GoalState(row["state"]),
    )


_GOALS: Final[Shape[Goal]] = Shape(
    table="goals.goal",
    columns=(
        Column("title", "text", lambda goal: goal.title),
        Column("metric_id", "text", lambda goal: goal.metric_id),
        Column("owner_type", "text", lambda goal: goal.owner.type),
        Column("owner_id", "text", lambda goal: goal.owner.id),
        Column("manager_id", "text", lambda goal: goal.manager_id),
        Column("parent_id", "text", lambda goal: goal.parent_id),
        Column("period_start", "date", lambda goal: goal.period.start),
        Column("period_end", "date", lambda goal: goal.period.end),
        Column("time_zone", "text", lambda goal: goal.period.time_zone),
        Column("fiscal_year", "integer", _fiscal_year),
        Column("fiscal_period", "integer", _fiscal_period),
        Column("target", "numeric", lambda goal: _number(goal.target)),
        Column("stretch_target", "numeric", lambda goal: _number(goal.stretch_target)),
        Column("owner_records_only", "boolean", lambda goal: goal.owner_records_only),
        Column(
            "rollup_only_from_children",
            "boolean",
            lambda goal: goal.rollup_only_from_children,
        ),
        Column("state", "text", lambda goal: goal.state),
    ),
    generated=("version", "number"),
    thing=_goal,
)

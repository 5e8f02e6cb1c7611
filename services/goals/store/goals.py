"""Goals as people define them, and how they hang together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import asyncpg

from services.goals.store.connections import Statements
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalNumber,
    MetricId,
    Principal,
    PrincipalType,
)
from shared.domain.periods import Period

_COLUMNS = """
    goal.id, goal.number, goal.version, goal.title, goal.metric_id, goal.owner_type,
    goal.owner_id, goal.manager_id, goal.parent_id, goal.period_start, goal.period_end,
    goal.time_zone, goal.target, goal.stretch_target, goal.owner_records_only,
    goal.rollup_only_from_children
"""
_GOALS = f"SELECT {_COLUMNS} FROM goals.goal WHERE id = ANY($1::text[])"
# An absent condition is null, and holds for every goal.
_FILTERED = f"""
SELECT {_COLUMNS} FROM goals.goal
WHERE id > $1
    AND ($3::text IS NULL OR metric_id = $3)
    AND ($4::text IS NULL OR parent_id = $4)
    AND ($5::boolean IS NULL OR (parent_id IS NULL) = $5)
    AND ($6::text IS NULL OR (owner_type = $6 AND owner_id = $7))
    AND ($8::text IS NULL OR strpos(lower(title), lower($8)) > 0)
ORDER BY id
LIMIT $2
"""
_CHILDREN = f"SELECT {_COLUMNS} FROM goals.goal WHERE parent_id = $1 ORDER BY id"
_DESCENDANTS = f"""
WITH RECURSIVE below AS (
    SELECT id FROM goals.goal WHERE parent_id = $1
    UNION
    SELECT child.id FROM below JOIN goals.goal AS child ON child.parent_id = below.id
)
SELECT {_COLUMNS} FROM below JOIN goals.goal ON goal.id = below.id ORDER BY goal.id
"""
# UNION, not UNION ALL: these end even if the rows went in circles.
_ABOVE = """
WITH RECURSIVE above AS (
    SELECT id, parent_id FROM goals.goal WHERE id = ANY($1::text[])
    UNION
    SELECT parent.id, parent.parent_id
    FROM above JOIN goals.goal AS parent ON parent.id = above.parent_id
)
SELECT id, parent_id FROM above
"""
_HEIGHT = """
WITH RECURSIVE below AS (
    SELECT id, 0 AS level FROM goals.goal WHERE id = $1
    UNION
    SELECT child.id, below.level + 1
    FROM below JOIN goals.goal AS child ON child.parent_id = below.id
)
SELECT coalesce(max(level), 0) FROM below
"""
_INSERT = """
INSERT INTO goals.goal (
    id, title, metric_id, owner_type, owner_id, manager_id, parent_id, period_start,
    period_end, time_zone, target, stretch_target, owner_records_only,
    rollup_only_from_children
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::date[], $9::date[], $10::text[], $11::numeric[], $12::numeric[],
    $13::boolean[], $14::boolean[]
)
RETURNING id, number, version
"""
_UPDATE = """
UPDATE goals.goal
SET title = given.title, metric_id = given.metric_id, owner_type = given.owner_type,
    owner_id = given.owner_id, manager_id = given.manager_id,
    parent_id = given.parent_id, period_start = given.period_start,
    period_end = given.period_end, time_zone = given.time_zone, target = given.target,
    stretch_target = given.stretch_target,
    owner_records_only = given.owner_records_only,
    rollup_only_from_children = given.rollup_only_from_children,
    version = nextval('goals.version')
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::date[], $9::date[], $10::text[], $11::numeric[], $12::numeric[],
    $13::boolean[], $14::boolean[]
) AS given (
    id, title, metric_id, owner_type, owner_id, manager_id, parent_id, period_start,
    period_end, time_zone, target, stretch_target, owner_records_only,
    rollup_only_from_children
)
WHERE goal.id = given.id
RETURNING goal.id, goal.number, goal.version
"""
_DELETE = "DELETE FROM goals.goal WHERE id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalFilter:
    """Which goals a list shows."""

    metric_id: str | None = None
    parent_id: str | None = None
    root: bool | None = None
    owner: Principal | None = None
    # A part of the title, in capitals or not.
    words: str | None = None


class GoalStatements(Statements):
    """What can be read and written of goals."""

    async def goals(self, ids: Collection[GoalId]) -> Mapping[GoalId, Goal]:
        """Return the goals that exist, by id."""
        rows = await self.connection.fetch(_GOALS, list(ids))
        return {row["id"]: _goal(row) for row in rows}

    async def goals_after(
        self, after: str, limit: int, wanted: GoalFilter
    ) -> Sequence[Goal]:
        """Return the next goals of a list in the order of their ids."""
        owner = wanted.owner
        rows = await self.connection.fetch(
            _FILTERED,
            after,
            limit,
            wanted.metric_id,
            wanted.parent_id,
            wanted.root,
            None if owner is None else owner.type,
            None if owner is None else owner.id,
            wanted.words,
        )
        return [_goal(row) for row in rows]

    async def children(self, goal_id: GoalId) -> Sequence[Goal]:
        """Return the goals right under one."""
        return [_goal(row) for row in await self.connection.fetch(_CHILDREN, goal_id)]

    async def descendants(self, goal_id: GoalId) -> Sequence[Goal]:
        """Return all goals under one, however deep."""
        rows = await self.connection.fetch(_DESCENDANTS, goal_id)
        return [_goal(row) for row in rows]

    async def goals_above(
        self, ids: Collection[GoalId]
    ) -> Mapping[GoalId, GoalId | None]:
        """Return the parent of each of these goals, of each parent, and so on."""
        rows = await self.connection.fetch(_ABOVE, list(ids))
        return {row["id"]: row["parent_id"] for row in rows}

    async def height(self, goal_id: GoalId) -> int:
        """Return how many levels lie below the goal."""
        height: int = await self.connection.fetchval(_HEIGHT, goal_id)
        return height

    async def insert_goals(self, goals: Sequence[Goal]) -> Sequence[Goal]:
        """Store new goals; return them with their numbers and versions."""
        rows = await self.connection.fetch(_INSERT, *_columns(goals))
        return _as_stored(goals, rows)

    async def update_goals(self, goals: Sequence[Goal]) -> Sequence[Goal]:
        """Store goals as they are now; return them with their versions."""
        rows = await self.connection.fetch(_UPDATE, *_columns(goals))
        return _as_stored(goals, rows)

    async def delete_goal(self, goal_id: GoalId) -> None:
        """Forget a goal; it must have no children any more."""
        await self.connection.execute(_DELETE, goal_id)


def _columns(goals: Sequence[Goal]) -> tuple[list[object], ...]:
    return (
        [goal.id for goal in goals],
        [goal.title for goal in goals],
        [goal.metric_id for goal in goals],
        [goal.owner.type for goal in goals],
        [goal.owner.id for goal in goals],
        [goal.manager_id for goal in goals],
        [goal.parent_id for goal in goals],
        [goal.period.start for goal in goals],
        [goal.period.end for goal in goals],
        [goal.period.time_zone for goal in goals],
        [_number(goal.target) for goal in goals],
        [_number(goal.stretch_target) for goal in goals],
        [goal.owner_records_only for goal in goals],
        [goal.rollup_only_from_children for goal in goals],
    )


def _as_stored(goals: Sequence[Goal], rows: Sequence[asyncpg.Record]) -> Sequence[Goal]:
    stored = {row["id"]: row for row in rows}
    return [
        replace(
            goal, number=stored[goal.id]["number"], version=stored[goal.id]["version"]
        )
        for goal in goals
    ]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


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
        ),
        target=_text(row["target"]),
        stretch_target=_text(row["stretch_target"]),
        owner_records_only=row["owner_records_only"],
        rollup_only_from_children=row["rollup_only_from_children"],
    )

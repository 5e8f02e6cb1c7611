"""What rollup publishes for others to look at; read only, through its views."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import asyncpg
import msgspec

from services.goals.domain.numbers import (
    AppliedForest,
    AppliedGoal,
    GoalNumbers,
    PlaceInForest,
)
from services.goals.domain.rights import Rights
from services.goals.domain.settled import Standing
from services.goals.store.connections import Statements
from services.goals.store.visible import EVERY, visible
from shared.domain.goals import Goal, GoalId, GoalNumber, MetricId, Slot
from shared.queries.arguments import Arguments

_COLUMNS = """
    goal.number, goal.tree_id, goal.depth, goal.decimals, goal.computing, goal.frozen,
    goal.revision, goal.updated_at, goal.definition ->> 'metric_id' AS metric_id,
    goal.own_actual, goal.own_in_progress, goal.own_custom,
    goal.computed_actual, goal.computed_in_progress, goal.computed_custom,
    goal.shown_actual, goal.shown_in_progress, goal.shown_custom,
    goal.locked, goal.written, goal.override_number, goal.error,
    goal.goal_with_error_id,
    (
        SELECT rolled_up.at
        FROM rollup_published.rolled_up AS rolled_up
        WHERE rolled_up.number = goal.number
    ) AS rolled_up_at,
    ARRAY(SELECT jsonb_object_keys(goal.rollup_fields)) AS slots
"""
_NUMBERS = f"""
SELECT {_COLUMNS} FROM rollup_published.goal AS goal
WHERE goal.number = ANY($1::bigint[])
"""
# One statement is one snapshot: definitions and numbers of the same moment.
_FOREST = """
SELECT
    {columns},
    goal.parent_id, goal.definition, statement_timestamp() AS read_at,
    status.definitions_revision, status.incarnation
FROM rollup_published.status AS status
LEFT JOIN rollup_published.goal AS goal
    ON ($1::text IS NULL OR goal.tree_id = $1)
    AND ($2::integer IS NULL OR goal.depth <= $2)
    {visible}
ORDER BY goal.depth, goal.id COLLATE "C"
"""
_REVISIONS = """
SELECT goal.id, goal.revision FROM rollup_published.goal AS goal
WHERE ($1::text IS NULL OR goal.tree_id = $1)
{visible}
"""
_COMPUTING = """
SELECT count(*) FROM rollup_published.goal AS goal WHERE goal.computing {visible}
"""
_FOREST_VALUES: Final = 2
_REVISIONS_VALUES: Final = 1
_PLACE = "SELECT tree_id, depth FROM rollup_published.goal WHERE id = $1"
_PUBLISHED = "SELECT to_regclass('rollup_published.goal') IS NOT NULL"
_NEXT_OFFSET = """
SELECT next_offset FROM rollup_published.progress WHERE topic = $1 AND partition = 0
"""
# One statement: progress and what waits, of the same moment.
_STANDING = """
SELECT
    status.waiting_deltas, status.computing_goals, status.waiting_announcements,
    (SELECT parents FROM rollup_published.waiting_parents) AS waiting_parents,
    progress.topic, progress.partition, progress.next_offset
FROM rollup_published.status AS status
LEFT JOIN rollup_published.progress AS progress ON progress.topic = ANY($1::text[])
"""

# A definition as it is announced has the fields of a goal; a test holds it to that.
_decode_goal = msgspec.json.Decoder(Goal).decode

_OWN: Final = {slot: f"own_{slot}" for slot in Slot}
_COMPUTED: Final = {slot: f"computed_{slot}" for slot in Slot}
_SHOWN: Final = {slot: f"shown_{slot}" for slot in Slot}


class PublishedStatements(Statements):
    """What can be read of rollup's work."""

    async def numbers(
        self, numbers: Collection[GoalNumber]
    ) -> Mapping[GoalNumber, GoalNumbers]:
        """Return the numbers of the goals that rollup has applied."""
        rows = await self.connection.fetch(_NUMBERS, list(numbers))
        return {row["number"]: _numbers(row) for row in rows}

    async def place(self, goal_id: GoalId) -> PlaceInForest | None:
        """Return where an applied goal stands."""
        row = await self.connection.fetchrow(_PLACE, goal_id)
        return None if row is None else PlaceInForest(**row)

    async def forest(
        self, tree_id: GoalId | None, rights: Rights, *, depth_max: int | None = None
    ) -> AppliedForest:
        """Return what a caller may read of one tree, or all, in one picture."""
        arguments = Arguments(start=_FOREST_VALUES + 1)
        rows = await self.connection.fetch(
            _FOREST.format(columns=_COLUMNS, visible=_defined(rights, arguments)),
            tree_id,
            depth_max,
            *arguments.values,
        )
        # Ten thousand goals take a while, and others want to be answered meanwhile.
        return await asyncio.to_thread(_forest, rows)

    async def revisions(
        self, tree_id: GoalId | None, rights: Rights
    ) -> Mapping[GoalId, int]:
        """Return the revisions of what a caller may read of one tree, or of all."""
        arguments = Arguments(start=_REVISIONS_VALUES + 1)
        rows = await self.connection.fetch(
            _REVISIONS.format(visible=_defined(rights, arguments)),
            tree_id,
            *arguments.values,
        )
        return {row["id"]: row["revision"] for row in rows}

    async def computing(self, rights: Rights) -> int | None:
        """Return how many goals that a caller may read are computed; None: any may."""
        arguments = Arguments()
        condition = _defined(rights, arguments)
        if not condition:
            return None
        found: int = await self.connection.fetchval(
            _COMPUTING.format(visible=condition), *arguments.values
        )
        return found

    async def is_published(self) -> bool:
        """Tell whether rollup's views are there."""
        published: bool = await self.connection.fetchval(_PUBLISHED)
        return published

    async def next_offset(self, topic: str) -> int | None:
        """Return how far a topic of one partition has been applied."""
        offset: int | None = await self.connection.fetchval(_NEXT_OFFSET, topic)
        return offset

    async def standing(self, topics: Sequence[str]) -> Standing:
        """Return how far rollup has come with some topics."""
        rows = await self.connection.fetch(_STANDING, list(topics))
        return Standing(
            next_offsets={
                (row["topic"], row["partition"]): row["next_offset"]
                for row in rows
                if row["topic"] is not None
            },
            waiting_deltas=rows[0]["waiting_deltas"],
            computing_goals=rows[0]["computing_goals"],
            waiting_parents=rows[0]["waiting_parents"],
            waiting_announcements=rows[0]["waiting_announcements"],
        )


def _defined(rights: Rights, arguments: Arguments) -> str:
    """Return the condition that an applied goal is defined, and readable."""
    readable = visible(rights, arguments)
    if readable == EVERY:
        return ""
    return (
        "AND EXISTS (SELECT FROM goals.goal AS thing "
        f"WHERE thing.number = goal.number AND {readable})"
    )


def _forest(rows: Sequence[asyncpg.Record]) -> AppliedForest:
    return AppliedForest(
        goals=[_applied(row) for row in rows if row["number"] is not None],
        read_at=rows[0]["read_at"],
        definitions_revision=rows[0]["definitions_revision"],
        incarnation=rows[0]["incarnation"],
    )


def _applied(row: asyncpg.Record) -> AppliedGoal:
    goal = _decode_goal(row["definition"])
    if goal.parent_id != row["parent_id"]:
        # The place that the numbers were added up in, whatever the definition says.
        goal = replace(goal, parent_id=row["parent_id"])
    return AppliedGoal(goal=goal, numbers=_numbers(row))


def _numbers(row: asyncpg.Record) -> GoalNumbers:
    slots = [Slot(name) for name in row["slots"]]
    return GoalNumbers(
        number=GoalNumber(row["number"]),
        metric_id=MetricId(row["metric_id"]),
        decimals=row["decimals"],
        own={slot: int(row[_OWN[slot]]) for slot in slots},
        computed={slot: int(row[_COMPUTED[slot]]) for slot in slots},
        shown={slot: int(row[_SHOWN[slot]]) for slot in slots},
        locked=row["locked"],
        written=row["written"],
        override_number=row["override_number"],
        computing=row["computing"],
        frozen=row["frozen"],
        error=row["error"],
        goal_with_error_id=row["goal_with_error_id"],
        tree_id=GoalId(row["tree_id"]),
        depth=row["depth"],
        revision=row["revision"],
        updated_at=row["updated_at"],
        rolled_up_at=row["rolled_up_at"],
    )

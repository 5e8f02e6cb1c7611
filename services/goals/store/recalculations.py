"""Recalculations as they were asked for, with what rollup publishes of each."""

from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

from services.goals.domain.recalculations import (
    Difference,
    Recalculation,
    RecalculationStatus,
)
from services.goals.domain.rights import Rights
from services.goals.store.connections import Statements
from services.goals.store.visible import EVERY, visible
from shared.domain.goals import Goal, GoalId, GoalNumber
from shared.queries.arguments import Arguments

KEPT_DAYS: Final = 90
FORGOTTEN_MAX: Final = 100

_SELECT = """
SELECT
    asked.id, asked.version, asked.goal_id, asked.goal_number, asked.asked_by,
    asked.asked_at, coalesce(work.tree_id, asked.tree_id) AS tree_id,
    coalesce(work.status, 'queued') AS status,
    coalesce(work.records_read, 0) AS records_read, work.records_expected,
    coalesce(work.records_compared, 0) AS records_compared, work.goals,
    coalesce(work.differences, '[]') AS differences,
    coalesce(work.difference_count, 0) AS difference_count, work.note,
    work.started_at, work.finished_at
FROM goals.recalculation AS asked
LEFT JOIN rollup_published.recalculation AS work ON work.id = asked.id
"""
_FIND = f"{_SELECT} WHERE asked.id = ANY($1::text[])"
_AFTER = f"""
{_SELECT}
WHERE asked.id > $1 AND {{visible}}
ORDER BY asked.id
LIMIT $2
"""
_AFTER_VALUES: Final = 2
# What rollup has not heard of within an hour is lost: nobody waits for it for ever.
_RUNNING = f"""
{_SELECT}
WHERE asked.tree_id = $1
  AND coalesce(work.status <> 'done', asked.asked_at > now() - interval '1 hour')
ORDER BY asked.id DESC
LIMIT 1
"""
# Those that are under way, wherever.
_UNDER_WAY = f"""
{_SELECT}
WHERE coalesce(work.status <> 'done', asked.asked_at > now() - interval '1 hour')
ORDER BY asked.id
LIMIT 100
"""
_INSERT = """
INSERT INTO goals.recalculation (id, goal_id, goal_number, tree_id, asked_by)
VALUES ($1, $2, $3, $4, $5)
RETURNING version, asked_by, asked_at
"""
_FORGET = f"""
DELETE FROM goals.recalculation
WHERE id IN (
    SELECT id
    FROM goals.recalculation
    WHERE asked_at < now() - interval '{KEPT_DAYS} days'
    ORDER BY asked_at
    LIMIT {FORGOTTEN_MAX}
)
RETURNING id
"""

_decode_differences = msgspec.json.Decoder(list[Difference]).decode


class Recalculations(Statements):
    """What can be read and written of recalculations."""

    async def find(self, ids: Sequence[str]) -> Sequence[Recalculation]:
        """Return the recalculations that exist of these."""
        return [
            _recalculation(row) for row in await self.connection.fetch(_FIND, list(ids))
        ]

    async def after(
        self, after: str, limit: int, rights: Rights
    ) -> Sequence[Recalculation]:
        """Return the next ones in the order of their ids, which is that of asking.

        Those of goals, or of trees, that the caller may read.
        """
        arguments = Arguments(start=_AFTER_VALUES + 1)
        readable = visible(rights, arguments)
        if readable != EVERY:
            readable = (
                "EXISTS (SELECT FROM goals.goal AS thing "
                f"WHERE thing.id IN (asked.goal_id, asked.tree_id) AND {readable})"
            )
        rows = await self.connection.fetch(
            _AFTER.format(visible=readable), after, limit, *arguments.values
        )
        return [_recalculation(row) for row in rows]

    async def running_in(self, tree_id: GoalId) -> Recalculation | None:
        """Return the one that the tree of this root is in, if there is one."""
        row = await self.connection.fetchrow(_RUNNING, tree_id)
        return None if row is None else _recalculation(row)

    async def under_way(self) -> Sequence[Recalculation]:
        """Return those that are not done, in the order in which they were asked for."""
        return [_recalculation(row) for row in await self.connection.fetch(_UNDER_WAY)]

    async def insert(
        self, recalculation_id: str, goal: Goal, tree_id: GoalId, *, asked_by: str
    ) -> Recalculation:
        """Note that somebody asks for one."""
        [row] = await self.connection.fetch(
            _INSERT, recalculation_id, goal.id, goal.number, tree_id, asked_by
        )
        return Recalculation(
            id=recalculation_id,
            goal_id=goal.id,
            goal_number=goal.number,
            tree_id=tree_id,
            **row,
        )

    async def forget_old(self) -> Sequence[str]:
        """Forget some of those that were asked for long ago; return their ids."""
        return [row["id"] for row in await self.connection.fetch(_FORGET)]


def _recalculation(row: asyncpg.Record) -> Recalculation:
    return Recalculation(
        **{
            **row,
            "goal_id": GoalId(row["goal_id"]),
            "goal_number": GoalNumber(row["goal_number"]),
            "tree_id": GoalId(row["tree_id"]),
            "status": RecalculationStatus(row["status"]),
            "differences": _decode_differences(row["differences"]),
        }
    )

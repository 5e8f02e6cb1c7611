"""What rollup would have made of goals, written into its tables by hand."""

from collections.abc import Mapping

import asyncpg

from services.goals.announcing import goal_definition, metric_definition
from services.goals.domain.callers import ADMIN
from services.goals.store.database import Reading
from shared.domain.goals import Slot

_METRIC = """
INSERT INTO rollup.metric (id, version, revision, definition)
VALUES ($1, $2, 1, $3::jsonb)
ON CONFLICT (id) DO NOTHING
"""
_GOAL = """
INSERT INTO rollup.goal (
    number, id, version, revision, definition, parent_number, tree_number, tree_group,
    depth, carried_entities, frozen
)
VALUES ($1, $2, $3, 1, $4::jsonb, $5, $6, 0, $7, '{}', $8)
"""
_TOTAL = """
INSERT INTO rollup.total (
    number, own_actual, own_in_progress, own_custom, computed_actual,
    computed_in_progress, computed_custom, revision, updated_at, computing
)
VALUES ($1, $2, $3, $4, $5, $6, $7, nextval('rollup.revision'), now(), $8)
"""
_FAIL = """
UPDATE rollup.goal
SET error = CASE WHEN goal.id = $2 THEN $3 END, error_number = culprit.number
FROM rollup.goal AS culprit
WHERE goal.id = $1 AND culprit.id = $2
"""
_PLACE = "SELECT number, tree_number, depth FROM rollup.goal WHERE id = $1 AND NOT gone"
_MOVE = """
UPDATE rollup.total
SET computed_actual = $2, own_actual = $2, revision = nextval('rollup.revision'),
    updated_at = now()
FROM rollup.goal
WHERE goal.number = total.number AND goal.id = $1
RETURNING total.revision
"""

_HOLD = """
UPDATE rollup.total
SET held_actual = $2, held_in_progress = $3, held_custom = $4
FROM rollup.goal
WHERE goal.number = total.number AND goal.id = $1
"""
_APPLY_OVERRIDE = """
UPDATE rollup.goal
SET locked = $2, written = $3, override_number = (
    SELECT (goal.override ->> 'number')::bigint
    FROM goals.goal
    WHERE goal.id = $1
)
WHERE goal.id = $1
"""


async def fail(
    connection: asyncpg.Connection, goal_id: str, *, culprit: str, error: str
) -> None:
    """Let a goal fail, or stand above one that does."""
    await connection.execute(_FAIL, goal_id, culprit, error)


async def roll_up(
    connection: asyncpg.Connection,
    goal_id: str,
    *,
    own: Mapping[Slot, int] | None = None,
    computed: Mapping[Slot, int] | None = None,
    computing: bool = False,
    frozen: bool = False,
) -> None:
    """Apply a goal's definition, with numbers in units; its parent comes first."""
    reading = Reading(connection, caller=ADMIN)
    [goal] = await reading.goals.find([goal_id])
    [metric] = await reading.metrics.find([goal.metric_id])
    await connection.execute(
        _METRIC, metric.id, metric.version, metric_definition(metric).model_dump_json()
    )
    parent = await connection.fetchrow(_PLACE, goal.parent_id)
    await connection.execute(
        _GOAL,
        goal.number,
        goal.id,
        goal.version,
        goal_definition(goal).model_dump_json(),
        None if parent is None else parent["number"],
        goal.number if parent is None else parent["tree_number"],
        0 if parent is None else parent["depth"] + 1,
        frozen,
    )
    own, computed = own or {}, computed or {}
    await connection.execute(
        _TOTAL,
        goal.number,
        *(own.get(slot, 0) for slot in Slot),
        *(computed.get(slot, 0) for slot in Slot),
        int(computing),
    )


async def move(connection: asyncpg.Connection, goal_id: str, actual: int) -> int:
    """Give a goal another total; return its revision."""
    revision: int = await connection.fetchval(_MOVE, goal_id, actual)
    return revision


async def hold(
    connection: asyncpg.Connection,
    goal_id: str,
    held: Mapping[Slot, int],
    *,
    locked: bool = False,
    written: bool = False,
) -> None:
    """Apply a goal's override: it shows what is held, in units."""
    units = [held.get(slot, 0) if held else None for slot in Slot]
    await connection.execute(_HOLD, goal_id, *units)
    await connection.execute(_APPLY_OVERRIDE, goal_id, locked, written)


async def forget(connection: asyncpg.Connection, goal_id: str) -> None:
    """Have rollup apply that a goal is gone."""
    await connection.execute(
        "UPDATE rollup.goal SET gone = true, parent_number = NULL WHERE id = $1",
        goal_id,
    )

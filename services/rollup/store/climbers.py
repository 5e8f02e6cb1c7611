"""Which process climbs which groups of trees: locks, heartbeats, handing over."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from shared.plumbing.postgres import Connection

_CLASS: Final = 7_221_103  # any number that nothing else locks
COPY_SECONDS_MAX: Final = 5

_BEAT = """
INSERT INTO rollup.copy (copy_id, seen_at) VALUES ($1, now())
-- We have been here before.
ON CONFLICT (copy_id) DO UPDATE SET seen_at = excluded.seen_at
"""
_LEAVE = "DELETE FROM rollup.copy WHERE copy_id = $1"
_FORGET = f"""
DELETE FROM rollup.copy WHERE seen_at < now() - interval '{10 * COPY_SECONDS_MAX} s'
"""
_COPIES = f"""
SELECT count(*)
FROM rollup.copy
WHERE seen_at > now() - interval '{COPY_SECONDS_MAX} s'
"""
_SEEN = """
UPDATE rollup.climber SET seen_at = now()
WHERE copy_id = $1 AND tree_group = ANY($2::smallint[])
"""

# A session's lock: it falls with the connection, whatever happens to the process.
_TRY = f"SELECT pg_try_advisory_lock({_CLASS}, $1)"
_RELEASE = f"SELECT pg_advisory_unlock({_CLASS}, $1)"

_PREDECESSOR = """
SELECT extract(epoch FROM now() - seen_at)::float8
FROM rollup.climber
WHERE tree_group = $1 AND NOT handed_over
"""
_TAKE_OVER = """
INSERT INTO rollup.climber (tree_group, copy_id, handed_over, seen_at)
VALUES ($1, $2, false, now())
-- Whoever had the group before is gone: we hold its lock.
ON CONFLICT (tree_group) DO UPDATE
SET copy_id = excluded.copy_id, handed_over = false, seen_at = excluded.seen_at
"""
_HAND_OVER = """
UPDATE rollup.climber SET handed_over = true
WHERE tree_group = $1 AND copy_id = $2
"""


async def beat(connection: Connection, copy_id: UUID, groups: Sequence[int]) -> int:
    """Say that we live; return how many copies do."""
    await connection.execute(_BEAT, copy_id)
    await connection.execute(_SEEN, copy_id, groups)
    await connection.execute(_FORGET)
    copies: int = await connection.fetchval(_COPIES)
    return copies


async def leave(connection: Connection, copy_id: UUID) -> None:
    """Say that we are gone."""
    await connection.execute(_LEAVE, copy_id)


async def try_take(connection: Connection, group: int, copy_id: UUID) -> float | None:
    """Try to become a group's climber.

    Returns None if another is; else for how many seconds a predecessor that did not
    hand over has been silent (infinitely long, if it did).
    """
    if not await connection.fetchval(_TRY, group):
        return None
    silent = await connection.fetchval(_PREDECESSOR, group)
    await connection.execute(_TAKE_OVER, group, copy_id)
    return float("inf") if silent is None else float(silent)


async def hand_over(connection: Connection, group: int, copy_id: UUID) -> None:
    """Let another climb the group; all that was committed is announced."""
    await connection.execute(_HAND_OVER, group, copy_id)
    await connection.execute(_RELEASE, group)

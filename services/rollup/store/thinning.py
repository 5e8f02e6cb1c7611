"""Thinning: older rows of the history become fewer.

The row of what is under way is locked while a step lasts, so one process works at a
time; the others pass by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.rollup.store.history import rows_of
from shared.domain.goals import GoalNumber
from shared.plumbing.postgres import Connection

_CLAIM = """
SELECT hours_to, days_to, begun_at, under_way, after_number
FROM rollup.history_thinning
-- Another process is at it.
FOR UPDATE SKIP LOCKED
"""
_BEGIN = """
UPDATE rollup.history_thinning
SET begun_at = $1, under_way = true, after_number = 0
"""
_ADVANCE = "UPDATE rollup.history_thinning SET after_number = $1"
_END = """
UPDATE rollup.history_thinning SET under_way = false, hours_to = $1, days_to = $2
"""

# From one goal to the next by the index, past all the rows between.
_NEXT = """
WITH RECURSIVE found (number) AS (
    (
        SELECT history.number
        FROM rollup.history
        WHERE history.number > $1
        ORDER BY history.number
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT history.number
        FROM rollup.history
        WHERE history.number > found.number
        ORDER BY history.number
        LIMIT 1
    )
    FROM found
    WHERE found.number IS NOT NULL
), few AS MATERIALIZED (
    SELECT number FROM found WHERE number IS NOT NULL LIMIT $2
)
SELECT few.number,
       CASE WHEN NOT goal.gone THEN
           rollup_published.known_zone(goal.definition #>> '{period,time_zone}')
       END AS zone
FROM few
LEFT JOIN rollup.goal ON goal.number = few.number
ORDER BY few.number
"""

_FORGET = """
DELETE FROM rollup.history
WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM rollup.history WHERE number = ANY($1::bigint[]) LIMIT $2
))
"""
# The row after it is looked up by the index: one look for each row.
_THIN = """
DELETE FROM rollup.history
WHERE ctid = ANY(ARRAY(
    SELECT older.ctid
    FROM unnest($1::bigint[], $2::text[]) AS goal (number, zone)
    JOIN rollup.history AS older
        ON older.number = goal.number AND older.at >= $3 AND older.at < $4
    WHERE (
        SELECT min(later.at)
        FROM rollup.history AS later
        WHERE later.number = older.number AND later.at > older.at
    ) < rollup_published.end_of($5, older.at, goal.zone)
    LIMIT $6
))
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """How far older rows have been thinned."""

    # Before these, only the last row of each hour, of each day is left.
    hours_to: datetime
    days_to: datetime
    # When the last round began, and if it has not ended, after which goal it goes on.
    begun_at: datetime
    under_way: bool
    after_number: int


async def claim(connection: Connection) -> Stand | None:
    """Have the thinning alone until the transaction ends; None: another has it."""
    row = await connection.fetchrow(_CLAIM)
    return None if row is None else Stand(*row)


async def begin(connection: Connection, now: datetime) -> None:
    """Begin a round."""
    await connection.execute(_BEGIN, now)


async def advance(connection: Connection, number: GoalNumber) -> None:
    """Note that all goals up to this one are done."""
    await connection.execute(_ADVANCE, number)


async def end(connection: Connection, *, hours_to: datetime, days_to: datetime) -> None:
    """End the round."""
    await connection.execute(_END, hours_to, days_to)


async def next_goals(
    connection: Connection, after: int, limit: int
) -> Mapping[GoalNumber, str | None]:
    """Return the next goals that have a history, with their zones; None: gone."""
    rows = await connection.fetch(_NEXT, after, limit)
    return {row["number"]: row["zone"] for row in rows}


async def forget(
    connection: Connection, goals: Mapping[GoalNumber, str | None], limit: int
) -> int:
    """Delete rows of the goals that are gone; return how many."""
    gone = [number for number, zone in goals.items() if zone is None]
    if not gone:
        return 0
    return rows_of(await connection.execute(_FORGET, gone, limit))


async def thin(
    connection: Connection,
    goals: Mapping[GoalNumber, str | None],
    *,
    unit: str,
    since: datetime,
    until: datetime,
    limit: int,
) -> int:
    """Delete what is not the last of its hour or day, of a time; return how many."""
    if since >= until:
        return 0
    living = {number: zone for number, zone in goals.items() if zone is not None}
    status = await connection.execute(
        _THIN, list(living), list(living.values()), since, until, unit, limit
    )
    return rows_of(status)

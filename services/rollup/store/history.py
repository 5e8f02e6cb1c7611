"""The history of goals: what they showed, by the second.

Who writes has the lock, so that each sees what was written before: then the last row of
a goal, compared with what the goal shows, is made right by whoever comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.rollup.domain.noting import Note, Round
from services.rollup.store.codec import array_literal
from shared.domain.goals import GoalNumber
from shared.plumbing.postgres import Connection

_LOCK: Final = 7_221_108  # any number that nothing else locks
# By plans of its own, PostgreSQL would read all goals to find a thousand of them. Nor
# need anybody wait for the disk: with a server every climber's connection breaks, and
# what it forgot is found when the groups are taken anew.
_ALONE = f"""
SELECT set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('synchronous_commit', 'off', true),
       pg_advisory_xact_lock({_LOCK})
"""

# Only what differs from the row before; a goal that is gone gets no history any more.
# Almost always the note is of now and after the last row: then the last row is what the
# goal shows. Of all others it answers that they are to be compared.
_WRITE = """
WITH noted AS MATERIALIZED (
    SELECT note.*, last.at AS last_at,
           (last.actual::text, last.in_progress::text, last.custom::text)
               IS NOT DISTINCT FROM
               (note.actual::text, note.in_progress::text, note.custom::text)
               AS is_last,
           coalesce(total.held_actual, total.computed_actual) = note.units_actual
               AND coalesce(total.held_in_progress, total.computed_in_progress)
                   = note.units_in_progress
               AND coalesce(total.held_custom, total.computed_custom)
                   = note.units_custom AS is_of_now
    FROM (
        SELECT one.*, to_timestamp(second) AS at,
               rollup.amount_of(units_actual, decimals, (measured & 1) > 0) AS actual,
               rollup.amount_of(units_in_progress, decimals, (measured & 2) > 0)
                   AS in_progress,
               rollup.amount_of(units_custom, decimals, (measured & 4) > 0) AS custom
        FROM unnest(
            $1::text::bigint[], $2::text::bigint[], $3::text::numeric[],
            $4::text::numeric[], $5::text::numeric[], $6::text::integer[],
            $7::text::integer[]
        ) AS one (number, second, units_actual, units_in_progress, units_custom,
                  decimals, measured)
    ) AS note
    JOIN rollup.total ON total.number = note.number
    LEFT JOIN LATERAL (
        SELECT last.at, last.actual, last.in_progress, last.custom
        FROM rollup.history AS last
        WHERE last.number = note.number
        ORDER BY last.at DESC
        LIMIT 1
    ) AS last ON true
), written AS (
    INSERT INTO rollup.history (number, at, actual, in_progress, custom)
    SELECT number, at, actual, in_progress, custom
    FROM noted
    WHERE last_at IS NULL OR last_at > at OR NOT is_last
    -- Written before the second was over: the newer value counts.
    ON CONFLICT (number, at) DO UPDATE
    SET actual = excluded.actual, in_progress = excluded.in_progress,
        custom = excluded.custom
    RETURNING 1
)
SELECT (SELECT count(*) FROM written) AS rows,
       array(SELECT number FROM noted WHERE last_at >= at OR NOT is_of_now) AS doubtful
"""

# Never before the last row, whatever a clock said: so the newest value stays the last.
_COMPARE = """
INSERT INTO rollup.history (number, at, actual, in_progress, custom)
SELECT shown.number, greatest(date_trunc('second', shown.updated_at), last.at),
       shown.actual, shown.in_progress, shown.custom
FROM (
    SELECT number, updated_at,
           rollup.amount_of(shown_actual, decimals, rollup_fields ? 'actual')
               AS actual,
           rollup.amount_of(shown_in_progress, decimals, rollup_fields ? 'in_progress')
               AS in_progress,
           rollup.amount_of(shown_custom, decimals, rollup_fields ? 'custom')
               AS custom
    FROM rollup_published.goal
    WHERE number = ANY($1::bigint[])
) AS shown
LEFT JOIN LATERAL (
    SELECT last.at, last.actual, last.in_progress, last.custom
    FROM rollup.history AS last
    WHERE last.number = shown.number
    ORDER BY last.at DESC
    LIMIT 1
) AS last ON true
WHERE last.at IS NULL
   OR (last.actual::text, last.in_progress::text, last.custom::text)
      IS DISTINCT FROM
      (shown.actual::text, shown.in_progress::text, shown.custom::text)
-- The goal moved again within the second.
ON CONFLICT (number, at) DO UPDATE
SET actual = excluded.actual, in_progress = excluded.in_progress,
    custom = excluded.custom
"""

_OF_GROUPS = """
SELECT number
FROM rollup.goal
WHERE tree_group = ANY($1::smallint[]) AND number > $2 AND NOT gone
ORDER BY number
LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing notes."""

    rows: int
    # Goals whose last row may be another than what they show.
    doubtful: Sequence[GoalNumber]


async def write(connection: Connection, notes: Round) -> Written:
    """Write what goals showed at the ends of seconds."""
    columns: list[tuple[int, ...]] = list(
        zip(*(_row(number, note) for number, note in notes.items()), strict=True)
    )
    async with connection.transaction():
        await connection.execute(_ALONE)
        [row] = await connection.fetch(_WRITE, *map(array_literal, columns))
    return Written(row["rows"], row["doubtful"])


def _row(number: GoalNumber, note: Note) -> tuple[int, ...]:
    actual, in_progress, custom = note.measured
    measured = actual | in_progress << 1 | custom << 2
    return (number, note.second, *note.shown, note.decimals, measured)


async def compare(connection: Connection, numbers: Sequence[GoalNumber]) -> int:
    """Give goals that show something else than their last row says a new one."""
    async with connection.transaction():
        await connection.execute(_ALONE)
        status = await connection.execute(_COMPARE, numbers)
    return rows_of(status)


async def of_groups(
    connection: Connection, groups: Sequence[int], *, after: int, limit: int
) -> list[GoalNumber]:
    """Return the next goals of some groups of trees."""
    rows = await connection.fetch(_OF_GROUPS, groups, after, limit)
    return [row[0] for row in rows]


def rows_of(status: str) -> int:
    """Return how many rows a command says that it wrote."""
    return int(status.rpartition(" ")[2])

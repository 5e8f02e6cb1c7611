"""Recalculations: who asked for what, how far each has come, and how it ends.

What they compare in between is in `comparing`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from services.rollup.domain.ancestry import Triple
from services.rollup.domain.contributions import Deltas, number_of
from shared.domain.goals import GoalId, GoalNumber
from shared.plumbing.postgres import Connection

KEPT_DAYS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked for what, and when."""

    id: str
    goal_id: GoalId
    goal_number: GoalNumber
    asked_by: str | None
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A recalculation whose last word has come to the climbers."""

    id: str
    numbers: Sequence[GoalNumber]
    lacking: Mapping[GoalNumber, Triple]


_KNOWN = "SELECT id FROM rollup.recalculation WHERE id = ANY($1::text[])"
# One that joined another never ends by itself.
_FORGET = f"""
DELETE FROM rollup.recalculation
WHERE coalesce(finished_at, CASE WHEN joined_id IS NOT NULL THEN asked_at END)
    < now() - interval '{KEPT_DAYS} days'
"""

# All of these goals belong to one job, and that is a recalculation's.
_RUNNING = """
SELECT job.recalculation_id
FROM rollup.rederivation AS job
WHERE job.recalculation_id IS NOT NULL AND job.id = (
    SELECT min(rederivation_id)
    FROM rollup.goal
    WHERE number = ANY($1::bigint[])
    HAVING count(rederivation_id) = cardinality($1::bigint[])
        AND min(rederivation_id) = max(rederivation_id)
)
"""

_INSERT = """
INSERT INTO rollup.recalculation (id, goal_id, goal_number, asked_by, asked_at)
VALUES ($1, $2, $3, $4, $5)
"""
_JOIN = "UPDATE rollup.recalculation SET joined_id = $2 WHERE id = $1"
_END_AT_ONCE = """
UPDATE rollup.recalculation
SET status = 'done', note = $2, started_at = now(), finished_at = now()
WHERE id = $1
"""
_BEGIN = """
UPDATE rollup.recalculation
SET tree_id = $2, numbers = $3, renewed = $4, rederivation_id = $5,
    records_expected = $6
WHERE id = $1
"""
# Counting them would take as long as reading them; the planner's guess takes nothing.
_ESTIMATE = """
EXPLAIN (FORMAT JSON) SELECT FROM rollup.record WHERE entity = ANY($1::text[])
"""

_READ_ON = """
UPDATE rollup.recalculation
SET status = 'reading', started_at = coalesce(started_at, now()),
    records_read = records_read + $2
WHERE id = $1
"""
# Goals that belong to another job are read again because they changed.
_JUDGED = """
SELECT goal.number
FROM rollup.goal
JOIN rollup.recalculation ON recalculation.id = $1
WHERE goal.number = ANY($2::bigint[])
  AND coalesce(goal.rederivation_id, recalculation.rederivation_id)
      = recalculation.rederivation_id
  AND goal.number <> ALL(recalculation.renewed)
"""
_FIND = """
INSERT INTO rollup.recalculation_finding (recalculation_id, slot, amount, records)
SELECT $1, slot, amount::numeric, string_to_array(records, E'\\x1f')
FROM unnest($2::bigint[], $3::text[], $4::text[]) AS found (slot, amount, records)
-- Other records of the same number were found before.
ON CONFLICT (recalculation_id, slot) DO UPDATE
SET amount = recalculation_finding.amount + excluded.amount,
    records = (recalculation_finding.records || excluded.records)[1:10]
"""
_BEGIN_COMPARING = """
UPDATE rollup.recalculation
SET status = 'comparing', records_expected = records_read WHERE id = $1
"""

_ENDING = """
SELECT id, rederivation_id, numbers, lacking_slots, lacking_amounts::text[]
FROM rollup.recalculation
WHERE rederivation_id = ANY($1::bigint[])
ORDER BY id
"""
_STAMP = "UPDATE rollup.goal SET rolled_up_at = now() WHERE number = ANY($1::bigint[])"
_END = """
UPDATE rollup.recalculation
SET groups = array_remove(groups, $2::smallint),
    status = CASE WHEN groups <@ ARRAY[$2::smallint] THEN 'done' ELSE status END,
    finished_at = CASE WHEN groups <@ ARRAY[$2::smallint] THEN now() END
WHERE id = $1
"""


async def known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return which of these were heard of before."""
    return {row[0] for row in await connection.fetch(_KNOWN, ids)}


async def running_over(
    connection: Connection, numbers: Collection[GoalNumber]
) -> str | None:
    """Return the recalculation that all of these goals are in, and nothing else."""
    running: str | None = await connection.fetchval(_RUNNING, sorted(numbers))
    return running


async def hear(connection: Connection, asked: Asked) -> None:
    """Note that somebody asked, and forget what was asked long ago."""
    await connection.execute(_FORGET)
    await connection.execute(
        _INSERT,
        asked.id,
        asked.goal_id,
        asked.goal_number,
        asked.asked_by,
        asked.asked_at,
    )


async def join(connection: Connection, asked_id: str, running_id: str) -> None:
    """Have one that runs do the work of another."""
    await connection.execute(_JOIN, asked_id, running_id)


async def end_at_once(connection: Connection, asked_id: str, note: str) -> None:
    """Note that there was nothing to do, and why."""
    await connection.execute(_END_AT_ONCE, asked_id, note)


async def begin(
    connection: Connection,
    asked_id: str,
    *,
    tree_id: GoalId,
    numbers: Collection[GoalNumber],
    renewed: Collection[GoalNumber],
    rederivation_id: int,
    entities: Sequence[str],
) -> None:
    """Note what is to be done, by which job, and about how much that is."""
    await connection.execute(
        _BEGIN,
        asked_id,
        tree_id,
        sorted(numbers),
        sorted(renewed),
        rederivation_id,
        await _estimate(connection, entities),
    )


async def _estimate(connection: Connection, entities: Sequence[str]) -> int:
    [plan] = msgspec.json.decode(await connection.fetchval(_ESTIMATE, entities))
    return int(plan["Plan"]["Plan Rows"])


async def read_on(connection: Connection, asked_id: str, *, records: int) -> None:
    """Note that so many records more were read."""
    await connection.execute(_READ_ON, asked_id, records)


async def judged(
    connection: Connection, asked_id: str, numbers: Collection[GoalNumber]
) -> set[GoalNumber]:
    """Return those goals whose records ought to add what they are stored to add."""
    rows = await connection.fetch(_JUDGED, asked_id, sorted(numbers))
    return {row[0] for row in rows}


async def find(
    connection: Connection,
    asked_id: str,
    deltas: Deltas,
    numbers: Collection[GoalNumber],
) -> None:
    """Note what was put right of these goals."""
    found = {
        slot: amount
        for slot, amount in sorted(deltas.amounts.items())
        if number_of(slot) in numbers
    }
    await connection.execute(
        _FIND,
        asked_id,
        list(found),
        [str(amount) for amount in found.values()],
        ["\x1f".join(deltas.causes[number_of(slot)]) for slot in found],
    )


async def begin_comparing(connection: Connection, asked_id: str) -> None:
    """Note that all records are read."""
    await connection.execute(_BEGIN_COMPARING, asked_id)


async def ending(
    connection: Connection, rederivation_ids: Collection[int]
) -> dict[int, Ending]:
    """Return the recalculations that these jobs were of, by job."""
    rows = await connection.fetch(_ENDING, sorted(rederivation_ids))
    return {row["rederivation_id"]: _ending(row) for row in rows}


def _ending(row: asyncpg.Record) -> Ending:
    lacking: dict[GoalNumber, list[int]] = {}
    for slot, amount in zip(row["lacking_slots"], row["lacking_amounts"], strict=True):
        mine = lacking.setdefault(number_of(slot), [0, 0, 0])
        mine[(slot >> 1) & 3] = int(amount)
    return Ending(
        id=row["id"],
        numbers=row["numbers"],
        lacking={
            number: (lack[0], lack[1], lack[2]) for number, lack in lacking.items()
        },
    )


async def end(
    connection: Connection,
    asked_id: str,
    *,
    group: int,
    numbers: Collection[GoalNumber],
) -> None:
    """Note that the recalculation has ended in a group of trees, for these goals."""
    await connection.execute(_STAMP, sorted(numbers))
    await connection.execute(_END, asked_id, group)

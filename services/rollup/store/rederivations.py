"""Goals whose records must be compared again, and how far that has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from shared.domain.goals import GoalNumber
from shared.plumbing.postgres import Connection

# No job has this id: where word of a job would stand, it says that the hour has come
# at which what waited in a group is shown.
TICK: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rederivation:
    """A job: which records to look at, and after which key to go on."""

    id: int
    owners: Sequence[str] | None
    entities: Sequence[str]
    cursor: str
    # The recalculation that it is a part of.
    recalculation_id: str | None
    # If given, it is about all that depends on these, and no goal waits for its end.
    parents: Sequence[str] | None
    # If given, it is about the records that are due up to then.
    due_until: datetime | None


_QUEUE = """
INSERT INTO rollup.rederivation (numbers, owners, entities, recalculation_id)
VALUES ($1, NULL, '{}', $2)
RETURNING id
"""

# One reads what is due; if there is one, it reads on up to now.
_EXTEND_DUE = """
UPDATE rollup.rederivation
SET due_until = $1
WHERE due_until IS NOT NULL AND NOT is_read
RETURNING id
"""
_QUEUE_DUE = """
INSERT INTO rollup.rederivation (numbers, owners, entities, due_until)
VALUES ($1, NULL, '{}', $2)
RETURNING id
"""

# A goal that is queued again belongs to its newest job only. What it carried it may
# still hold, so the job looks there too.
_MARK = """
UPDATE rollup.goal AS goal
SET rederivation_id = $1,
    carried_owners = CASE
        WHEN goal.carried_owners IS NULL OR fresh.owners IS NULL THEN NULL
        ELSE ARRAY(
            SELECT unnest(goal.carried_owners)
            UNION SELECT unnest(fresh.owners::text[])
        )
    END,
    carried_entities = ARRAY(
        SELECT unnest(goal.carried_entities)
        UNION SELECT unnest(fresh.entities::text[])
    )
FROM unnest($2::bigint[], $3::text[], $4::text[]) AS fresh (number, owners, entities)
WHERE goal.number = fresh.number
"""

_LOOK_WHERE = """
UPDATE rollup.rederivation
SET owners = found.owners, entities = found.entities
FROM (
    SELECT
        CASE
            WHEN bool_or(goal.carried_owners IS NULL) THEN NULL
            ELSE array_agg(DISTINCT owner.key) FILTER (WHERE owner.key IS NOT NULL)
        END AS owners,
        coalesce(
            array_agg(DISTINCT entity.name) FILTER (WHERE entity.name IS NOT NULL),
            '{}'
        ) AS entities
    FROM rollup.goal
    LEFT JOIN LATERAL unnest(goal.carried_owners) AS owner (key) ON true
    LEFT JOIN LATERAL unnest(goal.carried_entities) AS entity (name) ON true
    WHERE goal.rederivation_id = $1
) AS found
WHERE id = $1
"""

_QUEUE_PART = """
INSERT INTO rollup.rederivation (numbers, owners, entities)
VALUES ($1, $2, $3)
RETURNING id
"""

_QUEUE_PARENTS = """
INSERT INTO rollup.rederivation (numbers, owners, entities, parents)
VALUES ('{}', NULL, '{}', $1)
"""

# All its goals belong to newer jobs, which read what it would have. A recalculation
# goes on: it is asked what it finds.
_DROP_DESERTED = """
DELETE FROM rollup.rederivation
WHERE recalculation_id IS NULL AND parents IS NULL AND due_until IS NULL
  AND NOT EXISTS (
      SELECT FROM rollup.goal
      WHERE goal.rederivation_id = rederivation.id AND NOT goal.gone
  )
"""

# Any process may read on; one at a time reads for a job. Whoever changed a goal waits
# for it, so recalculations come last.
_TAKE = """
SELECT id, owners, entities, cursor, recalculation_id, parents, due_until
FROM rollup.rederivation
WHERE NOT is_read
ORDER BY recalculation_id IS NOT NULL, id
LIMIT 1
FOR UPDATE SKIP LOCKED
"""

_ADVANCE = """
UPDATE rollup.rederivation
SET cursor = $2, records_read = records_read + $3
WHERE id = $1
RETURNING records_expected
"""
# Counting them would take as long as reading them; the planner's guess takes nothing.
_ESTIMATE = """
EXPLAIN (FORMAT JSON)
SELECT FROM rollup.record
WHERE entity = ANY($1::text[]) AND ($2::text[] IS NULL OR owner = ANY($2::text[]))
"""
_EXPECT = "UPDATE rollup.rederivation SET records_expected = $2 WHERE id = $1"

_FINISH = "DELETE FROM rollup.rederivation WHERE id = $1"

_END_READING = "UPDATE rollup.rederivation SET is_read = true WHERE id = $1"

_GROUPS_OF = """
SELECT DISTINCT tree_group
FROM rollup.goal
WHERE rederivation_id = $1 AND NOT gone
ORDER BY tree_group
"""

_SETTLE = """
UPDATE rollup.goal AS goal
SET rederivation_id = NULL,
    made_under = NULL,
    rolled_up_at = now(),
    carried_owners = fresh.owners::text[],
    carried_entities = fresh.entities::text[]
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS fresh (number, owners, entities)
WHERE goal.number = fresh.number
"""

# Where a goal's contributions may be found: owners (none: anybody's) and entities.
Carried = Mapping[GoalNumber, tuple[Sequence[str] | None, Sequence[str]]]


async def queue(
    connection: Connection, goals: Carried, *, recalculation_id: str | None = None
) -> int:
    """Queue goals to be re-derived together; return the job's id."""
    job: int = await connection.fetchval(_QUEUE, list(goals), recalculation_id)
    await connection.execute(_MARK, job, *_columns(goals))
    await connection.execute(_LOOK_WHERE, job)
    await connection.execute(_DROP_DESERTED)
    return job


async def queue_part(
    connection: Connection, goals: Carried, *, owners: Sequence[str]
) -> None:
    """Queue goals, none of which is derived again already, for some owners' records."""
    entities = sorted({entity for _, several in goals.values() for entity in several})
    job = await connection.fetchval(_QUEUE_PART, list(goals), owners, entities)
    await connection.execute(_MARK, job, *_columns(goals))


async def queue_parents(connection: Connection, parents: Sequence[str]) -> None:
    """Queue what depends on some records that have changed."""
    await connection.execute(_QUEUE_PARENTS, parents)


async def queue_due(connection: Connection, goals: Carried, *, until: datetime) -> None:
    """Queue what is due; the goals wait for it.

    Those that are being derived again already have it read beside that, and are none
    of these.
    """
    job = await connection.fetchval(_EXTEND_DUE, until)
    if job is None:
        job = await connection.fetchval(_QUEUE_DUE, list(goals), until)
    await connection.execute(_MARK, job, *_columns(goals))


async def take(connection: Connection) -> Rederivation | None:
    """Lock the oldest job that nobody reads for now."""
    row = await connection.fetchrow(_TAKE)
    if row is None:
        return None
    return Rederivation(
        id=row["id"],
        owners=row["owners"],
        entities=row["entities"],
        cursor=row["cursor"],
        recalculation_id=row["recalculation_id"],
        parents=row["parents"],
        due_until=row["due_until"],
    )


async def advance(
    connection: Connection, job: Rederivation, *, cursor: str, records: int
) -> None:
    """Remember up to which key the job has read, and about how much there is to read.

    A job that ends with its first chunk never comes here. How many depend on others
    nobody can guess.
    """
    expected = await connection.fetchval(_ADVANCE, job.id, cursor, records)
    if expected is None and job.parents is None and job.due_until is None:
        told = await connection.fetchval(_ESTIMATE, job.entities, job.owners)
        [plan] = msgspec.json.decode(told)
        await connection.execute(_EXPECT, job.id, int(plan["Plan"]["Plan Rows"]))


async def end_reading(connection: Connection, job: int) -> None:
    """Note that the job has read its last record, and waits for what comes then."""
    await connection.execute(_END_READING, job)


async def finish(connection: Connection, job: int) -> list[int]:
    """Forget the job; return the groups that must hear of it."""
    rows = await connection.fetch(_GROUPS_OF, job)
    await connection.execute(_FINISH, job)
    return [row[0] for row in rows]


async def settle(connection: Connection, goals: Carried) -> None:
    """Goals hold contributions under their present definitions only, from now on."""
    await connection.execute(_SETTLE, *_columns(goals))


def _columns(
    goals: Carried,
) -> tuple[list[GoalNumber], list[str | None], list[str]]:
    return (
        list(goals),
        [None if owners is None else _array(owners) for owners, _ in goals.values()],
        [_array(entities) for _, entities in goals.values()],
    )


def _array(texts: Sequence[str]) -> str:
    return "{" + ",".join(map(_quoted, texts)) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

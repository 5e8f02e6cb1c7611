"""What a recalculation compares: one snapshot of goals and records, and its report."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import msgspec

from services.rollup.domain.ancestry import Triple
from services.rollup.domain.contributions import slot_of
from services.rollup.domain.recalculation import (
    Comparison,
    Difference,
    Found,
    Measured,
)
from services.rollup.store.codec import decode
from shared.domain.amounts import text_of
from shared.domain.goals import SLOTS, GoalId, GoalNumber
from shared.plumbing.postgres import Connection

# A report names so many differences; the others are counted.
DIFFERENCES_MAX: Final = 1_000

# Any number that nothing else locks.
_LOCK: Final = 7_221_104


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A recalculation whose records are read, and the re-derivation that read them."""

    id: str
    rederivation_id: int
    goal_id: GoalId
    goal_number: GoalNumber
    numbers: Sequence[GoalNumber]
    # The last correction that its snapshot shows.
    correction: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The sums of some records, by slot."""

    last_key: str | None
    records: int
    sums: Mapping[int, int]


_MAY_COMPARE = "SELECT EXISTS (SELECT FROM rollup.rederivation WHERE is_read)"
# One at a time compares for a job. As long as what an earlier one found lacking in
# computed values is on its way, a snapshot would show it once more.
_TAKE = """
SELECT job.recalculation_id AS id, job.id AS rederivation_id,
       (SELECT coalesce(max(correction), 0) FROM rollup.recalculation) AS correction
FROM rollup.rederivation AS job
WHERE job.is_read AND NOT EXISTS (
    SELECT FROM rollup.recalculation WHERE groups <> '{}' AND lacking_slots <> '{}'
)
ORDER BY job.id
LIMIT 1
FOR UPDATE OF job SKIP LOCKED
"""
_READ_JOB = """
SELECT goal_id, goal_number, numbers FROM rollup.recalculation WHERE id = $1
"""
_FINDINGS = """
SELECT slot, amount::text, records
FROM rollup.recalculation_finding
WHERE recalculation_id = $1
"""
# The goals that are compared, all that stands in their trees, and those of other trees
# of which something was found.
_GOALS = """
WITH wanted AS MATERIALIZED (
    SELECT number FROM unnest($1::bigint[] || $2::bigint[]) AS one (number)
), trees AS MATERIALIZED (
    SELECT DISTINCT tree_number FROM rollup.goal WHERE number = ANY($1::bigint[])
)
SELECT goal.number, goal.id, goal.parent_number, goal.depth, shown.decimals,
       goal.frozen, goal.rederivation_id, goal.carried_entities,
       total.own_actual, total.own_in_progress, total.own_custom,
       total.pending_actual, total.pending_in_progress, total.pending_custom,
       total.computed_actual, total.computed_in_progress, total.computed_custom,
       total.held_actual, total.held_in_progress, total.held_custom
FROM rollup.goal
JOIN rollup.total USING (number)
JOIN rollup_published.goal AS shown USING (number)
WHERE goal.tree_number IN (SELECT tree_number FROM trees)
   OR goal.number IN (SELECT number FROM wanted)
"""

# Added up before they are chosen: joining each contribution would take twice as long.
_WAITING = """
SELECT slot, amount::text
FROM (
    SELECT slot, sum(amount) AS amount
    FROM rollup.delta
    CROSS JOIN LATERAL unnest(delta.slots, delta.amounts) AS one (slot, amount)
    GROUP BY slot
) AS added
JOIN unnest($1::bigint[]) AS wanted (number) ON wanted.number = slot >> 3
"""
_PAGE = """
WITH page AS MATERIALIZED (
    SELECT key, slots, amounts
    FROM rollup.record
    WHERE key > $2 AND entity = ANY($3::text[])
    ORDER BY key
    LIMIT $4
)
SELECT NULL AS slot, count(*)::text AS amount, max(key) AS last_key
FROM page
UNION ALL
SELECT slot, amount::text, NULL
FROM (
    SELECT slot, sum(amount) AS amount
    FROM page
    CROSS JOIN LATERAL unnest(page.slots, page.amounts) AS one (slot, amount)
    GROUP BY slot
) AS added
JOIN unnest($1::bigint[]) AS wanted (number) ON wanted.number = slot >> 3
"""
_COMPARED = "UPDATE rollup.recalculation SET records_compared = $2 WHERE id = $1"

# Corrections are made one after the other: whoever has compared a picture from before
# another correction would correct the same once more.
_CORRECT_ALONE = f"SELECT pg_advisory_xact_lock({_LOCK})"
_LAST_CORRECTION = "SELECT coalesce(max(correction), 0) FROM rollup.recalculation"
_IS_OURS = """
SELECT true FROM rollup.rederivation WHERE id = $1 AND is_read FOR UPDATE SKIP LOCKED
"""
_FORGET_JOB = "DELETE FROM rollup.rederivation WHERE id = $1"
_REPORT = """
UPDATE rollup.recalculation
SET differences = $2::jsonb, difference_count = $3, note = $4, correction = $5,
    lacking_slots = $6, lacking_amounts = $7, groups = $8,
    status = CASE WHEN $8 = '{}'::smallint[] THEN 'done' ELSE status END,
    finished_at = CASE WHEN $8 = '{}'::smallint[] THEN now() END,
    records_compared = records_read
WHERE id = $1
"""
_FORGET_FINDINGS = """
DELETE FROM rollup.recalculation_finding WHERE recalculation_id = $1
"""


async def may_compare(connection: Connection) -> bool:
    """Tell whether a job waits for its goals to be compared."""
    may: bool = await connection.fetchval(_MAY_COMPARE)
    return may


async def take(connection: Connection) -> Job | None:
    """Lock the oldest job whose goals are to be compared and that nobody compares."""
    row = await connection.fetchrow(_TAKE)
    if row is None:
        return None
    [asked] = await connection.fetch(_READ_JOB, row["id"])
    return Job(**row, **asked)


async def findings(connection: Connection, asked_id: str) -> dict[int, Found]:
    """Return what reading has put right, by slot."""
    return {
        row[0]: Found(amount=int(row[1]), records=tuple(row[2]))
        for row in await connection.fetch(_FINDINGS, asked_id)
    }


async def goals(
    connection: Connection, job: Job, others: Collection[GoalNumber]
) -> tuple[dict[GoalNumber, Measured], list[str]]:
    """Return goals with their numbers, and the entities that they may hold any of.

    Those are the goals of the job with their trees, and some others.
    """
    rows = await connection.fetch(_GOALS, job.numbers, sorted(others))
    waiting = await _waiting(connection, [row["number"] for row in rows])
    numbers = set(job.numbers)
    return (
        {
            row["number"]: _measured(row, waiting, job=job, numbers=numbers)
            for row in rows
        },
        sorted({entity for row in rows for entity in row["carried_entities"]}),
    )


async def _waiting(
    connection: Connection, numbers: Sequence[GoalNumber]
) -> dict[int, int]:
    return _sums(await connection.fetch(_WAITING, numbers))


def _sums(rows: Sequence[asyncpg.Record]) -> dict[int, int]:
    """Return sums of contributions by slot."""
    slots, amounts = decode(
        [row["slot"] for row in rows], [int(row["amount"]) for row in rows]
    )
    return dict(zip(slots, amounts, strict=True))


def _measured(
    row: asyncpg.Record,
    waiting: Mapping[int, int],
    *,
    job: Job,
    numbers: Collection[GoalNumber],
) -> Measured:
    pending, number = _triple(row, "pending"), GoalNumber(row["number"])
    deltas = [waiting.get(slot_of(number, index), 0) for index in range(len(SLOTS))]
    return Measured(
        number=number,
        id=GoalId(row["id"]),
        parent=row["parent_number"],
        depth=row["depth"],
        decimals=row["decimals"],
        is_compared=number in numbers and not row["frozen"],
        awaits_found=row["rederivation_id"] == job.rederivation_id,
        own=_triple(row, "own"),
        waiting=(
            pending[0] + deltas[0],
            pending[1] + deltas[1],
            pending[2] + deltas[2],
        ),
        computed=_triple(row, "computed"),
        held=None if row["held_actual"] is None else _triple(row, "held"),
    )


def _triple(row: asyncpg.Record, name: str) -> Triple:
    return (
        int(row[f"{name}_actual"]),
        int(row[f"{name}_in_progress"]),
        int(row[f"{name}_custom"]),
    )


async def page(
    connection: Connection,
    numbers: Collection[GoalNumber],
    *,
    after: str,
    entities: Sequence[str],
    limit: int,
) -> Page:
    """Add up what the next records are stored to add to these goals."""
    rows = await connection.fetch(_PAGE, sorted(numbers), after, entities, limit)
    head = next(row for row in rows if row["slot"] is None)
    return Page(
        last_key=head["last_key"],
        records=int(head["amount"]),
        sums=_sums([row for row in rows if row["slot"] is not None]),
    )


async def compared(pool: asyncpg.Pool, asked_id: str, records: int) -> None:
    """Tell others how many records are compared; they see it at once."""
    await pool.execute(_COMPARED, asked_id, records)


async def seize(connection: Connection, job: Job) -> bool:
    """Tell whether what this job's picture shows is still to be corrected.

    If so, nobody else corrects anything until the transaction ends.
    """
    await connection.execute(_CORRECT_ALONE)
    last = await connection.fetchval(_LAST_CORRECTION)
    ours = await connection.fetchval(_IS_OURS, job.rederivation_id)
    return last == job.correction and ours is True


async def report(
    connection: Connection,
    job: Job,
    comparison: Comparison,
    *,
    note: str | None,
    groups: Sequence[int],
) -> None:
    """Write down what was found, and the groups of trees that still have to end."""
    corrects = bool(comparison.own or comparison.computed)
    lacking = {
        slot_of(number, index): amount
        for number, lack in comparison.computed.items()
        for index, amount in enumerate(lack)
        if amount
    }
    await connection.execute(
        _REPORT,
        job.id,
        _encoded(comparison.differences[:DIFFERENCES_MAX]),
        len(comparison.differences),
        note,
        job.correction + 1 if corrects else None,
        list(lacking),
        list(lacking.values()),
        groups,
    )
    await connection.execute(_FORGET_FINDINGS, job.id)
    await connection.execute(_FORGET_JOB, job.rederivation_id)


def _encoded(differences: Iterable[Difference]) -> str:
    told: list[dict[str, Any]] = [
        {
            "goal_id": one.goal_id,
            "field": one.field,
            "was": text_of(one.was, one.decimals),
            "should_be": text_of(one.should_be, one.decimals),
            "records": one.records,
        }
        for one in differences
    ]
    return msgspec.json.encode(told).decode()

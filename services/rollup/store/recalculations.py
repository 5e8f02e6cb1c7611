"""Recalculations: how far each has come, what it found, and the picture it compares."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from services.rollup.domain.ancestry import Triple
from services.rollup.domain.contributions import Deltas, number_of, slot_of
from services.rollup.domain.recalculation import (
    Comparison,
    Difference,
    Found,
    Measured,
)
from shared.domain.amounts import text_of
from shared.domain.goals import SLOTS, GoalId, GoalNumber
from shared.plumbing.postgres import Connection

# A report names so many differences; the others are counted.
DIFFERENCES_MAX: Final = 1_000
KEPT_DAYS: Final = 90

# Any number that nothing else locks.
_LOCK: Final = 7_221_104


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked for what, and when."""

    id: str
    goal_id: GoalId
    goal_number: GoalNumber
    asked_by: str | None
    asked_at: datetime


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
class Ending:
    """A recalculation whose last word has come to the climbers."""

    id: str
    numbers: Sequence[GoalNumber]
    lacking: Mapping[GoalNumber, Triple]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The sums of some records, by slot."""

    last_key: str | None
    records: int
    sums: Mapping[int, int]


_KNOWN = "SELECT id FROM rollup.recalculation WHERE id = ANY($1::text[])"
_FORGET = f"""
DELETE FROM rollup.recalculation
WHERE finished_at < now() - interval '{KEPT_DAYS} days'
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

# Slots are even; the odd one above holds how many times 10^18 come on top.
_UNITS = "sum(amount * CASE slot % 2 WHEN 1 THEN 1e18 ELSE 1 END)::text"
_WAITING = f"""
SELECT slot - slot % 2 AS slot, {_UNITS} AS amount
FROM rollup.delta
CROSS JOIN LATERAL unnest(delta.slots, delta.amounts) AS one (slot, amount)
JOIN unnest($1::bigint[]) AS wanted (number) ON wanted.number = slot >> 3
GROUP BY 1
"""
_PAGE = f"""
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
SELECT slot - slot % 2, {_UNITS}, NULL
FROM page
CROSS JOIN LATERAL unnest(page.slots, page.amounts) AS one (slot, amount)
JOIN unnest($1::bigint[]) AS wanted (number) ON wanted.number = slot >> 3
GROUP BY 1
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
    rows = await connection.fetch(_WAITING, numbers)
    return {row["slot"]: int(row["amount"]) for row in rows}


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
        sums={
            row["slot"]: int(row["amount"]) for row in rows if row["slot"] is not None
        },
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

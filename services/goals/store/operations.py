"""What operators are told, read from goals' tables and what rollup publishes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from services.goals.domain.operations import (
    GoalCounts,
    Latency,
    Outbox,
    Process,
    Rederivation,
    RederivationReason,
    RederivationState,
    Verification,
    VerifiedDifference,
    state_of,
)
from services.goals.domain.rights import Rights
from services.goals.domain.settled import Place
from services.goals.store.connections import Statements
from services.goals.store.visible import EVERY, visible
from shared.queries.arguments import Arguments

# As many jobs as anybody looks at, and as many goals of each.
JOBS_MAX: Final = 100
GOALS_NAMED_MAX: Final = 20

_NOW = "SELECT clock_timestamp()"
_PROGRESS = """
SELECT topic, partition, next_offset
FROM rollup_published.progress
WHERE topic = ANY($1::text[])
"""
_PROCESSES = """
SELECT
    copy_id, name, started_at, seen_at, stopped_at, partitions, tree_groups,
    measured_since, records_per_second, latencies, p50_milliseconds,
    p95_milliseconds, p99_milliseconds
FROM rollup_published.process
ORDER BY stopped_at IS NOT NULL, name, started_at
"""
_REDERIVATIONS = """
SELECT
    job.id, job.recalculation_id, job.parents, job.due_until, job.is_read,
    job.records_read, job.records_expected, job.queued_at,
    ARRAY(
        SELECT thing.id
        FROM goals.goal AS thing
        WHERE thing.number = ANY(job.numbers) AND {visible}
        ORDER BY thing.id
    ) AS goal_ids,
    cardinality(job.numbers) AS all_goals
FROM rollup_published.rederivation AS job
ORDER BY job.id
LIMIT {limit}
"""
# The first that applies, as `domain.numbers.status_of` has it.
_GOALS = """
SELECT status, count(*)
FROM (
    SELECT CASE
        WHEN goal.error IS NOT NULL THEN 'failed'
        WHEN goal.number IS NULL OR goal.computing
            OR goal.override_number < coalesce(
                (thing.override ->> 'number')::bigint, 0
            )
            OR NOT (thing.state = 'open' OR goal.frozen)
            THEN 'computing'
        WHEN goal.frozen THEN 'frozen'
        ELSE 'current'
    END AS status
    FROM goals.goal AS thing
    LEFT JOIN rollup_published.goal AS goal ON goal.number = thing.number
    WHERE {visible}
) AS counted
GROUP BY status
"""
_OLDEST_COMPUTING = """
SELECT min(job.queued_at)
FROM rollup_published.rederivation AS job
WHERE EXISTS (
    SELECT FROM goals.goal AS thing
    WHERE thing.number = ANY(job.numbers) AND {visible}
)
"""
_OUTBOX = """
SELECT
    (SELECT count(*) FROM goals.outbox) AS definitions,
    (SELECT min(made_at) FROM goals.outbox) AS oldest_definition_at,
    status.waiting_announcements AS announcements,
    status.waiting_deltas AS deltas
FROM rollup_published.status AS status
"""
_VERIFICATION = """
SELECT
    at, seconds, caller, goals, computing, checks, difference_count, differences
FROM goals.verification
ORDER BY id DESC
LIMIT 1
"""

_decode_differences = msgspec.json.Decoder(list[VerifiedDifference]).decode


class Operations(Statements):
    """What can be read of the work that is done, and of who does it."""

    async def now(self) -> datetime:
        """Return the database's time, by which pulses are written."""
        now: datetime = await self.connection.fetchval(_NOW)
        return now

    async def progress(self, topics: Sequence[str]) -> Mapping[Place, int]:
        """Return how far each partition of some topics has been applied."""
        rows = await self.connection.fetch(_PROGRESS, list(topics))
        return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def processes(self, now: datetime) -> list[Process]:
        """Return the rollup processes that told of themselves within the last hour."""
        rows = await self.connection.fetch(_PROCESSES)
        return [_process(row, now) for row in rows]

    async def rederivations(self, rights: Rights) -> list[Rederivation]:
        """Return what waits to be derived again, or is; oldest first.

        Of goals only those that a caller may read; a job of none of them is left out.
        """
        arguments = Arguments()
        readable = visible(rights, arguments)
        rows = await self.connection.fetch(
            _REDERIVATIONS.format(visible=readable, limit=JOBS_MAX), *arguments.values
        )
        return [
            _rederivation(row)
            for row in rows
            if readable == EVERY or row["goal_ids"] or not row["all_goals"]
        ]

    async def goal_counts(self, rights: Rights) -> GoalCounts:
        """Return how many goals that a caller may read are in which state."""
        arguments = Arguments()
        readable = visible(rights, arguments)
        rows = await self.connection.fetch(
            _GOALS.format(visible=readable), *arguments.values
        )
        counts = {row["status"]: row["count"] for row in rows}
        oldest = await self.connection.fetchval(
            _OLDEST_COMPUTING.format(visible=readable), *arguments.values
        )
        return GoalCounts(
            current=counts.get("current", 0),
            computing=counts.get("computing", 0),
            failed=counts.get("failed", 0),
            frozen=counts.get("frozen", 0),
            oldest_computing_since=oldest,
        )

    async def outbox(self) -> Outbox:
        """Return what is committed and not yet out."""
        [row] = await self.connection.fetch(_OUTBOX)
        return Outbox(**row)

    async def verification(self, rights: Rights) -> Verification | None:
        """Return the last result of `cairn verify`, as far as a caller may read it."""
        row = await self.connection.fetchrow(_VERIFICATION)
        if row is None:
            return None
        differences = _decode_differences(row["differences"])
        arguments = Arguments()
        named = arguments.add([one.goal_id for one in differences], "text[]")
        readable = visible(rights, arguments)
        is_whole = readable == EVERY
        if not is_whole:
            known = await self.connection.fetch(
                "SELECT thing.id FROM goals.goal AS thing "
                f"WHERE thing.id = ANY ({named}) AND {readable}",
                *arguments.values,
            )
            ids = {one["id"] for one in known}
            differences = [one for one in differences if one.goal_id in ids]
        return Verification(
            at=row["at"],
            seconds=row["seconds"],
            by=row["caller"],
            is_clean=row["difference_count"] == 0,
            goals=row["goals"] if is_whole else None,
            computing=row["computing"] if is_whole else None,
            checks=row["checks"] if is_whole else None,
            difference_count=row["difference_count"] if is_whole else None,
            differences=differences,
        )


def _process(row: asyncpg.Record, now: datetime) -> Process:
    return Process(
        id=str(row["copy_id"]),
        name=row["name"],
        state=state_of(now, seen_at=row["seen_at"], stopped_at=row["stopped_at"]),
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        stopped_at=row["stopped_at"],
        partitions=row["partitions"],
        tree_groups=row["tree_groups"],
        measured_since=row["measured_since"],
        records_per_second=round(row["records_per_second"], 2),
        latency=Latency(
            records=row["latencies"],
            p50_milliseconds=_tenths(row["p50_milliseconds"]),
            p95_milliseconds=_tenths(row["p95_milliseconds"]),
            p99_milliseconds=_tenths(row["p99_milliseconds"]),
        ),
    )


def _tenths(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)


def _rederivation(row: asyncpg.Record) -> Rederivation:
    return Rederivation(
        id=row["id"],
        reason=_reason(row),
        state=_state(row),
        goal_ids=row["goal_ids"][:GOALS_NAMED_MAX],
        goals=len(row["goal_ids"]),
        recalculation_id=row["recalculation_id"],
        records_read=row["records_read"],
        records_expected=row["records_expected"],
        queued_at=row["queued_at"],
    )


def _reason(row: asyncpg.Record) -> RederivationReason:
    if row["recalculation_id"] is not None:
        return RederivationReason.RECALCULATION
    if row["parents"]:
        return RederivationReason.RECORDS_CHANGED
    if row["due_until"] is not None:
        return RederivationReason.TIME_PASSED
    return RederivationReason.GOALS_CHANGED


def _state(row: asyncpg.Record) -> RederivationState:
    if row["is_read"]:
        return RederivationState.ENDING
    if row["records_read"]:
        return RederivationState.READING
    return RederivationState.WAITING

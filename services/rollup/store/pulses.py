"""What processes tell of themselves: a row each, written every few seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.rollup.domain.latencies import Percentiles
from shared.plumbing.postgres import Connection

KEPT_HOURS: Final = 1

_WRITE = """
INSERT INTO rollup.pulse (
    copy_id, name, partitions, tree_groups, measured_since, records_per_second,
    latencies, p50_milliseconds, p95_milliseconds, p99_milliseconds
)
VALUES ($1, $2, $3, $4, now() - make_interval(secs => $5), $6, $7, $8, $9, $10)
-- We have told of ourselves before.
ON CONFLICT (copy_id) DO UPDATE
SET seen_at = now(),
    stopped_at = NULL,
    partitions = excluded.partitions,
    tree_groups = excluded.tree_groups,
    measured_since = excluded.measured_since,
    records_per_second = excluded.records_per_second,
    latencies = excluded.latencies,
    p50_milliseconds = excluded.p50_milliseconds,
    p95_milliseconds = excluded.p95_milliseconds,
    p99_milliseconds = excluded.p99_milliseconds
"""
_STOP = """
UPDATE rollup.pulse
SET seen_at = now(), stopped_at = now(), partitions = '{}', tree_groups = '{}'
WHERE copy_id = $1
"""
_FORGET = f"""
DELETE FROM rollup.pulse WHERE seen_at < now() - interval '{KEPT_HOURS} hour'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What a process has to tell of itself."""

    copy_id: UUID
    name: str
    partitions: Sequence[int]
    tree_groups: Sequence[int]
    # For how long it has been measured, a minute at most.
    seconds: float
    records_per_second: float
    latencies: Percentiles


async def write(connection: Connection, pulse: Pulse) -> None:
    """Tell that a process lives, and what it does."""
    await connection.execute(
        _WRITE,
        pulse.copy_id,
        pulse.name,
        pulse.partitions,
        pulse.tree_groups,
        pulse.seconds,
        pulse.records_per_second,
        pulse.latencies.count,
        pulse.latencies.p50,
        pulse.latencies.p95,
        pulse.latencies.p99,
    )


async def stop(connection: Connection, copy_id: UUID) -> None:
    """Tell that a process ends in order."""
    await connection.execute(_STOP, copy_id)


async def forget_old(connection: Connection) -> None:
    """Forget processes that have been silent for long."""
    await connection.execute(_FORGET)

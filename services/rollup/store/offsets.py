"""Where each partition stands, and whose it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.plumbing.postgres import Connection


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The next offset of a partition, and the assignment that may move it."""

    next_offset: int
    epoch: int


# Every assignment raises the epoch: who had the partition before is refused.
_RAISE_EPOCH = """
INSERT INTO rollup.source_offset (topic, partition, next_offset, epoch)
VALUES ($1, $2, $3, 1)
-- The partition has a standpoint already: it counts, whatever the caller proposes.
ON CONFLICT (topic, partition) DO UPDATE
SET epoch = source_offset.epoch + 1
RETURNING next_offset, epoch
"""

# Locked in the order of partitions; first in the order of all locks.
_LOCK = """
SELECT partition, next_offset, epoch
FROM rollup.source_offset
WHERE topic = $1 AND partition = ANY($2::integer[])
ORDER BY partition
FOR UPDATE
"""

_MOVE = """
UPDATE rollup.source_offset AS source
SET next_offset = moved.next_offset
FROM unnest($2::integer[], $3::bigint[]) AS moved (partition, next_offset)
WHERE source.topic = $1 AND source.partition = moved.partition
"""


async def raise_epoch(
    connection: Connection, *, topic: str, partition: int, first_offset: int
) -> Standpoint:
    """Take a partition over; it begins at `first_offset` if it never stood anywhere."""
    [row] = await connection.fetch(_RAISE_EPOCH, topic, partition, first_offset)
    return Standpoint(row["next_offset"], row["epoch"])


async def lock(
    connection: Connection, topic: str, partitions: Sequence[int]
) -> dict[int, Standpoint]:
    """Lock the partitions' rows and return where they stand."""
    rows = await connection.fetch(_LOCK, topic, sorted(partitions))
    return {row[0]: Standpoint(row[1], row[2]) for row in rows}


async def move(
    connection: Connection, topic: str, next_offsets: Mapping[int, int]
) -> None:
    """Move the partitions on; their rows are locked."""
    await connection.execute(
        _MOVE, topic, list(next_offsets), list(next_offsets.values())
    )

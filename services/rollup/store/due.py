"""Records whose contributions may change because time passes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.plumbing.postgres import Connection

# The records are locked, so nobody else writes of them.
_WRITE = """
WITH said AS (
    SELECT key, at
    FROM unnest($1::text[], $2::timestamptz[]) AS said (key, at)
), forgotten AS (
    DELETE FROM rollup.due
    USING said
    WHERE due.key = said.key AND said.at IS NULL
)
INSERT INTO rollup.due (key, at)
SELECT key, at FROM said WHERE at IS NOT NULL
-- It was due before, at another time.
ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE due.at <> excluded.at
"""

_IS_ANY = "SELECT EXISTS (SELECT FROM rollup.due WHERE at <= $1)"
_DUE = 'SELECT key FROM rollup.due WHERE at <= $1 ORDER BY key COLLATE "C" LIMIT $2'


async def write(connection: Connection, due: Mapping[str, datetime | None]) -> None:
    """Note when some locked records are to be looked at again; None: never."""
    if due:
        await connection.execute(_WRITE, list(due), list(due.values()))


async def is_any(connection: Connection, now: datetime) -> bool:
    """Tell whether any record is due."""
    found: bool = await connection.fetchval(_IS_ANY, now)
    return found


async def some(connection: Connection, now: datetime, *, limit: int) -> Sequence[str]:
    """Return the keys of records that are due."""
    return [row[0] for row in await connection.fetch(_DUE, now, limit)]

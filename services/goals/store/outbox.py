"""What is committed and still to be announced."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
from asyncpg.transaction import Transaction

from services.goals.store.connections import Connection
from shared.messages.definitions import Kind
from shared.plumbing.postgres import connect

# Told on commit to whoever publishes, in whichever process that is.
COMMITTED_CHANNEL: Final = "cairn_goals_committed"
# Told when Kafka has acknowledged: `position:next offset`.
PUBLISHED_CHANNEL: Final = "cairn_goals_published"

_PUBLISH_LOCK: Final = 7_221_112  # any number that nothing else locks

_APPEND = """
WITH appended AS (
    INSERT INTO goals.outbox (
        change_set_id, change_set_size, change_set_index, kind, definition_id, value,
        goal_number, traceparent
    )
    SELECT $1, $2, index - 1, kind, definition_id, value, goal_number, $7
    FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bigint[])
        WITH ORDINALITY AS given (kind, definition_id, value, goal_number, index)
    ORDER BY index
    RETURNING position
)
SELECT max(position) FROM appended
"""
_TELL_COMMITTED = f"NOTIFY {COMMITTED_CHANNEL}"
# Only one process publishes at a time, and the next one sees what it has deleted.
_LOCK = f"SELECT pg_advisory_xact_lock({_PUBLISH_LOCK})"
_TAKE = """
SELECT
    position, change_set_id, change_set_size, change_set_index, kind, definition_id,
    value, goal_number, traceparent, made_at
FROM goals.outbox
ORDER BY position
LIMIT $1
"""
_DELETE = "DELETE FROM goals.outbox WHERE position <= $1"
_TELL_PUBLISHED = f"SELECT pg_notify('{PUBLISHED_CHANNEL}', $1)"
_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM goals.outbox)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What one definition has become; no value: it is gone."""

    kind: Kind
    definition_id: str
    value: bytes | None
    goal_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMessage:
    """One message of the outbox."""

    position: int
    change_set_id: str
    change_set_size: int
    change_set_index: int
    kind: Kind
    definition_id: str
    value: bytes | None
    goal_number: int | None
    traceparent: str | None
    made_at: datetime


async def append(
    connection: Connection,
    *,
    change_set_id: str,
    announcements: Sequence[Announcement],
    traceparent: str | None,
) -> int:
    """Put a change set behind all earlier ones; return its last position."""
    last: int = await connection.fetchval(
        _APPEND,
        change_set_id,
        len(announcements),
        [one.kind for one in announcements],
        [one.definition_id for one in announcements],
        [one.value for one in announcements],
        [one.goal_number for one in announcements],
        traceparent,
    )
    # Heard by the publishers once this transaction is committed.
    await connection.execute(_TELL_COMMITTED)
    return last


async def is_empty(connection: Connection) -> bool:
    """Tell whether all that is committed has been announced."""
    empty: bool = await connection.fetchval(_IS_EMPTY)
    return empty


def _waiting(row: asyncpg.Record) -> WaitingMessage:
    return WaitingMessage(**{**row, "kind": Kind(row["kind"])})


class PublishingSession:
    """The connection of a publisher: outside the pool, for it listens."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def transaction(self) -> Transaction:
        """Open a transaction."""
        return self._connection.transaction()

    async def take(self, limit: int) -> Sequence[WaitingMessage]:
        """Return what waits longest, and keep other publishers out until the end."""
        await self._connection.execute(_LOCK)
        rows = await self._connection.fetch(_TAKE, limit)
        return [_waiting(row) for row in rows]

    async def forget(self, *, position: int, next_offset: int) -> None:
        """Delete what Kafka has acknowledged, and tell those who wait for it."""
        await self._connection.execute(_DELETE, position)
        await self._connection.execute(_TELL_PUBLISHED, f"{position}:{next_offset}")


@asynccontextmanager
async def publishing_session(
    url: str,
    *,
    on_committed: Callable[[], None],
    on_published: Callable[[int, int], None],
) -> AsyncIterator[PublishingSession]:
    """Open a publisher's connection; it tells what other processes do meanwhile."""

    def committed(*_told: object) -> None:
        on_committed()

    def published(_connection: object, _pid: int, _channel: str, told: object) -> None:
        position, _, next_offset = str(told).partition(":")
        on_published(int(position), int(next_offset))

    connection = await connect(url, application="cairn-goals-outbox")
    try:
        await connection.add_listener(COMMITTED_CHANNEL, committed)
        await connection.add_listener(PUBLISHED_CHANNEL, published)
        yield PublishingSession(connection)
    finally:
        # Closing politely can hang on a dead network; nothing waits for it here.
        connection.terminate()

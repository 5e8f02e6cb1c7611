"""Reading and writing definitions: one connection, one snapshot or one change set."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from pydantic import BaseModel

from services.goals.domain.errors import DEFINITION_TOO_LARGE, RefusedError
from services.goals.domain.overrides import Signature
from services.goals.store import outbox
from services.goals.store.connections import Connection
from services.goals.store.directory import (
    BusinessUnits,
    OrganizationStatements,
    Teams,
    Users,
)
from services.goals.store.entities import Entities
from services.goals.store.goals import Goals
from services.goals.store.history import History
from services.goals.store.metrics import Metrics
from services.goals.store.numbers import PublishedStatements
from services.goals.store.recalculations import Recalculations
from shared.messages.definitions import Kind
from shared.plumbing.identifiers import new_id
from shared.plumbing.producing import MESSAGE_BYTES_MAX

# A request that waits longer for a connection is better told to come again.
ACQUIRE_SECONDS_MAX: Final = 5.0

# Longer than the largest write takes; a queue that is longer is told to come again.
TURN_SECONDS_MAX: Final = 15.0

_WRITE_LOCK: Final = 7_221_111  # any number that nothing else locks

# All writes of definitions, one after the other: a check made under the lock (no
# cycle, a free name, nobody uses it) still holds at the commit, and the outbox is in
# the order of the commits.
_SERIALISE = f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})"

_SIGNATURE = "SELECT nextval('goals.version') AS number, now() AS at"


class Reading(OrganizationStatements, PublishedStatements):
    """All that can be looked at."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.users = Users(connection)
        self.teams = Teams(connection)
        self.business_units = BusinessUnits(connection)
        self.entities = Entities(connection)
        self.metrics = Metrics(connection)
        self.goals = Goals(connection)
        self.history = History(connection)
        self.recalculations = Recalculations(connection)


class Changes(Reading):
    """One write: what it alters, and what others are told of it, as one change set."""

    def __init__(self, connection: Connection, *, traceparent: str | None) -> None:
        super().__init__(connection)
        self._traceparent = traceparent
        self._announcements: list[outbox.Announcement] = []
        # The change set's last position in the outbox, once it is there.
        self.position: int | None = None

    async def signature(self) -> Signature:
        """Return which write this is, whose, and when."""
        [row] = await self.connection.fetch(_SIGNATURE)
        # Nobody but the bootstrap token may write yet, and it is no user.
        return Signature(number=row["number"], by=None, at=row["at"])

    def announce(self, kind: Kind, definition_id: str, definition: BaseModel) -> None:
        """Tell others what a definition has become."""
        value = definition.model_dump_json().encode()
        if len(value) > MESSAGE_BYTES_MAX:
            raise RefusedError(
                DEFINITION_TOO_LARGE,
                f"{kind} {definition_id} has {len(value)} bytes, {MESSAGE_BYTES_MAX} "
                "are allowed; shorten its texts or lists",
            )
        self._announcements.append(
            outbox.Announcement(kind=kind, definition_id=definition_id, value=value)
        )

    def announce_gone(
        self, kind: Kind, definition_id: str, *, goal_number: int | None = None
    ) -> None:
        """Tell others that a definition is gone."""
        self._announcements.append(
            outbox.Announcement(
                kind=kind,
                definition_id=definition_id,
                value=None,
                goal_number=goal_number,
            )
        )

    async def hand_over(self) -> None:
        """Put the change set into the outbox, in the transaction of the write."""
        if self._announcements:
            self.position = await outbox.append(
                self.connection,
                change_set_id=new_id(),
                announcements=self._announcements,
                traceparent=self._traceparent,
            )


class Database:
    """The goals schema, and what rollup publishes beside it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        # Writes wait for one another anyway; here they do it without a connection, so
        # that there are some left to read with.
        self._turn = asyncio.Lock()
        self._told: list[Callable[[], None]] = []

    def on_commit(self, tell: Callable[[], None]) -> None:
        """Have somebody told of every commit that is to be announced."""
        self._told.append(tell)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection."""
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS_MAX) as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """Lend a connection to look at things."""
        async with self.connection() as connection:
            yield Reading(connection)

    @asynccontextmanager
    async def changing(
        self, *, traceparent: str | None = None
    ) -> AsyncIterator[Changes]:
        """Open one write; it is committed at the end, with its announcements."""
        async with (
            self._my_turn(),
            self.connection() as connection,
            connection.transaction(),
        ):
            await connection.execute(_SERIALISE)
            changes = Changes(connection, traceparent=traceparent)
            yield changes
            await changes.hand_over()
        if changes.position is not None:
            for tell in self._told:
                tell()

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        async with asyncio.timeout(TURN_SECONDS_MAX):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

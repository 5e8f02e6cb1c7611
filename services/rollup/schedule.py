"""Schedule: what becomes due because time passes, without any record or definition.

Goals expire when a day begins in their zone; where shown values move once in so many
hours, an hour begins; queries look at days, weeks, months and years around now. Every
process looks once a minute, and the first to find that something is due does it.
"""

from datetime import datetime
from typing import Final

import asyncpg

from services.rollup.domain.definitions import Definitions
from services.rollup.held import HeldDefinitions
from services.rollup.redefine import Redefining
from services.rollup.store import directory, due
from shared.plumbing.clock import Clock, minute_of

_NEVER: Final = -1


class Scheduling:
    """Looks at the clock."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        held: HeldDefinitions,
        redefining: Redefining,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._held = held
        self._redefining = redefining
        self._clock = clock
        self._looked_at: datetime | None = None
        # When the next goal expires, by the definitions of one revision.
        self._expires_at: datetime | None = None
        self._revision = _NEVER

    async def look(self) -> list[int]:
        """Do what is due; return the groups of trees that have news."""
        now = minute_of(self._clock())
        if self._looked_at is not None and now <= self._looked_at:
            return []
        groups = await self._redefining.pass_time() if await self._is_due(now) else []
        self._looked_at = now
        return groups

    async def _is_due(self, now: datetime) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            definitions = await self._held.share(connection)
            there, ticked_at = await directory.clock(connection)
            now = max(now, there)
            expires_at = self._next_expiry(definitions)
            schedule = definitions.directory.schedule
            is_any_due = await due.is_any(connection, now)
        is_moving = definitions.index.links.look_at_any_clock and there < now
        return (
            is_any_due
            # What comes today is judged by today.
            or is_moving
            or schedule.is_due(since=ticked_at, now=now)
            or (expires_at is not None and expires_at <= now)
        )

    def _next_expiry(self, definitions: Definitions) -> datetime | None:
        if self._revision != definitions.revision:
            frozen = definitions.forest.frozen
            self._expires_at = min(
                (
                    definitions.directory.expiry_of(node.goal)
                    for node in definitions.forest.nodes.values()
                    if node.number not in frozen
                ),
                default=None,
            )
            self._revision = definitions.revision
        return self._expires_at

"""The definitions that this process holds in memory, at one revision."""

import asyncio

from services.rollup.domain.definitions import Definitions
from services.rollup.store import definitions as store
from shared.plumbing.postgres import Connection


class HeldDefinitions:
    """Definitions that are checked, under the shared lock, before they are used."""

    def __init__(self) -> None:
        self.now = Definitions()
        # Not set while what we hold is ahead of the tables: only who changed it learns
        # whether that was committed, and may learn it after its lock has gone.
        self._settled = asyncio.Event()
        self._settled.set()

    async def share(self, connection: Connection) -> Definitions:
        """Return the database's definitions, still until the transaction ends."""
        return await self.at(connection, await store.share(connection))

    async def at(self, connection: Connection, revision: int) -> Definitions:
        """Return the definitions of a revision that was read under the shared lock."""
        await self._settled.wait()
        return await self._current(connection, revision)

    async def if_at(self, revision: int) -> Definitions | None:
        """Return the definitions if we hold just this revision of them.

        Without the lock they may change at the next `await` already: whoever writes
        what he makes of them makes sure that the revision is the same still.
        """
        while not self._settled.is_set():
            await self._settled.wait()
        return self.now if self.now.revision == revision else None

    async def seize(self, connection: Connection) -> Definitions:
        """Return the database's definitions, ours alone until the transaction ends.

        They may be changed; `keep` or `forget` must follow.
        """
        revision = await store.seize(connection)
        self._settled.clear()
        return await self._current(connection, revision)

    async def _current(self, connection: Connection, revision: int) -> Definitions:
        # Not looked up again below: it may be forgotten while we wait.
        definitions = self.now
        if definitions.revision != revision:
            await store.bring_up_to_date(connection, definitions, revision)
        return definitions

    def keep(self) -> None:
        """Let others use what was changed: it is committed."""
        self._settled.set()

    def forget(self) -> None:
        """Drop everything; it may be half changed. The next use reads it anew."""
        self.now = Definitions()
        self._settled.set()

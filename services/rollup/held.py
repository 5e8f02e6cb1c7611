"""The definitions that this process holds in memory, at one revision."""

from services.rollup.domain.restructure import Definitions
from services.rollup.store import definitions as store
from shared.plumbing.postgres import Connection


class HeldDefinitions:
    """Definitions that are checked, under the shared lock, before they are used."""

    def __init__(self) -> None:
        self.now = Definitions()

    async def share(self, connection: Connection) -> Definitions:
        """Return the database's definitions, still until the transaction ends."""
        revision = await store.share(connection)
        return await self._current(connection, revision)

    async def seize(self, connection: Connection) -> Definitions:
        """Return the database's definitions, ours alone until the transaction ends."""
        revision = await store.seize(connection)
        return await self._current(connection, revision)

    async def _current(self, connection: Connection, revision: int) -> Definitions:
        if self.now.revision != revision:
            await store.bring_up_to_date(connection, self.now, revision)
        return self.now

    def forget(self) -> None:
        """Drop everything; it may be half changed. The next use reads it anew."""
        self.now = Definitions()

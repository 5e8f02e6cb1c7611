"""Word from one copy to the others that something waits: a hint, never relied upon.

Whoever misses it looks by himself within a second.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from services.rollup.climber import Climber
from services.rollup.rederive import Rederiving
from services.rollup.store.records import NEWS_CHANNEL
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

log = log_of("rollup.signals")

_CHECK_SECONDS: Final = 2.0


class _News(msgspec.Struct):
    sender: str
    groups: list[int]
    behind: bool
    definitions: bool


def _text_of(news: _News) -> str:
    return msgspec.json.encode(news).decode()


class Signals:
    """Tells this process's climber and the other copies what has news."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        climber: Climber,
        rederiving: Callable[[], Rederiving],
        *,
        copy_id: UUID,
    ) -> None:
        self._pool = pool
        self._climber = climber
        self._rederiving = rederiving
        self._sender = str(copy_id)

    def wake(self, groups: Sequence[int], behind: bool) -> None:  # noqa: FBT001 - a callback's shape
        """Say to our own climber that deltas wait for these groups."""
        self._climber.wake(groups, behind=behind)

    def word_of(self, groups: Sequence[int], behind: bool) -> str | None:  # noqa: FBT001 - a callback's shape
        """Return what to tell the copies that climb those of the groups we do not."""
        elsewhere = [one for one in groups if one not in self._climber.groups]
        if not elsewhere:
            return None
        return _text_of(_News(self._sender, elsewhere, behind, definitions=False))

    async def deltas_wait(self, groups: Sequence[int]) -> None:
        """Say everywhere that deltas wait for these groups."""
        self.wake(groups, behind=False)
        word = self.word_of(groups, behind=False)
        if word is not None:
            await self._tell(word)

    async def definitions_changed(self, groups: Sequence[int]) -> None:
        """Say that definitions changed, and that these groups have to announce it."""
        self._hear_definitions()
        await self._tell(
            _text_of(_News(self._sender, list(groups), behind=False, definitions=True))
        )

    async def _tell(self, word: str) -> None:
        with contextlib.suppress(*TRANSIENT_ERRORS):
            await self._pool.execute("SELECT pg_notify($1, $2)", NEWS_CHANNEL, word)

    def _hear_definitions(self) -> None:
        self._climber.look_again()
        self._rederiving().wake()

    def _hear(self, *args: Any) -> None:
        news = msgspec.json.decode(args[-1], type=_News)
        if news.sender == self._sender:
            return
        if news.definitions:
            self._hear_definitions()
        else:
            self._climber.wake(news.groups, behind=news.behind)

    async def listen(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]]
    ) -> None:
        """Listen to the other copies until cancelled."""
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await connect()
                await connection.add_listener(NEWS_CHANNEL, self._hear)
                while True:
                    await asyncio.sleep(_CHECK_SECONDS)
                    await connection.execute("SELECT 1")
            except TRANSIENT_ERRORS as fault:
                log.warning("listening_waits", reason=repr(fault))
                await asyncio.sleep(_CHECK_SECONDS)
            finally:
                if connection is not None:
                    connection.terminate()

"""Waiting until rollup has applied a write, so that a caller reads what he wrote."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from shared.plumbing.postgres import TRANSIENT_ERRORS

# Longer than rollup usually takes by far; then the answer goes out anyway.
WAIT_SECONDS_MAX: Final = 1.0
_LOOK_SECONDS: Final = 0.01


class Applied:
    """Knows what has been published, and looks how far rollup has come with it."""

    def __init__(self, read_next_offset: Callable[[], Awaitable[int | None]]) -> None:
        self._read_next_offset = read_next_offset
        self._published_position = 0
        self._published_offset = 0
        self._moved = asyncio.Event()
        self._applied_offset = 0
        self._looking: asyncio.Task[None] | None = None

    def published(self, position: int, next_offset: int) -> None:
        """Take note: the outbox up to `position` lies before `next_offset`."""
        if position <= self._published_position:
            return
        self._published_position = position
        self._published_offset = next_offset
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, position: int | None) -> bool:
        """Wait until the outbox up to `position` is applied; tell whether it is."""
        if position is None:
            return True
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                while self._published_position < position:
                    await self._moved.wait()
                wanted = self._published_offset
                while self._applied_offset < wanted:
                    await self._look_once()
        except (*TRANSIENT_ERRORS, asyncpg.UndefinedTableError):
            # The write is committed; how far rollup is does not change the answer.
            return False
        return True

    async def _look_once(self) -> None:
        """Look at rollup's progress, together with all others who wait."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        # One who gives up must not take the look away from the others.
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        await asyncio.sleep(_LOOK_SECONDS)
        self._applied_offset = await self._read_next_offset() or 0

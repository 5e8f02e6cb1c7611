"""What several processes do at once, each again where another was in its way."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import asyncpg

from shared.plumbing.postgres import TRANSIENT_ERRORS
from tests.integration.rollup.copies import Copy


class Repeated:
    """Does work again that others were in the way of, and counts why."""

    def __init__(self) -> None:
        self.deadlocks = 0
        self.others = 0

    async def until_done(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """Act until nothing that time mends prevents it."""
        while True:
            try:
                return await act()
            except asyncpg.DeadlockDetectedError:
                self.deadlocks += 1
            except TRANSIENT_ERRORS:
                self.others += 1


async def apply_some(members: Sequence[Copy], dice: random.Random) -> None:
    """Let processes apply a few of the records that wait for each, at once."""

    async def apply(member: Copy) -> None:
        batch = await member.fetch(limit=dice.randrange(1, 9))
        if batch is not None:
            await Repeated().until_done(partial(member.apply, batch))

    await asyncio.gather(*map(apply, members))


async def read_again(member: Copy) -> None:
    """Let a process re-derive a step."""
    await Repeated().until_done(member.rederiving.work_once)

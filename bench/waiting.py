"""Waiting for something to come true, with a limit that says what was waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from bench.errors import BenchError

Answer = TypeVar("Answer")


async def until(
    probe: Callable[[], Awaitable[Answer]],
    is_enough: Callable[[Answer], bool],
    *,
    what: str,
    seconds_max: float,
    every_seconds: float = 0.1,
) -> Answer:
    """Return the first answer that is enough; raise after the limit."""
    deadline = monotonic() + seconds_max
    while True:
        answer = await probe()
        if is_enough(answer):
            return answer
        if monotonic() > deadline:
            raise BenchError(
                f"waited {seconds_max:.0f} s for {what}; last seen: {answer}"
            )
        await asyncio.sleep(every_seconds)

"""Waiting in tests: for a condition, with a limit, never for a time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")

_POLL_SECONDS = 0.02


async def eventually(
    probe: Callable[[], Answer | Awaitable[Answer]],
    *,
    within: float = 60.0,
    what: str = "the condition",
) -> Answer:
    """Return the first truthy answer of `probe`; fail after `within` seconds.

    An `AssertionError` of the probe counts as "not yet", so it may assert.
    """
    deadline = time.monotonic() + within
    while True:
        last: object
        try:
            answer = probe()
            if inspect.isawaitable(answer):
                answer = await answer
        except AssertionError as error:
            last = error
        else:
            if answer:
                return answer
            last = answer
        if time.monotonic() > deadline:
            raise AssertionError(
                f"{what} did not come true within {within} s; last seen: {last!r}"
            )
        await asyncio.sleep(_POLL_SECONDS)


def eventually_true(
    probe: Callable[[], Answer], *, within: float = 60.0, what: str = "the condition"
) -> Answer:
    """Do as `eventually` in a test that is not a coroutine."""
    return asyncio.run(eventually(probe, within=within, what=what))

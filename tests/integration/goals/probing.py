"""Waiting for what must be asked over the network."""

from collections.abc import Awaitable, Callable

from tests.waiting import eventually


async def until(probe: Callable[[], Awaitable[bool]], *, what: str) -> None:
    """Wait until the probe says yes."""
    wider: Callable[[], bool | Awaitable[bool]] = probe
    await eventually(wider, what=what)

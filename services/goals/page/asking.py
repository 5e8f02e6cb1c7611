"""Asks what the script of a screen asks, for its first paint: by the same rules.

A document does not wait for it: what takes long, or is refused, its script asks for,
and says why there is nothing.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from services.goals.domain.callers import Caller
from services.goals.domain.errors import RefusedError
from services.goals.http.context import Service
from services.goals.http.person_rights import check_right
from services.goals.http.scopes import scope_of
from shared.doors.refusing import RefusedAtDoorError, scope_missing

# Later than that a document without data is the better one.
SECONDS_MAX: Final = 1.0

Answer = TypeVar("Answer")


async def answered(asked: Awaitable[Answer]) -> Answer | None:
    """Return the answer; None where it is refused, or does not come soon."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            return await asked
    except (RefusedError, RefusedAtDoorError, TimeoutError):
        return None


async def check_read(service: Service, caller: Caller, path: str) -> None:
    """Refuse whoever may not read a path of the API, as its door would."""
    needed = scope_of("GET", path)
    if needed is not None and not caller.has(needed):
        raise scope_missing(caller, needed)
    await check_right(service.database, caller, "GET", path)

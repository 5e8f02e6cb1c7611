"""Looks at much at once: of one moment, and given up where they take too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from services.goals.domain.callers import Caller
from services.goals.http.context import Service
from services.goals.http.errors import unavailable
from services.goals.store.database import Reading

# Longer than a query takes over a million records, and short enough to wait for.
SECONDS_MAX: Final = 10.0
RECORDS_TOO_SLOW: Final = "records_too_slow"


@asynccontextmanager
async def in_time(
    service: Service,
    caller: Caller,
    error: str,
    advice: str,
    *,
    is_long: bool = True,
    what: str = "the records",
) -> AsyncIterator[Reading]:
    """Lend a snapshot; a question that takes too long is given up.

    Few may look long at once; a look at a single record waits for none of them.
    """
    database = service.database
    lend = database.snapshot if is_long else database.moment
    async with lend(caller=caller, seconds_max=SECONDS_MAX) as reading:
        try:
            # For all questions together; the database gives up each of them as well.
            async with asyncio.timeout(SECONDS_MAX):
                yield reading
        except (asyncpg.QueryCanceledError, TimeoutError):
            raise unavailable(
                error,
                f"{what} could not be read within {SECONDS_MAX:.0f} s; {advice}",
            ) from None

"""Thinning: what a goal's history keeps of the past, hour by hour and day by day.

A day of seconds, ninety days of hours, and days for ever: so the history of a goal has
a bound, however often the goal moves.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import asyncpg
from prometheus_client import Counter

from services.rollup.store import thinning
from services.rollup.store.thinning import Stand
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, Connection

log = log_of("rollup.thinning")

SECONDS_KEPT: Final = timedelta(days=1)
HOURS_KEPT: Final = timedelta(days=90)
ROUND_EVERY: Final = timedelta(hours=1)
# Of one step; neither makes a transaction that others would feel.
GOALS_MAX: Final = 500
ROWS_MAX: Final = 5_000

_LOOK_SECONDS: Final = 60.0
# A step of work is followed by so much rest; rows go faster than they can come.
_REST: Final = 3.0

THINNED = Counter("cairn_history_rows_thinned", "Rows of history that were let go")


class Thinning:
    """Lets older rows go, once an hour, a chunk of goals at a time."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def run(self) -> None:
        """Thin until cancelled; any process goes on where another stopped."""
        while True:
            rest = _LOOK_SECONDS
            try:
                began = monotonic()
                if await self.step(datetime.now(UTC)):
                    rest = _REST * (monotonic() - began)
            except TRANSIENT_ERRORS as fault:
                log.warning("thinning_waits", reason=repr(fault))
            except Exception:
                # A fault of ours: the history stays longer than it should.
                log.exception("thinning_failed")
            await asyncio.sleep(rest)

    async def step(self, now: datetime) -> bool:
        """Thin a chunk, if a round is due; tell whether there is more to do."""
        async with self._pool.acquire() as connection, connection.transaction():
            stand = await thinning.claim(connection)
            if stand is None:
                return False
            if not stand.under_way:
                if now < stand.begun_at + ROUND_EVERY:
                    return False
                await thinning.begin(connection, now)
                stand = Stand(
                    stand.hours_to,
                    stand.days_to,
                    begun_at=now,
                    under_way=True,
                    after_number=0,
                )
            return await _thin_a_chunk(connection, stand)


async def _thin_a_chunk(connection: Connection, stand: Stand) -> bool:
    hours_to = stand.begun_at - SECONDS_KEPT
    days_to = stand.begun_at - HOURS_KEPT
    goals = await thinning.next_goals(connection, stand.after_number, GOALS_MAX)
    if not goals:
        await thinning.end(connection, hours_to=hours_to, days_to=days_to)
        return False
    gone = await thinning.forget(connection, goals, ROWS_MAX)
    by_hour = await thinning.thin(
        connection,
        goals,
        unit="hour",
        since=stand.hours_to,
        until=hours_to,
        limit=ROWS_MAX,
    )
    by_day = await thinning.thin(
        connection,
        goals,
        unit="day",
        since=stand.days_to,
        until=days_to,
        limit=ROWS_MAX,
    )
    THINNED.inc(gone + by_hour + by_day)
    if max(gone, by_hour, by_day) < ROWS_MAX:
        await thinning.advance(connection, max(goals))
    return True

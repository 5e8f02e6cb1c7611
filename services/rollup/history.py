"""History: what goals showed, written a second later, beside the climbs.

A climb only notes what it moved, in memory; so does whoever announces what a change of
definitions moved. What nobody noted, because a process died, is found by comparing each
goal of a group with its last row when another process takes the group.
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Final

import asyncpg
from prometheus_client import Counter

from services.rollup.domain.noting import Notes
from services.rollup.store import history
from shared.domain.goals import GoalNumber
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

log = log_of("rollup.history")

# The goals of one transaction.
CHUNK_GOALS: Final = 2_000
# Writing takes this share of the time at most.
SHARE_MAX: Final = 0.1
INTERVAL_SECONDS_MAX: Final = 60

WRITTEN = Counter("cairn_history_rows_written", "Rows of history that were written")


class History:
    """Writes the history of the goals that one process climbs."""

    def __init__(self, pool: asyncpg.Pool, notes: Notes) -> None:
        self._pool = pool
        self._notes = notes
        # The groups that are being compared, and after which goal it goes on.
        self._comparing: set[int] = set()
        self._after = 0

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(self._notes.interval)
            began = monotonic()
            try:
                await self.write(datetime.now(UTC))
                self._pace(monotonic() - began)
                await self._compare_for(SHARE_MAX * self._notes.interval)
            except TRANSIENT_ERRORS as fault:
                log.warning("history_waits", reason=repr(fault))
            except Exception:
                # A fault of ours: charts stand still, totals do not.
                log.exception("history_failed")

    async def write(self, now: datetime | None) -> None:
        """Write what was over at `now`; with None, all there is.

        In the end each goal written says in its last row what it shows, whoever else
        has written meanwhile.
        """
        rounds = self._notes.take(None if now is None else int(now.timestamp()))
        doubtful = self._notes.doubtful
        # Until it is written, all of it is in doubt.
        doubtful.update(*rounds)
        for one in rounds:
            for numbers in _chunks(sorted(one)):
                async with self._pool.acquire() as connection:
                    written = await history.write(
                        connection, {number: one[number] for number in numbers}
                    )
                WRITTEN.inc(written.rows)
                doubtful.difference_update(numbers)
                doubtful.update(written.doubtful)
        for numbers in _chunks(self._notes.quiet_among(doubtful)):
            await self._compare(numbers)
            doubtful.difference_update(numbers)

    async def compare_step(self) -> bool:
        """Compare some goals of groups that were taken; tell whether there are more."""
        if not self._comparing:
            self._comparing, self._notes.taken = self._notes.taken, set()
            self._after = 0
        if not self._comparing:
            return False
        async with self._pool.acquire() as connection:
            numbers = await history.of_groups(
                connection,
                sorted(self._comparing),
                after=self._after,
                limit=CHUNK_GOALS,
            )
        if numbers:
            await self._compare(numbers)
            self._after = numbers[-1]
        else:
            self._comparing = set()
        return True

    async def _compare_for(self, seconds: float) -> None:
        until = monotonic() + seconds
        while monotonic() < until and await self.compare_step():
            pass

    async def _compare(self, numbers: Sequence[GoalNumber]) -> None:
        async with self._pool.acquire() as connection:
            WRITTEN.inc(await history.compare(connection, numbers))

    def _pace(self, seconds: float) -> None:
        """Take more seconds for one if writing takes long."""
        self._notes.interval = min(
            max(1, math.ceil(seconds / SHARE_MAX)), INTERVAL_SECONDS_MAX
        )


def _chunks(numbers: Sequence[GoalNumber]) -> Iterator[Sequence[GoalNumber]]:
    for start in range(0, len(numbers), CHUNK_GOALS):
        yield numbers[start : start + CHUNK_GOALS]

"""Re-derive: records again under new definitions, next to the live stream.

It takes the road of apply: lock records in key order, ask the index what each adds
now, compare with what is stored, leave the deltas. A chunk is one transaction, so it
can stop anywhere and go on, in any process. The last chunk leaves word for the climber.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import asyncpg
from prometheus_client import Counter

from services.rollup import linked, recalculate
from services.rollup.domain.contributions import by_group
from services.rollup.domain.definitions import Definitions
from services.rollup.held import HeldDefinitions
from services.rollup.store import records, rederivations
from services.rollup.store.rederivations import Rederivation
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, Connection

log = log_of("rollup.rederive")

CHUNK_RECORDS: Final = 2_000
IDLE_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.5

REDERIVED = Counter("cairn_records_rederived", "Records read again")

Notify = Callable[[Sequence[int]], Awaitable[None]]


class Rederiving:
    """Works off the queue of goals to be derived again."""

    def __init__(
        self, pool: asyncpg.Pool, held: HeldDefinitions, *, notify: Notify
    ) -> None:
        self._pool = pool
        self._held = held
        self._notify = notify
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                worked = await self.work_once()
            except TRANSIENT_ERRORS as fault:
                log.warning("rederive_waits", reason=repr(fault))
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            except Exception:
                # A fault of ours: the goals go on saying that they compute.
                log.exception("rederive_failed")
                await asyncio.sleep(IDLE_SECONDS)
                continue
            if not worked:
                self._wake.clear()
                try:
                    await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
                except TimeoutError:
                    continue

    async def work_once(self) -> bool:
        """Read one chunk of one job; tell whether there was one."""
        async with self._pool.acquire() as connection, connection.transaction():
            definitions = await self._held.share(connection)
            job = await rederivations.take(connection)
            if job is None:
                return False
            groups = await self._read_on(connection, definitions, job)
        await self._notify(groups)
        # The stream goes first: whoever waits for this process gets it now.
        await asyncio.sleep(0)
        return True

    async def _read_on(
        self, connection: Connection, definitions: Definitions, job: Rederivation
    ) -> list[int]:
        taken = await linked.take_chunk(
            connection, definitions, job, limit=CHUNK_RECORDS
        )
        chunk = taken.records
        deltas = await linked.derive_again(connection, definitions, taken)
        by_trees = by_group(deltas, definitions.forest.group_of)
        await records.append_deltas(connection, by_trees, behind=False)
        await recalculate.note_chunk(connection, job, deltas, records_read=len(chunk))
        REDERIVED.inc(len(chunk))
        groups = set(by_trees)
        if len(chunk) < CHUNK_RECORDS:
            groups |= set(await self._end(connection, job))
        else:
            await rederivations.advance(
                connection, job, cursor=chunk[-1].key, records=len(chunk)
            )
        return sorted(groups)

    async def _end(self, connection: Connection, job: Rederivation) -> list[int]:
        """Leave word that all records are read; return the groups that hear of it."""
        if await recalculate.end_reading(connection, job):
            return []
        done = await rederivations.finish(connection, job.id)
        for group in done:
            await records.append_done(connection, group=group, rederivation_id=job.id)
        log.info("rederived", job=job.id, groups=done)
        return done

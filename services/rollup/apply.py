"""Apply: a batch of records becomes contributions and deltas, in one transaction.

Versions, stored contributions, deltas and the next offset move together, so whatever
happens in between, the same batch read again changes nothing.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from prometheus_client import Counter

from services.rollup.domain.conflicts import content_hash, says_the_same
from services.rollup.domain.contributions import Contributions, Deltas, by_group
from services.rollup.domain.restructure import Definitions
from services.rollup.held import HeldDefinitions
from services.rollup.intake import Batch, Intake
from services.rollup.source import Source, Span
from services.rollup.store import offsets, records
from services.rollup.store.records import Stored
from shared.messages.records import ActivityRecord
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, Connection

log = log_of("rollup.apply")

_PAUSE_SECONDS_MIN: Final = 0.02
_PAUSE_SECONDS_MAX: Final = 3.0

# Tells the climbers which groups have news, and whether more is coming.
Notify = Callable[[Sequence[int], bool], Awaitable[None]]

APPLIED = Counter("cairn_records_applied", "Records that were newer than what stood")
STALE = Counter("cairn_records_stale", "Records that were not newer")
CONFLICTS = Counter(
    "cairn_records_conflicting", "Records with other content under a known version"
)


@dataclass(slots=True)
class Applied:
    """What became of a batch."""

    # Groups of trees that deltas wait for now.
    groups: Sequence[int] = ()
    next_offsets: dict[int, int] = field(default_factory=dict)
    # Partitions that must be read again from where the database has them.
    misplaced: list[int] = field(default_factory=list)


class Applying:
    """Applies batches of records."""

    def __init__(
        self, pool: asyncpg.Pool, held: HeldDefinitions, *, topic: str
    ) -> None:
        self.complaint: str | None = None
        self._pool = pool
        self._held = held
        self._topic = topic

    async def apply(self, batch: Batch) -> Applied:
        """Apply what of the batch is in its place, all of it or nothing."""
        async with self._pool.acquire() as connection, connection.transaction():
            applied = await self._accept(connection, batch.spans)
            if not applied.next_offsets:
                return applied
            definitions = await self._held.share(connection)
            if applied.misplaced:
                ours = newest(
                    record
                    for partition, record in batch.records
                    if partition in applied.next_offsets
                )
            else:
                ours = newest(record for _, record in batch.records)
            deltas = await self._write(connection, ours, definitions, batch.traces)
            groups = by_group(deltas, definitions.forest.group_of)
            await records.finish_batch(
                connection,
                groups,
                topic=self._topic,
                next_offsets=applied.next_offsets,
                behind=batch.behind,
            )
        applied.groups = tuple(groups)
        return applied

    async def _accept(self, connection: Connection, spans: Sequence[Span]) -> Applied:
        """Lock the partitions' rows; sort out what is not ours or not in its place."""
        applied = Applied()
        stand = await offsets.lock(
            connection, self._topic, [span.partition for span in spans]
        )
        for span in spans:
            standpoint = stand.get(span.partition)
            if (
                standpoint is not None
                and standpoint.epoch == span.epoch
                and standpoint.next_offset == span.fetched_from
            ):
                applied.next_offsets[span.partition] = span.next_offset
            else:
                applied.misplaced.append(span.partition)
        return applied

    async def _write(
        self,
        connection: Connection,
        ours: dict[str, ActivityRecord],
        definitions: Definitions,
        traces: dict[str, str],
    ) -> Deltas:
        """Write the records that are newer and what they add; return what changes."""
        deltas = Deltas()
        if not ours:
            return deltas
        stored = await records.lock(connection, list(ours))
        fresh = await _newer(connection, ours, stored)
        inserts: list[records.Fresh] = []
        updates: list[records.Fresh] = []
        contributions_of = definitions.index.contributions_of
        for record in fresh:
            after: Contributions = contributions_of(record)
            known = stored.get(record.key)
            if known is None:
                inserts.append((record, after))
                before = None
            else:
                updates.append((record, after))
                before = known.contributions
            deltas.add(before, after, record, traces.get(record.key))
        if inserts:
            await records.insert(connection, inserts)
        if updates:
            await records.update(connection, updates)
        APPLIED.inc(len(fresh))
        STALE.inc(len(ours) - len(fresh))
        return deltas

    async def run(self, intake: Intake, source: Source, notify: Notify) -> None:
        """Apply batch after batch until cancelled."""
        while True:
            batch = await intake.batches.get()
            applied = await self._apply_until_done(batch)
            if applied.groups:
                await notify(applied.groups, batch.behind)
            misplaced = [
                span.partition
                for span in batch.spans
                if span.partition in applied.misplaced and source.is_of_now(span)
            ]
            if misplaced:
                source.look_again(misplaced)
            if applied.next_offsets:
                await source.hint(applied.next_offsets)

    async def _apply_until_done(self, batch: Batch) -> Applied:
        """Apply the batch; while the database is away, wait and try again.

        If a commit's reply was lost, the batch is found misplaced and read no more.
        """
        applied: Applied = await self._until_done(lambda: self.apply(batch))
        return applied

    async def _until_done(self, act: Callable[[], Awaitable[Any]]) -> Any:
        pause = _PAUSE_SECONDS_MIN
        while True:
            try:
                result = await act()
            except TRANSIENT_ERRORS as fault:
                self.complaint = f"applying waits: {fault!r}"
                log.warning("apply_waits", reason=repr(fault), seconds=pause)
            except Exception as fault:
                # A fault of ours: it stays at the head of its partition, loud.
                self.complaint = f"a fault keeps records from being applied: {fault!r}"
                log.exception("apply_failed")
                pause = _PAUSE_SECONDS_MAX
            else:
                self.complaint = None
                return result
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)


def newest(several: Iterable[ActivityRecord]) -> dict[str, ActivityRecord]:
    """Return the newest version of each record; between equals the hash decides."""
    latest: dict[str, ActivityRecord] = {}
    for record in several:
        known = latest.get(record.key)
        if known is None or record.version > known.version:
            latest[record.key] = record
        elif record.version == known.version and record != known:
            latest[record.key] = max(known, record, key=content_hash)
    return latest


async def _newer(
    connection: Connection,
    ours: dict[str, ActivityRecord],
    stored: dict[str, Stored],
) -> list[ActivityRecord]:
    """Return the records that replace what is stored."""
    fresh: list[ActivityRecord] = []
    equal: list[ActivityRecord] = []
    for key, record in ours.items():
        known = stored.get(key)
        if known is None or record.version > known.version:
            fresh.append(record)
        elif record.version == known.version:
            equal.append(record)
    if equal:
        whole = await records.read(connection, [record.key for record in equal])
        for record in equal:
            if says_the_same(record, whole[record.key]):
                continue
            mine, theirs = content_hash(record), content_hash(whole[record.key])
            if mine == theirs:
                continue
            CONFLICTS.inc()
            log.warning("version_conflict", record=record.key, version=record.version)
            if mine > theirs:
                fresh.append(record)
    return fresh

"""Apply: a batch of records becomes contributions and deltas, in one transaction.

Versions, stored contributions, deltas and the next offset move together, so whatever
happens in between, the same batch read again changes nothing.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import asyncpg
from prometheus_client import Counter

from services.rollup import linked
from services.rollup.domain.conflicts import content_hash, says_the_same
from services.rollup.domain.contributions import Contributions, Deltas, by_group
from services.rollup.domain.definitions import Definitions
from services.rollup.held import HeldDefinitions
from services.rollup.intake import Batch, Intake
from services.rollup.linked import Evaluated, Followed, MoreIsLookedAtError, Taken
from services.rollup.source import Source, Span
from services.rollup.store import records
from services.rollup.store.offsets import Standpoint
from services.rollup.store.records import Fresh
from shared.messages.records import ActivityRecord
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, Connection
from shared.queries.seeing import NO_PARENTS

log = log_of("rollup.apply")

_PAUSE_SECONDS_MIN: Final = 0.02
_PAUSE_SECONDS_MAX: Final = 3.0

# Wakes our climber: which groups have news, and whether more is coming.
Wake = Callable[[Sequence[int], bool], None]
# What to tell other copies of the same, if one of them climbs such a group.
WordOf = Callable[[Sequence[int], bool], str | None]

APPLIED = Counter("cairn_records_applied", "Records that were newer than what stood")
STALE = Counter("cairn_records_stale", "Records that were not newer")
CONFLICTS = Counter(
    "cairn_records_conflicting", "Records with other content under a known version"
)


class Known(Protocol):
    """What is known of a record before it changes."""

    @property
    def version(self) -> int:
        """The version that stands."""

    @property
    def contributions(self) -> Contributions:
        """What it adds until now."""


class _LinksAreNewError(Exception):
    """Records were locked alone, which by the definitions of now depend on others.

    All is given back, for records are locked in one order.
    """


@dataclass(slots=True)
class Applied:
    """What became of a batch."""

    # Groups of trees that deltas wait for now.
    groups: Sequence[int] = ()
    next_offsets: dict[int, int] = field(default_factory=dict)
    # Partitions that must be read again from where the database has them.
    misplaced: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Changes:
    """What a batch changes."""

    inserts: list[Fresh] = field(default_factory=list)
    updates: list[Fresh] = field(default_factory=list)
    deltas: Deltas = field(default_factory=Deltas)
    # What was looked at to know what these add, where somebody must remember it.
    evaluated: Evaluated = field(default_factory=dict)
    # What becomes of records that depend on these.
    followed: Followed = field(default_factory=Followed)

    def add(
        self,
        record: ActivityRecord,
        after: Contributions,
        known: Known | None,
        trace: str | None,
    ) -> None:
        """Add a record that is newer than what is known of it."""
        if known is None:
            self.inserts.append((record, after))
            self.deltas.add(None, after, record, trace)
        else:
            self.updates.append((record, after))
            self.deltas.add(known.contributions, after, record, trace)


class Applying:
    """Applies batches of records."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        held: HeldDefinitions,
        *,
        topic: str,
        word_of: WordOf,
    ) -> None:
        self.complaint: str | None = None
        self._pool = pool
        self._held = held
        self._topic = topic
        self._word_of = word_of

    async def apply(self, batch: Batch) -> Applied:
        """Apply what of the batch is in its place, all of it or nothing."""
        looked_at: set[str] = set()
        while True:
            try:
                return await self._apply(batch, looked_at)
            except _LinksAreNewError:
                # What we hold in memory knows of them by now.
                continue
            except MoreIsLookedAtError as more:
                looked_at |= more.keys

    async def _apply(self, batch: Batch, looked_at: AbstractSet[str]) -> Applied:
        ours = newest(record for _, record in batch.records)
        # Records that depend on others are locked together with those, later.
        is_linked = self._held.now.index.links.touch(ours.values())
        async with self._pool.acquire() as connection, connection.transaction():
            begun = await records.begin_batch(
                connection,
                self._topic,
                [span.partition for span in batch.spans],
                () if is_linked else ours,
            )
            applied = _accepted(batch.spans, begun.partitions)
            if not applied.next_offsets:
                return applied
            if applied.misplaced:
                ours = newest(
                    record
                    for partition, record in batch.records
                    if partition in applied.next_offsets
                )
            definitions = await self._held.at(connection, begun.revision)
            if is_linked:
                taken = await linked.take(connection, definitions, ours, also=looked_at)
                changes = await _changes_beside_others(
                    connection, definitions, ours, taken, batch.traces
                )
            elif definitions.index.links.touch(ours.values()):
                raise _LinksAreNewError
            else:
                changes = await _changes_alone(
                    connection, definitions, ours, begun.records, batch.traces
                )
            changes.deltas.arrivals = batch.arrivals()
            groups = by_group(changes.deltas, definitions.forest.group_of)
            applied.groups = tuple(groups)
            await records.finish_batch(
                connection,
                inserts=changes.inserts,
                updates=changes.updates,
                groups=groups,
                behind=batch.behind,
                topic=self._topic,
                next_offsets=applied.next_offsets,
                word=self._word_of(applied.groups, batch.behind),
            )
            if is_linked:
                await linked.write_around(
                    connection, definitions, changes.evaluated, changes.followed
                )
            elif changes.evaluated:
                await linked.note_looks(connection, definitions, changes.evaluated)
        changed = len(changes.inserts) + len(changes.updates)
        APPLIED.inc(changed)
        STALE.inc(len(ours) - changed)
        return applied

    async def run(self, intake: Intake, source: Source, wake: Wake) -> None:
        """Apply batch after batch until cancelled."""
        while True:
            batch = await intake.batches.get()
            applied = await self._apply_until_done(batch)
            if applied.groups:
                wake(applied.groups, batch.behind)
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


def _accepted(spans: Sequence[Span], stand: Mapping[int, Standpoint]) -> Applied:
    """Sort out what is not ours or not in its place."""
    applied = Applied()
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


async def _changes_alone(
    connection: Connection,
    definitions: Definitions,
    ours: Mapping[str, ActivityRecord],
    stored: Mapping[str, Known],
    traces: Mapping[str, str],
) -> _Changes:
    """Return what a batch changes if nothing depends on anything."""
    changes = _Changes()
    look_at_clock = definitions.index.links.look_at_clock
    for record in await _newer(connection, ours, stored):
        known = stored.get(record.key)
        before = None if known is None else known.contributions
        if look_at_clock(record.entity):
            after = linked.evaluate(
                definitions, record, before, NO_PARENTS, evaluated=changes.evaluated
            )
        else:
            after = definitions.contributions_of(record, before)
        changes.add(record, after, known, traces.get(record.key))
    return changes


async def _changes_beside_others(
    connection: Connection,
    definitions: Definitions,
    ours: Mapping[str, ActivityRecord],
    taken: Taken,
    traces: Mapping[str, str],
) -> _Changes:
    """Return what a batch changes, also of records that depend on its own."""
    stored = taken.records
    # In the order in which they are inserted: two that bring the same wait in turn.
    newer = sorted(await _newer(connection, ours, stored), key=lambda one: one.key)
    fresh = {record.key: record for record in newer}
    parents = taken.parents_beside(fresh)
    changes = _Changes()
    for key, record in fresh.items():
        known = stored.get(key)
        before = None if known is None else known.contributions
        after = linked.evaluate(
            definitions, record, before, parents, evaluated=changes.evaluated
        )
        changes.add(record, after, known, traces.get(key))
    linked.check_all_is_locked(changes.evaluated, taken.records.keys() | fresh.keys())
    changes.followed = linked.follow(
        definitions, taken, fresh, deltas=changes.deltas, traces=traces
    )
    linked.check_all_is_locked(
        changes.followed.evaluated, taken.records.keys() | fresh.keys()
    )
    return changes


async def _newer(
    connection: Connection,
    ours: Mapping[str, ActivityRecord],
    stored: Mapping[str, Known],
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

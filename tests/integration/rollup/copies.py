"""One rollup process, taken apart: one step of a flow at a time, on PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import TopicPartition

import services.rollup
from services.rollup.apply import Applied, Applying
from services.rollup.climb import Climbed, Climbing
from services.rollup.domain.forest import TREE_GROUPS
from services.rollup.held import HeldDefinitions
from services.rollup.intake import Batch, Intake
from services.rollup.recalculate import Recalculating
from services.rollup.redefine import Redefining
from services.rollup.rederive import Rederiving
from services.rollup.schedule import Scheduling
from services.rollup.source import Source
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    GOAL_NUMBER,
    Definition,
    Kind,
    key_of,
)
from shared.plumbing.identifiers import new_id
from shared.plumbing.migrations import migrate, migrations_of
from shared.plumbing.postgres import open_pool
from tests.integration.rollup.outgoing import Outgoing
from tests.integration.rollup.topics import (
    SOME_TIME,
    Headers,
    MemoryConsumer,
    MemoryTopic,
)
from tests.logins import url_of

MIGRATIONS = Path(services.rollup.__file__).parent / "migrations"
ALL_GROUPS = range(TREE_GROUPS)


@dataclass(frozen=True, slots=True)
class Gone:
    """The word that a definition is no more; of a goal, which one is meant."""

    kind: Kind
    id: str
    number: int | None = None


Change = Definition | Gone


async def prepare(url: str) -> None:
    """Give a fresh database rollup's tables."""
    connection = await asyncpg.connect(url)
    try:
        await migrate(connection, migrations_of("rollup", MIGRATIONS))
    finally:
        await connection.close()


class World:
    """What all copies share: two topics and what was published."""

    def __init__(self, *, partitions: int = 2) -> None:
        self.records = MemoryTopic("activity-records", partitions)
        self.changes = MemoryTopic("goal-changes")
        self.outgoing = Outgoing()
        # What time it is, until a test says that it is later.
        self.now = datetime(2026, 1, 15, 12, tzinfo=UTC)
        self._sets = 0

    def say(self, *changes: Change) -> None:
        """Append definitions to goal-changes as one change set."""
        self._sets += 1
        for index, change in enumerate(changes):
            self.say_one(
                change, change_set=f"set-{self._sets}", index=index, size=len(changes)
            )

    def say_one(
        self, change: Change, *, change_set: str, index: int, size: int
    ) -> None:
        """Append one message of a change set."""
        headers = [
            (CHANGE_SET_ID, change_set.encode()),
            (CHANGE_SET_INDEX, str(index).encode()),
            (CHANGE_SET_SIZE, str(size).encode()),
        ]
        key = key_of(change.kind, change.id).encode()
        if not isinstance(change, Gone):
            self.changes.put(key, change.model_dump_json().encode(), headers=headers)
            return
        if change.number is not None:
            headers.append((GOAL_NUMBER, str(change.number).encode()))
        self.changes.put(key, None, headers=headers)

    def record(
        self,
        value: bytes,
        *,
        headers: Headers = (),
        partition: int = 0,
        timestamp: int = SOME_TIME,
    ) -> None:
        """Append a record to activity-records."""
        self.records.put(
            b"key", value, headers=headers, partition=partition, timestamp=timestamp
        )


class Copy:
    """The parts of one process; nothing runs but what a test asks for."""

    def __init__(self, world: World, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.world = world
        self.held = HeldDefinitions()
        self.records = Source(world.records.name, pool)
        self.changes = Source(world.changes.name, pool)
        self.records_consumer = MemoryConsumer(world.records)
        self.changes_consumer = MemoryConsumer(world.changes)
        self.records.read_with(lambda: self.records_consumer)
        self.changes.read_with(lambda: self.changes_consumer)
        producer: Any = world.outgoing
        self.intake = Intake(
            self.records, producer, rejected_topic="rejected", group="rollup"
        )
        self.applying = Applying(
            pool,
            self.held,
            topic=world.records.name,
            word_of=lambda _groups, _behind: None,
        )
        self.redefining = Redefining(
            pool, self.held, self.changes, clock=lambda: world.now
        )
        self.scheduling = Scheduling(
            pool, self.held, self.redefining, lambda: world.now
        )
        self.rederiving = Rederiving(pool, self.held, notify=self._hear)
        self.recalculating = Recalculating(pool, self.held)
        self.climbing = Climbing(
            self.held, producer, "goal-updated", self.redefining.reckon
        )

    async def _hear(self, groups: Sequence[int]) -> None:
        """Nobody is told: tests ask for each climb."""

    async def assign_records(self, *partitions: int) -> None:
        """Have the group assign partitions of activity-records to this copy."""
        places = {TopicPartition(self.world.records.name, one) for one in partitions}
        self.records.give_up(self.records_consumer.assigned)
        self.records_consumer.assigned = set(partitions)
        await self.records.take_over(place.partition for place in places)

    async def assign_changes(self) -> None:
        """Have the group assign goal-changes to this copy."""
        self.changes_consumer.assigned = {0}
        await self.changes.take_over([0])

    async def fetch(self, *, limit: int = 100) -> Batch | None:
        """Fetch and decode the next records."""
        messages = self.records_consumer.fetch(limit=limit)
        if messages:
            await self.intake.take(messages)
        return None if self.intake.batches.empty() else self.intake.batches.get_nowait()

    async def apply(self, batch: Batch) -> Applied:
        """Apply a batch once; what was out of place is read again."""
        applied = await self.applying.apply(batch)
        lost = [
            span.partition
            for span in batch.spans
            if span.partition in applied.misplaced and self.records.is_of_now(span)
        ]
        self.records.look_again(lost)
        await self.mind()
        return applied

    async def mind(self) -> None:
        """Do once what `mind` of both sources does for ever."""
        for source, consumer in (
            (self.records, self.records_consumer),
            (self.changes, self.changes_consumer),
        ):
            missing = consumer.assigned - source.partitions
            if missing:
                await source.take_over(missing)

    async def apply_all(self, *, limit: int = 100) -> None:
        """Apply records until none is left."""
        while True:
            batch = await self.fetch(limit=limit)
            if batch is not None:
                await self.apply(batch)
            elif self.records.lag() == 0 and not (
                self.records_consumer.assigned
                - self.records_consumer.paused
                - self.records.partitions
            ):
                return
            else:
                await self.mind()

    async def redefine_all(self, *, limit: int = 1000) -> None:
        """Apply definitions until none is left."""
        while messages := self.changes_consumer.fetch(limit=limit):
            end = self.changes.end_of(messages[-1])
            await self.redefining.take(messages, end_offset=end)
            await self.mind()

    async def rederive_all(self) -> None:
        """Work off the queue of re-derivations."""
        while await self.rederiving.work_once():
            pass

    async def climb(self, groups: Sequence[int] = ALL_GROUPS) -> Climbed:
        """Climb once."""
        async with self.pool.acquire() as connection:
            return await self.climbing.climb(connection, list(groups))

    async def publish_climbed(self, climbed: Climbed) -> None:
        """Publish what a climb made ready, and wait until Kafka has it."""
        await self.climbing.publish(climbed)
        async with self.pool.acquire() as connection:
            await self.climbing.settle(connection)

    async def publish(self, groups: Sequence[int] = ALL_GROUPS) -> None:
        """Publish all that stands in the table."""
        async with self.pool.acquire() as connection:
            while await self.climbing.publish_outstanding(connection, list(groups)):
                pass

    async def settle(self) -> None:
        """Do everything there is to do."""
        await self.redefine_all()
        await self.apply_all()
        await self.rederive_all()
        await self.recalculating.work_once()
        await self.climb()
        await self.redefining.follow_up()
        await self.publish()


@asynccontextmanager
async def copy_of(world: World, url: str) -> AsyncIterator[Copy]:
    """Start a process that nothing is assigned to yet."""
    login = url_of("rollup", url)
    async with open_pool(login, size_max=4, application=f"test-{new_id()}") as pool:
        yield Copy(world, pool)


@asynccontextmanager
async def alone(world: World, url: str) -> AsyncIterator[Copy]:
    """Start the only process: everything is assigned to it."""
    await prepare(url)
    async with copy_of(world, url) as copy:
        await copy.assign_changes()
        await copy.assign_records(*range(world.records.partitions))
        yield copy

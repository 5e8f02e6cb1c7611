"""The partitions of a topic as this process reads them.

PostgreSQL says where each partition stands; Kafka's committed offsets are a hint. A
batch carries the position it was fetched from. Every jump of the consumer raises the
partition's generation, so that what was fetched before the jump is known as such.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from services.rollup.store import offsets
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

log = log_of("rollup.source")

_COMMIT_EVERY: Final = 20
_MIND_SECONDS: Final = 1.0


@dataclass(slots=True)
class _Position:
    """Where this process reads a partition."""

    epoch: int
    next_offset: int
    generation: int = 0
    # A first offset that was further on than expected, until it is seen again: then
    # the offsets between are really not there (aborted, compacted).
    gap_seen: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Messages of one partition, and the position they were fetched from."""

    partition: int
    fetched_from: int
    next_offset: int
    epoch: int
    generation: int
    messages: Sequence[Any]


class Source:
    """One topic, read under assignments that the database knows."""

    def __init__(self, topic: str, pool: asyncpg.Pool) -> None:
        self.topic = topic
        self.complaint: str | None = "no partitions are assigned yet"
        self._pool = pool
        self._positions: dict[int, _Position] = {}
        self._consumer: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self._batches = 0
        # Partitions that cannot be read without losing something.
        self._stopped: set[int] = set()

    def read_with(self, consumer: Callable[[], AIOKafkaConsumer | None]) -> None:
        """Use this consumer; it exists only once the subscriber has started."""
        self._consumer = consumer

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions that are ours now."""
        return frozenset(self._positions)

    async def take_over(self, partitions: Iterable[int]) -> None:
        """Raise the epoch of assigned partitions and go to where they stand."""
        consumer = self._consumer()
        wanted = sorted(partitions)
        if consumer is None or not wanted:
            self.complaint = None
            return
        places = [TopicPartition(self.topic, partition) for partition in wanted]
        first = await consumer.beginning_offsets(places)
        last = await consumer.end_offsets(places)
        complaints = []
        for place in places:
            standpoint = await self._raise(place.partition, first[place])
            complaint = _complaint(place, standpoint.next_offset, first, last)
            if complaint:
                complaints.append(complaint)
                consumer.pause(place)
                self._stopped.add(place.partition)
                log.error("partition_stopped", reason=complaint)
                continue
            self._go_to(place.partition, standpoint)
        self.complaint = "; ".join(complaints) or None

    async def _raise(self, partition: int, first_offset: int) -> offsets.Standpoint:
        async with self._pool.acquire() as connection:
            return await offsets.raise_epoch(
                connection,
                topic=self.topic,
                partition=partition,
                first_offset=first_offset,
            )

    async def mind(self) -> None:
        """Take over, for ever, what is assigned and was not taken over yet."""
        while True:
            await asyncio.sleep(_MIND_SECONDS)
            consumer = self._consumer()
            if consumer is None:
                continue
            assigned = {
                place.partition
                for place in consumer.assignment()
                if place.topic == self.topic
            }
            missing = assigned - self.partitions - self._stopped
            if missing:
                try:
                    await self.take_over(missing)
                except (*TRANSIENT_ERRORS, KafkaError) as fault:
                    log.warning("assignment_waits", reason=repr(fault))

    def give_up(self, partitions: Iterable[int]) -> None:
        """Forget partitions that are no longer ours."""
        for partition in partitions:
            self._positions.pop(partition, None)
            self._stopped.discard(partition)

    def _go_to(self, partition: int, standpoint: offsets.Standpoint) -> None:
        old = self._positions.get(partition)
        self._positions[partition] = _Position(
            standpoint.epoch,
            standpoint.next_offset,
            old.generation + 1 if old else 0,
            old.gap_seen if old else None,
        )
        consumer = self._consumer()
        if consumer is not None:
            consumer.seek(TopicPartition(self.topic, partition), standpoint.next_offset)

    def claim(self, messages: Sequence[Any]) -> list[Span]:
        """Return fetched messages by partition, without those that are not ours."""
        by_partition: dict[int, list[Any]] = {}
        for message in messages:
            by_partition.setdefault(message.partition, []).append(message)
        spans = [self._claim(*one) for one in sorted(by_partition.items())]
        return [span for span in spans if span is not None]

    def _claim(self, partition: int, messages: list[Any]) -> Span | None:
        position = self._positions.get(partition)
        if position is None:
            return None
        first, fetched_from = messages[0].offset, position.next_offset
        if first < fetched_from or (
            first > fetched_from and position.gap_seen != first
        ):
            # Fetched before a jump; or offsets are missing, which a second look tells.
            position.gap_seen = first
            self._go_to(partition, offsets.Standpoint(fetched_from, position.epoch))
            return None
        position.gap_seen = None
        position.next_offset = messages[-1].offset + 1
        return Span(
            partition,
            fetched_from,
            position.next_offset,
            position.epoch,
            position.generation,
            messages,
        )

    def is_of_now(self, span: Span) -> bool:
        """Tell whether the partition has not jumped since the span was fetched."""
        position = self._positions.get(span.partition)
        return position is not None and position.generation == span.generation

    async def go_back(self, partitions: Iterable[int]) -> None:
        """Read partitions again from where the database has them."""
        ours = [one for one in partitions if one in self._positions]
        await self.take_over(ours)

    async def hint(self, next_offsets: dict[int, int]) -> None:
        """Tell Kafka how far we are now and then, for those who watch the lag."""
        self._batches += 1
        consumer = self._consumer()
        if consumer is None or self._batches % _COMMIT_EVERY:
            return
        try:
            await consumer.commit(
                {
                    TopicPartition(self.topic, partition): offset
                    for partition, offset in next_offsets.items()
                    if partition in self._positions
                }
            )
        except KafkaError as fault:
            log.debug("offset_hint_failed", reason=str(fault))

    def end_of(self, message: Any) -> int:
        """Return where the partition of a fetched message is known to end."""
        consumer = self._consumer()
        place = TopicPartition(self.topic, message.partition)
        end = consumer.highwater(place) if consumer is not None else None
        return int(end or 0)

    def lag(self) -> int:
        """Return how many messages are known to wait in our partitions."""
        consumer = self._consumer()
        if consumer is None:
            return 0
        waiting = 0
        for partition, position in self._positions.items():
            end = consumer.highwater(TopicPartition(self.topic, partition))
            waiting += max(0, (end or 0) - position.next_offset)
        return waiting


def _complaint(
    place: TopicPartition,
    next_offset: int,
    first: dict[TopicPartition, int],
    last: dict[TopicPartition, int],
) -> str | None:
    """Say what keeps a partition from being read without losing something."""
    if next_offset < first[place]:
        return (
            f"{place.topic}/{place.partition}: messages {next_offset} to "
            f"{first[place] - 1} were deleted by retention before they were read; send "
            "those records again, then move rollup.source_offset on"
        )
    if next_offset > last[place]:
        return (
            f"{place.topic}/{place.partition}: stands at {next_offset}, but the topic "
            f"ends at {last[place]}; was it deleted and created again? check, then "
            "move rollup.source_offset back"
        )
    return None


class Listener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped here
    """Tells a source what the group assigns."""

    def __init__(self, source_of: Callable[[], Source]) -> None:
        self._source_of = source_of

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let go; what is still in the database is refused there by its epoch."""
        self._source_of().give_up(one.partition for one in revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Take over; if the database is away, `mind` does it when it is back."""
        try:
            await self._source_of().take_over(one.partition for one in assigned)
        except (*TRANSIENT_ERRORS, KafkaError) as fault:
            log.warning("assignment_waits", reason=repr(fault))

"""The partitions of a topic as this process reads them.

PostgreSQL says where each partition stands; Kafka's committed offsets are a hint. A
batch carries the position it was fetched from. Before every jump the partition is
taken over anew, which raises its epoch: what was fetched before is known as such.
"""

import asyncio
import contextlib
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


@dataclass(frozen=True, slots=True)
class Span:
    """Messages of one partition, and the position they were fetched from."""

    partition: int
    fetched_from: int
    next_offset: int
    epoch: int
    messages: Sequence[Any]

    def is_followed_by(self, other: "Span") -> bool:
        """Tell whether the other begins where this one ends, under one assignment."""
        return self.epoch == other.epoch and self.next_offset == other.fetched_from

    def joined(self, other: "Span") -> "Span":
        """Return this span and the one that follows it as one."""
        return Span(
            self.partition,
            self.fetched_from,
            other.next_offset,
            self.epoch,
            [*self.messages, *other.messages],
        )


class Source:
    """One topic, read under assignments that the database knows."""

    def __init__(self, topic: str, pool: asyncpg.Pool) -> None:
        self.topic = topic
        self._pool = pool
        self._positions: dict[int, _Position] = {}
        self._consumer: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self._batches = 0
        self._revocations = 0
        self._look = asyncio.Event()
        # A first offset that was not the expected one. If a second look, after the
        # partition's ends were compared, shows the same, then the offsets between are
        # really not there (aborted, compacted).
        self._gaps: dict[int, int] = {}
        # Partitions that cannot be read without losing something, and why.
        self._stopped: dict[int, str] = {}
        self._waits_for: str | None = "no partitions are assigned yet"

    def read_with(self, consumer: Callable[[], AIOKafkaConsumer | None]) -> None:
        """Use this consumer; it exists only once the subscriber has started."""
        self._consumer = consumer

    @property
    def complaint(self) -> str | None:
        """Say what keeps partitions from being read, or nothing."""
        return "; ".join(self._stopped.values()) or self._waits_for

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions that are ours now."""
        return frozenset(self._positions)

    async def take_over(self, partitions: Iterable[int]) -> None:
        """Raise the epoch of assigned partitions and go to where they stand."""
        consumer = self._consumer()
        wanted = [TopicPartition(self.topic, one) for one in sorted(partitions)]
        if consumer is not None and wanted:
            first = await consumer.beginning_offsets(wanted)
            for place in wanted:
                await self._take_over(consumer, place, first[place])
        self._waits_for = None

    async def _take_over(
        self, consumer: AIOKafkaConsumer, place: TopicPartition, first: int
    ) -> None:
        revocations = self._revocations
        standpoint = await self._raise(place.partition, first)
        # Asked last: from here on nobody else moves the partition past its end.
        last = (await consumer.end_offsets([place]))[place]
        if revocations != self._revocations or place not in consumer.assignment():
            # Lost while we asked; if it comes back, it is taken over again.
            return
        complaint = _complaint(place, standpoint.next_offset, first=first, last=last)
        if complaint is not None:
            consumer.pause(place)
            if self._stopped.get(place.partition) != complaint:
                self._stopped[place.partition] = complaint
                log.error("partition_stopped", reason=complaint)
            return
        if self._stopped.pop(place.partition, None) is not None:
            consumer.resume(place)
        self._positions[place.partition] = _Position(
            standpoint.epoch, standpoint.next_offset
        )
        consumer.seek(place, standpoint.next_offset)

    async def _raise(self, partition: int, first_offset: int) -> offsets.Standpoint:
        async with self._pool.acquire() as connection:
            return await offsets.raise_epoch(
                connection,
                topic=self.topic,
                partition=partition,
                first_offset=first_offset,
            )

    async def mind(self) -> None:
        """Take over, for ever, what is assigned and has no position."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), _MIND_SECONDS)
            self._look.clear()
            consumer = self._consumer()
            if consumer is None:
                continue
            assigned = {
                place.partition
                for place in consumer.assignment()
                if place.topic == self.topic
            }
            missing = assigned - self.partitions
            if missing:
                await self.take_over_if_possible(missing)

    async def take_over_if_possible(self, partitions: Iterable[int]) -> None:
        """Take over; if PostgreSQL or Kafka is away, `mind` does it later."""
        try:
            await self.take_over(partitions)
        except (*TRANSIENT_ERRORS, KafkaError) as fault:
            self._waits_for = f"partitions of {self.topic} wait: {fault!r}"
            log.warning("assignment_waits", reason=repr(fault))

    def give_up(self, partitions: Iterable[int]) -> None:
        """Forget partitions that are no longer ours."""
        self._revocations += 1
        for partition in partitions:
            self._positions.pop(partition, None)
            self._stopped.pop(partition, None)

    def look_again(self, partitions: Iterable[int]) -> None:
        """Read partitions again from where the database has them; `mind` sees to it."""
        for partition in partitions:
            self._positions.pop(partition, None)
        self._look.set()

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
            first > fetched_from and self._gaps.get(partition) != first
        ):
            self._gaps[partition] = first
            self.look_again([partition])
            return None
        self._gaps.pop(partition, None)
        position.next_offset = messages[-1].offset + 1
        return Span(
            partition, fetched_from, position.next_offset, position.epoch, messages
        )

    def is_of_now(self, span: Span) -> bool:
        """Tell whether the partition was not taken over since the span was fetched."""
        position = self._positions.get(span.partition)
        return position is not None and position.epoch == span.epoch

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

    @property
    def stand(self) -> int:
        """Return a number that moves whenever something was read."""
        return sum(position.next_offset for position in self._positions.values())

    async def waiting(self) -> int:
        """Ask Kafka how many messages the consumer has not come to yet.

        The consumer's own position counts: it passes what carries no message.
        """
        consumer = self._consumer()
        places = [TopicPartition(self.topic, one) for one in self._positions]
        if consumer is None or not places:
            return 0
        ends = await consumer.end_offsets(places)
        return sum([end - await consumer.position(one) for one, end in ends.items()])

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
    place: TopicPartition, next_offset: int, *, first: int, last: int
) -> str | None:
    """Say what keeps a partition from being read without losing something."""
    if next_offset < first:
        return (
            f"{place.topic}/{place.partition}: messages {next_offset} to {first - 1} "
            "were deleted by retention before they were read; send those records "
            "again, then move rollup.source_offset on"
        )
    if next_offset > last:
        return (
            f"{place.topic}/{place.partition}: stands at {next_offset}, but the topic "
            f"ends at {last}; was it deleted and created again? check, then move "
            "rollup.source_offset back"
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
        """Take over; if that fails, `mind` tries again."""
        await self._source_of().take_over_if_possible(one.partition for one in assigned)

"""Records that rollup could not understand: looking at them, and sending them again.

The topic is read backwards, as far as one question goes. No group is joined, and no
position is kept: whoever asks says where to go on.
"""

import asyncio
from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka.security import parse_security

from services.goals.domain.errors import TOO_MANY_ITEMS, RefusedError
from services.goals.domain.settled import Place
from services.goals.topics import KafkaAwayError, TopicEnds
from shared.messages.topics import ACTIVITY_RECORDS, ACTIVITY_RECORDS_REJECTED
from shared.plumbing.kafka import topic_name
from shared.plumbing.kafka_security import security_of
from shared.plumbing.producing import AcknowledgedProducer, open_producer
from shared.plumbing.rejected import RejectedRecord, send_again
from shared.plumbing.settings import KafkaSettings

# Doors with passwords and certificates take a while to open on a busy machine.
READ_SECONDS_MAX: Final = 15.0
# One question looks at so many; whoever wants more asks for the next page.
LOOKED_AT_MAX: Final = 20_000
_CHUNK: Final = 500
# Nobody is shown more of a value; a record that is too large is among what is rejected.
SHOWN_BYTES_MAX: Final = 4 * 4_001
# What is sent again at once is held in memory.
REPLAYED_BYTES_MAX: Final = 64_000_000
# To read so many that nobody asked for takes less than to ask anew.
_GAP_MAX: Final = 20
_FETCH_MILLISECONDS: Final = 1_000
# What is read is there: nothing is gained by waiting for more.
_FETCH_WAIT_MILLISECONDS: Final = 50
# Each question has a connection of its own.
_AT_ONCE_MAX: Final = 2

Wanted = Callable[[RejectedRecord], bool]


@dataclass(frozen=True, slots=True, order=True)
class RejectedPlace:
    """Where a message stands in the rejected topic."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the topic holds of one partition."""

    partition: int
    first_offset: int
    end_offset: int

    @property
    def records(self) -> int:
        """How many that are."""
        return self.end_offset - self.first_offset


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedPage:
    """Some rejected records, newest first, and where those before them begin."""

    records: Sequence[RejectedRecord]
    kept: Sequence[Kept]
    # The last place that was looked at, if there are more before it.
    last: RejectedPlace | None


class RejectedTopic:
    """The topic, for as long as a process lives."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self.name = topic_name(settings, ACTIVITY_RECORDS_REJECTED)
        self._original = topic_name(settings, ACTIVITY_RECORDS)
        self._ends = TopicEnds(settings, (self.name,))
        self._turn = asyncio.Semaphore(_AT_ONCE_MAX)
        self._producer: AcknowledgedProducer | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator["RejectedTopic"]:
        """Have a producer at hand until the block ends."""
        async with open_producer(self._settings, client="cairn-goals") as producer:
            self._producer = producer
            yield self

    async def page(
        self, after: RejectedPlace | None, limit: int, wanted: Wanted
    ) -> RejectedPage:
        """Return those that are wanted, of what stands before a place.

        The newest come first, in each partition; partitions follow one another.
        """
        async with self._reading() as reader:
            return await reader.page(after, limit, wanted)

    async def find(
        self, places: Sequence[RejectedPlace]
    ) -> Mapping[RejectedPlace, RejectedRecord]:
        """Return those of some messages that are there."""
        async with self._reading() as reader:
            return await reader.find(places)

    async def send_again(self, records: Sequence[RejectedRecord]) -> int:
        """Put records back on the topic that they came from, once Kafka has them."""
        if self._producer is None:
            message = "records are sent again before the service has started"
            raise RuntimeError(message)
        return await send_again(self._producer, self._original, records)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator["_Reader"]:
        # It says, too, if the topic is not there: a consumer would wait for it.
        ends = await self._ends.read()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_servers.split(","),
            client_id="cairn-goals-rejected",
            group_id=None,
            enable_auto_commit=False,
            fetch_max_wait_ms=_FETCH_WAIT_MILLISECONDS,
            **parse_security(security_of(self._settings)),
        )
        try:
            async with self._turn, asyncio.timeout(READ_SECONDS_MAX):
                try:
                    await consumer.start()
                    yield await _Reader.of(consumer, ends)
                finally:
                    await consumer.stop()
        except TimeoutError:
            raise KafkaAwayError(
                f"kafka did not hand out rejected records within {READ_SECONDS_MAX:.0f}"
                " s; ask for fewer, or look at the brokers"
            ) from None
        except KafkaError as fault:
            raise KafkaAwayError(f"kafka does not answer: {fault!r}") from None


class _Reader:
    """Reads the topic as it was when the question came."""

    def __init__(
        self, consumer: AIOKafkaConsumer, topic: str, kept: Sequence[Kept]
    ) -> None:
        self._consumer = consumer
        self._topic = topic
        self._kept = kept

    @classmethod
    async def of(
        cls, consumer: AIOKafkaConsumer, ends: Mapping[Place, int]
    ) -> "_Reader":
        """Read up to these ends, from what is left there of each partition."""
        places = [TopicPartition(*one) for one in sorted(ends)]
        consumer.assign(places)
        first = await consumer.beginning_offsets(places)
        kept = [
            Kept(
                partition=one.partition,
                first_offset=first[one],
                end_offset=ends[one.topic, one.partition],
            )
            for one in places
        ]
        return cls(consumer, places[0].topic, kept)

    async def page(
        self, after: RejectedPlace | None, limit: int, wanted: Wanted
    ) -> RejectedPage:
        found: list[RejectedRecord] = []
        looked_at = 0
        last: RejectedPlace | None = None
        for partition, start, end in self._backwards(after):
            chunk = await self._between(
                partition, start, end, bytes_max=SHOWN_BYTES_MAX
            )
            looked_at += end - start
            for record in reversed(chunk):
                last = RejectedPlace(partition, record.offset)
                if wanted(record):
                    found.append(record)
                if len(found) == limit:
                    return self._page(found, last)
            last = RejectedPlace(partition, start)
            if looked_at >= LOOKED_AT_MAX:
                break
        return self._page(found, last)

    def _page(
        self, found: Sequence[RejectedRecord], last: RejectedPlace | None
    ) -> RejectedPage:
        more = last is not None and next(self._backwards(last), None) is not None
        return RejectedPage(records=found, kept=self._kept, last=last if more else None)

    def _backwards(self, after: RejectedPlace | None) -> Iterator[tuple[int, int, int]]:
        """Yield what is to be looked at, a chunk at a time, the newest first."""
        for kept in self._kept:
            end = kept.end_offset
            if after is not None:
                if kept.partition < after.partition:
                    continue
                if kept.partition == after.partition:
                    end = min(end, after.offset)
            while end > kept.first_offset:
                start = max(kept.first_offset, end - _CHUNK)
                yield kept.partition, start, end
                end = start

    async def find(
        self, places: Sequence[RejectedPlace]
    ) -> Mapping[RejectedPlace, RejectedRecord]:
        bounds = {
            one.partition: range(one.first_offset, one.end_offset) for one in self._kept
        }
        there = {
            place for place in places if place.offset in bounds.get(place.partition, ())
        }
        found: dict[RejectedPlace, RejectedRecord] = {}
        for partition, start, end in _runs(sorted(there)):
            for record in await self._between(partition, start, end):
                place = RejectedPlace(partition, record.offset)
                if place in there:
                    found[place] = record
        _check_size(found.values())
        return found

    async def _between(
        self, partition: int, start: int, end: int, *, bytes_max: int | None = None
    ) -> Sequence[RejectedRecord]:
        """Return what stands there, in order; retention may have taken some."""
        place = TopicPartition(self._topic, partition)
        consumer = self._consumer
        consumer.seek(place, start)
        found: list[RejectedRecord] = []
        while await consumer.position(place) < end:
            fetched = await consumer.getmany(place, timeout_ms=_FETCH_MILLISECONDS)
            for message in fetched.get(place, ()):
                if message.offset >= end:
                    return found
                found.append(_record(message, bytes_max))
        return found


def _runs(places: Sequence[RejectedPlace]) -> Iterator[tuple[int, int, int]]:
    """Yield what to read for some places, in order: partition, start and end."""
    run: tuple[int, int, int] | None = None
    for place in places:
        if run is not None and run[0] == place.partition:
            _, start, end = run
            if place.offset < end + _GAP_MAX:
                run = (place.partition, start, place.offset + 1)
                continue
        if run is not None:
            yield run
        run = (place.partition, place.offset, place.offset + 1)
    if run is not None:
        yield run


def _check_size(records: Iterable[RejectedRecord]) -> None:
    size = sum(len(record.value or b"") for record in records)
    if size > REPLAYED_BYTES_MAX:
        raise RefusedError(
            TOO_MANY_ITEMS,
            f"these records have {size} bytes together, {REPLAYED_BYTES_MAX} are "
            "allowed at once; ask for fewer",
        )


def _record(message: Any, bytes_max: int | None) -> RejectedRecord:
    value = message.value
    return RejectedRecord(
        partition=message.partition,
        offset=message.offset,
        at=datetime.fromtimestamp(message.timestamp / 1000, UTC),
        key=message.key,
        value=value if value is None else value[:bytes_max],
        headers=list(message.headers),
    )

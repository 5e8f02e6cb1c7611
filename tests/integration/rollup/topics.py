"""A topic in memory, and a consumer of it that shows what a source needs to see.

What rollup does with PostgreSQL is tested with these, message by message and crash by
crash; `test_source.py` and `test_service.py` show the same with a real Kafka.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition

Headers = Sequence[tuple[str, bytes | None]]

SOME_TIME = 1_700_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A message as a consumer hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int = SOME_TIME


@dataclass(slots=True)
class MemoryTopic:
    """A log of messages for each partition."""

    name: str
    partitions: int = 1
    first: dict[int, int] = field(default_factory=dict)
    logs: dict[int, list[Fetched]] = field(default_factory=dict)

    def put(
        self,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int = 0,
        headers: Headers = (),
        skip: int = 0,
        timestamp: int = SOME_TIME,
    ) -> Fetched:
        """Append a message; `skip` leaves offsets out before it."""
        message = Fetched(
            topic=self.name,
            partition=partition,
            offset=self.end(partition) + skip,
            key=key,
            value=value,
            headers=headers,
            timestamp=timestamp,
        )
        self.logs.setdefault(partition, []).append(message)
        return message

    def end(self, partition: int) -> int:
        """Return the offset that comes next."""
        log = self.logs.get(partition)
        return log[-1].offset + 1 if log else self.first.get(partition, 0)

    def forget_before(self, partition: int, offset: int) -> None:
        """Delete old messages, as retention does."""
        self.first[partition] = offset
        log = self.logs.get(partition, [])
        self.logs[partition] = [one for one in log if one.offset >= offset]


class MemoryConsumer:
    """Reads a topic as one member of a group, with positions of its own."""

    def __init__(self, topic: MemoryTopic) -> None:
        self.assigned: set[int] = set()
        self.paused: set[int] = set()
        self.positions: dict[int, int] = {}
        self._topic = topic

    def assignment(self) -> set[TopicPartition]:
        """Return what the group gives this member."""
        return {TopicPartition(self._topic.name, one) for one in self.assigned}

    async def beginning_offsets(
        self, places: Iterable[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Return where the partitions begin."""
        return {one: self._topic.first.get(one.partition, 0) for one in places}

    async def end_offsets(
        self, places: Iterable[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Return where the partitions end."""
        return {one: self._topic.end(one.partition) for one in places}

    def highwater(self, place: TopicPartition) -> int:
        """Return where a partition is known to end."""
        return self._topic.end(place.partition)

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Read on from here."""
        assert place.partition in self.assigned
        self.positions[place.partition] = offset

    def pause(self, place: TopicPartition) -> None:
        """Read no more of it."""
        self.paused.add(place.partition)

    def resume(self, place: TopicPartition) -> None:
        """Read it again."""
        self.paused.discard(place.partition)

    async def commit(self, offsets: object) -> None:
        """Take a hint, which nobody needs."""

    def fetch(self, *, limit: int = 100) -> list[Fetched]:
        """Return the next messages, whatever becomes of them."""
        found: list[Fetched] = []
        for partition in sorted(self.assigned - self.paused):
            position = self.positions.get(partition, 0)
            log = self._topic.logs.get(partition, [])
            some = [one for one in log if one.offset >= position][:limit]
            if some:
                self.positions[partition] = some[-1].offset + 1
                found += some
        return found

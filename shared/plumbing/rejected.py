"""Rejected records: what each tells of itself, and sending it again as it first came.

Rollup puts what it cannot understand on `activity-records.rejected`, byte for byte,
with headers that tell of the rejection. Sent again, a record has its own headers only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.plumbing.producing import AcknowledgedProducer, Message

PREFIX: Final = "kafka_dlt-"
# Handed to Kafka together.
_SLICE: Final = 500
_UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRecord:
    """One message of the rejected topic."""

    partition: int
    offset: int
    at: datetime
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]

    @property
    def error(self) -> str:
        """The name of what was wrong with it."""
        return self.told("exception-fqcn")

    @property
    def detail(self) -> str:
        """What was wrong with it, in words."""
        return self.told("exception-message")

    @property
    def original(self) -> str:
        """Where it came from: topic, partition and offset."""
        return "{}/{}@{}".format(
            self.told("original-topic"),
            self.told("original-partition"),
            self.told("original-offset"),
        )

    def told(self, name: str) -> str:
        """Return what was told of it when it was rejected."""
        for header, value in reversed(self.headers):
            if header == PREFIX + name:
                return text_of(value)
        return _UNKNOWN

    def as_it_came(self, topic: str) -> Message:
        """Return the message that puts it back on a topic."""
        headers = [one for one in self.headers if not one[0].startswith(PREFIX)]
        return Message(topic, self.key, self.value, headers)


def text_of(data: bytes | None) -> str:
    """Return bytes as a person reads them; what is no text is marked as such."""
    return "" if data is None else data.decode(errors="replace")


async def send_again(
    producer: AcknowledgedProducer, topic: str, records: Iterable[RejectedRecord]
) -> int:
    """Put records back on a topic, in order; return how many, once Kafka has them.

    Raises DeliveryError; then some may be there. A record that comes twice changes
    nothing by its version.
    """
    count = 0
    waiting: list[Message] = []
    for record in records:
        waiting.append(record.as_it_came(topic))
        if len(waiting) == _SLICE:
            await producer.send(waiting)
            count, waiting = count + len(waiting), []
    if waiting:
        await producer.send(waiting)
    return count + len(waiting)

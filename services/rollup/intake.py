"""Reading records off the topic: decoding in slices, setting aside what can't be read.

While one batch is in the database the next is fetched and decoded here, and small ones
that follow join it. What cannot be understood goes to the rejected topic as it came,
with its reason, and is acknowledged there before its offset moves on.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import Counter

from services.rollup.domain.latencies import Arrivals, sample_of
from services.rollup.source import Source, Span
from shared.messages.cloud_events import STRUCTURED_CONTENT_TYPE
from shared.messages.records import (
    ActivityRecord,
    InvalidRecordError,
    decode_record,
    unwrap_structured,
)
from shared.plumbing.logs import log_of
from shared.plumbing.producing import AcknowledgedProducer, DeliveryError, Message

log = log_of("rollup.intake")

# Decoding so many takes a few milliseconds; then others may run.
_SLICE: Final = 250
# So many at once mean that more are waiting.
BEHIND_AT: Final = 500

# Small batches are taken at least so far apart: what comes meanwhile is one batch.
_SPACING_SECONDS: Final = 0.005

# What W3C Trace Context allows; anything else in the header says nothing.
_TRACEPARENT: Final = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

REJECTED = Counter(
    "cairn_records_rejected", "Records that could not be understood", ["error"]
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one fetch brought, understood."""

    spans: Sequence[Span]
    records: Sequence[tuple[int, ActivityRecord]]
    traces: dict[str, str]

    @property
    def behind(self) -> bool:
        """Tell whether so much came at once that more must be waiting."""
        return len(self.records) >= BEHIND_AT

    def arrivals(self) -> Arrivals:
        """Return when some of its messages came to Kafka."""
        return sample_of(
            [message.timestamp for span in self.spans for message in span.messages]
        )

    def joined(self, other: "Batch") -> "Batch | None":
        """Return this batch and the one fetched after it as one; None: they don't fit.

        Large ones are better apart: while one is in the database, one is decoded.
        """
        if self.behind or other.behind:
            return None
        spans = {span.partition: span for span in self.spans}
        for span in other.spans:
            before = spans.get(span.partition)
            if before is None:
                spans[span.partition] = span
            elif before.is_followed_by(span):
                spans[span.partition] = before.joined(span)
            else:
                return None
        return Batch(
            list(spans.values()),
            [*self.records, *other.records],
            {**self.traces, **other.traces},
        )


class WaitingRoom:
    """Where a batch waits for apply; what is fetched meanwhile joins it."""

    def __init__(self) -> None:
        self._waiting: Batch | None = None
        self._there = asyncio.Event()
        self._free = asyncio.Event()

    async def put(self, batch: Batch) -> None:
        """Leave a batch; if it does not fit with the one that waits, wait too."""
        while self._waiting is not None:
            joined = self._waiting.joined(batch)
            if joined is not None:
                self._waiting = joined
                return
            self._free.clear()
            await self._free.wait()
        self._waiting = batch
        self._there.set()

    async def get(self) -> Batch:
        """Take the batch, once there is one."""
        await self._there.wait()
        return self.get_nowait()

    def get_nowait(self) -> Batch:
        """Take the batch that is there."""
        if self._waiting is None:
            raise LookupError("no batch waits")
        batch, self._waiting = self._waiting, None
        self._there.clear()
        self._free.set()
        return batch

    def empty(self) -> bool:
        """Tell whether no batch waits."""
        return self._waiting is None


class Intake:
    """Turns fetched messages into batches for apply."""

    def __init__(
        self,
        source: Source,
        producer: AcknowledgedProducer,
        *,
        rejected_topic: str,
        group: str,
    ) -> None:
        self.batches = WaitingRoom()
        self._source = source
        self._producer = producer
        self._rejected_topic = rejected_topic
        self._group = group

    async def take(self, messages: Sequence[Any]) -> None:
        """Decode what was fetched and leave it for apply."""
        spans = self._source.claim(messages)
        records: list[tuple[int, ActivityRecord]] = []
        traces: dict[str, str] = {}
        rejected: list[Message] = []
        for span in spans:
            for start in range(0, len(span.messages), _SLICE):
                self._decode(
                    span.messages[start : start + _SLICE], records, traces, rejected
                )
                if len(span.messages) > _SLICE:
                    await asyncio.sleep(0)
        if rejected:
            await self._set_aside(rejected)
        if spans:
            batch = Batch(spans, records, traces)
            await self.batches.put(batch)
            if not batch.behind:
                await asyncio.sleep(_SPACING_SECONDS)

    def _decode(
        self,
        messages: Sequence[Any],
        records: list[tuple[int, ActivityRecord]],
        traces: dict[str, str],
        rejected: list[Message],
    ) -> None:
        for message in messages:
            try:
                trace, value = _opened(message)
                record = decode_record(value)
            except InvalidRecordError as fault:
                REJECTED.labels(fault.error).inc()
                rejected.append(self._rejection(message, fault))
            else:
                records.append((message.partition, record))
                if trace is not None:
                    traces[record.key] = trace

    def _rejection(self, message: Any, fault: InvalidRecordError) -> Message:
        said = {
            "kafka_dlt-original-topic": message.topic,
            "kafka_dlt-original-partition": str(message.partition),
            "kafka_dlt-original-offset": str(message.offset),
            "kafka_dlt-original-timestamp": str(message.timestamp),
            "kafka_dlt-original-consumer-group": self._group,
            "kafka_dlt-exception-fqcn": fault.error,
            "kafka_dlt-exception-message": fault.detail,
        }
        reasons = [
            (name, text.encode("utf-8", "replace")) for name, text in said.items()
        ]
        return Message(
            self._rejected_topic,
            message.key,
            message.value,
            [*message.headers, *reasons],
        )

    async def _set_aside(self, rejected: list[Message]) -> None:
        """Publish what was rejected; without the acknowledgement nothing goes on."""
        while True:
            try:
                await self._producer.send(rejected)
            except DeliveryError as fault:
                log.warning("rejecting_waits", reason=str(fault), count=len(rejected))
            else:
                log.warning("records_rejected", count=len(rejected))
                return


def _opened(message: Any) -> tuple[str | None, bytes]:
    """Return a message's trace and its record, taken out of a CloudEvents envelope."""
    value: bytes = message.value or b""
    trace = None
    for name, content in message.headers:
        if name == "traceparent" and content and _TRACEPARENT.fullmatch(content):
            trace = content.decode("ascii")
        elif (
            name == "content-type"
            and content
            and content.startswith(STRUCTURED_CONTENT_TYPE)
        ):
            value = unwrap_structured(value)
    return trace, value

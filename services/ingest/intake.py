"""The journey of one request: bytes in, records understood, acknowledged by Kafka.

Nothing is accepted that Kafka has not acknowledged on all in-sync replicas; what
becomes of a record that it did not acknowledge is unknown, and sending it again is
harmless, because a record's version says what is newer.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from services.ingest.errors import KafkaAwayError, NothingAcceptableError
from services.ingest.reading import MediaType, split
from services.ingest.strict import refuse_unknown_fields
from shared.messages import cloud_events
from shared.messages.records import (
    ActivityRecord,
    InvalidRecordError,
    decode_record,
    encode_record,
)
from shared.plumbing.producing import DeliveryError, Message

EVENT_TYPE: Final = "cairn.activity-record"
SOURCE: Final = "/cairn/ingest"

# About two milliseconds of decoding; other requests and the health endpoints get
# their turn in between.
_SLICE: Final = 200


class Producer(Protocol):
    """What sends messages and returns once Kafka has them."""

    async def send(self, messages: Iterable[Message]) -> None:
        """Send all, or raise DeliveryError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRecord:
    """One record of a request that was not accepted."""

    index: int
    error: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a request's records."""

    accepted: int
    rejected: Sequence[RejectedRecord]


class NoneAcceptedError(NothingAcceptableError):
    """Nothing to send was left; carries why each record was refused."""

    def __init__(self, rejected: Sequence[RejectedRecord]) -> None:
        self.rejected = rejected
        if len(rejected) == 1:
            super().__init__(rejected[0].detail, error=rejected[0].error)
        elif rejected:
            super().__init__(
                f"none of the {len(rejected)} records is acceptable; the first: "
                f"{rejected[0].detail}"
            )
        else:
            super().__init__("the body holds no record; send at least one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Accepts the records of requests onto one topic."""

    producer: Producer
    topic: str

    async def accept(
        self,
        body: bytes,
        media_type: MediaType,
        *,
        received_at: datetime,
        traceparent: str | None,
    ) -> Receipt:
        """Send what can be understood; return once Kafka has acknowledged it."""
        headers = _common_headers(received_at, traceparent)
        messages: list[Message] = []
        rejected: list[RejectedRecord] = []
        for index, data in enumerate(split(body, media_type)):
            try:
                messages.append(self._message(bytes(data), headers))
            except InvalidRecordError as fault:
                rejected.append(
                    RejectedRecord(index=index, error=fault.error, detail=fault.detail)
                )
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        if not messages:
            raise NoneAcceptedError(rejected)
        try:
            await self.producer.send(messages)
        except DeliveryError as fault:
            raise KafkaAwayError(str(fault)) from None
        return Receipt(accepted=len(messages), rejected=rejected)

    def _message(self, data: bytes, headers: Mapping[str, bytes]) -> Message:
        record = decode_record(data)
        refuse_unknown_fields(data)
        return Message(
            self.topic,
            record.key.encode(),
            encode_record(record),
            _headers_of(record, headers),
        )


def _common_headers(
    received_at: datetime, traceparent: str | None
) -> Mapping[str, bytes]:
    """Return the headers that all records of a request share, encoded once."""
    return dict(
        cloud_events.headers(
            event_id="",
            event_type=EVENT_TYPE,
            source=SOURCE,
            subject="",
            time=received_at,
            traceparent=traceparent,
        )
    )


def _headers_of(
    record: ActivityRecord, common: Mapping[str, bytes]
) -> list[tuple[str, bytes]]:
    key = record.key.encode()
    own = {
        **common,
        # The same version posted twice is the same event, and says so.
        "ce_id": b"%b@%d" % (key, record.version),
        "ce_subject": key,
    }
    if record.occurred_at is not None:
        own["ce_time"] = record.occurred_at.isoformat().encode()
    return list(own.items())

"""The journey of one request: bytes in, records understood, acknowledged by Kafka.

Nothing is accepted that Kafka has not acknowledged on all in-sync replicas; what
becomes of a record that it did not acknowledge is unknown, and sending it again is
harmless, because a record's version says what is newer.
"""

import asyncio
from collections.abc import Iterable, Sequence
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

_OWN_HEADERS: Final = frozenset({"ce_id", "ce_subject", "ce_time"})

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


@dataclass(frozen=True, slots=True)
class _CommonHeaders:
    """What all records of a request have in their headers, encoded once."""

    pairs: Sequence[tuple[str, bytes]]
    received_at: bytes


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

    def _message(self, data: bytes, headers: _CommonHeaders) -> Message:
        record = decode_record(data)
        refuse_unknown_fields(data)
        key = record.key.encode()
        return Message(
            self.topic, key, encode_record(record), _headers_of(record, key, headers)
        )


def _common_headers(received_at: datetime, traceparent: str | None) -> _CommonHeaders:
    whole = cloud_events.headers(
        event_id="",
        event_type=EVENT_TYPE,
        source=SOURCE,
        subject="",
        time=received_at,
        traceparent=traceparent,
    )
    return _CommonHeaders(
        [pair for pair in whole if pair[0] not in _OWN_HEADERS], dict(whole)["ce_time"]
    )


def _headers_of(
    record: ActivityRecord, key: bytes, common: _CommonHeaders
) -> list[tuple[str, bytes]]:
    happened = record.occurred_at
    return [
        *common.pairs,
        # The same version posted twice is the same event, and says so.
        ("ce_id", b"%b@%d" % (key, record.version)),
        ("ce_subject", key),
        (
            "ce_time",
            common.received_at if happened is None else happened.isoformat().encode(),
        ),
    ]

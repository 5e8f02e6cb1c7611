"""The journey of one request: bytes in, records understood, acknowledged by Kafka.

Nothing is accepted that Kafka has not acknowledged on all in-sync replicas; what
becomes of a record that it did not acknowledge is unknown, and sending it again is
harmless, because a record's version says what is newer.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from services.ingest.errors import (
    KafkaAwayError,
    NotAllAcceptableError,
    NothingAcceptableError,
)
from services.ingest.reading import MediaType, Part, parts_of
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

# About two milliseconds of decoding, six for a table; other requests and the health
# endpoints get their turn in between.
_SLICE: Final = 200


class Mode(StrEnum):
    """What is sent of a request if some of its records are bad."""

    GOOD = "good"
    ALL = "all"


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
    # Where it begins in a table; left out of answers about other forms.
    line: int | msgspec.UnsetType = msgspec.UNSET


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
            super().__init__(_told(rejected[0]), error=rejected[0].error)
        elif rejected:
            super().__init__(
                f"none of the {len(rejected)} records is acceptable; the first: "
                f"{_told(rejected[0])}"
            )
        else:
            super().__init__("the body holds no record; send at least one")


class NotAllAcceptedError(NotAllAcceptableError):
    """Nothing was sent, because not all could be; carries what was refused."""

    def __init__(self, rejected: Sequence[RejectedRecord], *, count: int) -> None:
        self.rejected = rejected
        super().__init__(
            f"{len(rejected)} of the {count} records cannot be accepted, and mode=all "
            "sends all or none; correct them, or send with mode=good; the first: "
            f"{_told(rejected[0])}"
        )


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
        mode: Mode,
        received_at: datetime,
        traceparent: str | None,
        take: Callable[[int], None],
    ) -> Receipt:
        """Send what can be understood; return once Kafka has acknowledged it.

        `take` is told how many bytes are held beside the body, and may refuse.
        """
        headers = _common_headers(received_at, traceparent)
        messages: list[Message] = []
        rejected: list[RejectedRecord] = []
        for index, part in enumerate(parts_of(body, media_type, take=take)):
            try:
                messages.append(self._message(part, headers))
            except InvalidRecordError as fault:
                rejected.append(_rejected(index, part, fault))
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        if not messages:
            raise NoneAcceptedError(rejected)
        if rejected and mode is Mode.ALL:
            raise NotAllAcceptedError(rejected, count=len(messages) + len(rejected))
        try:
            await self.producer.send(messages)
        except DeliveryError as fault:
            raise KafkaAwayError(str(fault)) from None
        return Receipt(accepted=len(messages), rejected=rejected)

    def _message(self, part: Part, headers: _CommonHeaders) -> Message:
        if part.fault is not None:
            raise part.fault
        record = decode_record(part.data)
        refuse_unknown_fields(part.data)
        key = record.key.encode()
        return Message(
            self.topic, key, encode_record(record), _headers_of(record, key, headers)
        )


def _rejected(index: int, part: Part, fault: InvalidRecordError) -> RejectedRecord:
    return RejectedRecord(
        index=index,
        error=fault.error,
        detail=fault.detail,
        line=msgspec.UNSET if part.line is None else part.line,
    )


def _told(rejected: RejectedRecord) -> str:
    if rejected.line is msgspec.UNSET:
        return rejected.detail
    return f"line {rejected.line}: {rejected.detail}"


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

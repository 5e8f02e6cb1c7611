"""What is accepted of a request, and what becomes of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from services.ingest.errors import KafkaAwayError
from services.ingest.intake import (
    Intake,
    Mode,
    NoneAcceptedError,
    NotAllAcceptedError,
    Receipt,
    RejectedRecord,
)
from services.ingest.reading import MediaType
from shared.plumbing.producing import DeliveryError, Message

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass
class Shelf:
    """Stands in for Kafka: keeps what it is given, or acknowledges nothing."""

    away: bool = False
    messages: list[Message] = field(default_factory=list)

    async def send(self, messages: Iterable[Message]) -> None:
        """Keep all, or none."""
        if self.away:
            raise DeliveryError("kafka did not acknowledge within 5 s")
        self.messages += messages


async def accept(
    shelf: Shelf,
    body: object,
    *,
    media_type: MediaType = MediaType.JSON,
    mode: Mode = Mode.GOOD,
    traceparent: str | None = None,
) -> Receipt:
    """Send a body to an intake that puts its records on `shelf`."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await Intake(producer=shelf, topic="t").accept(
        data,
        media_type,
        mode=mode,
        received_at=NOW,
        traceparent=traceparent,
        take=lambda _size: None,
    )


def record(record_id: str, **columns: object) -> dict[str, object]:
    """Return a record as it is posted."""
    return {"entity": "call", "id": record_id, "version": 1, **columns}


async def test_a_record_goes_out_under_its_key_with_cloud_events_headers() -> None:
    """Key, value and headers are those of the contract; none is null."""
    shelf = Shelf()

    receipt = await accept(
        shelf,
        record("ä/1", version=7, attributes={"n": 1.10}, state=3),
        traceparent=TRACE,
    )

    assert receipt == Receipt(accepted=1, rejected=[])
    message = shelf.messages[0]
    assert message.topic == "t"
    assert message.key == "call/ä/1".encode()
    assert message.value is not None
    assert json.loads(message.value) == {
        "entity": "call",
        "id": "ä/1",
        "version": 7,
        "state": "3",
        "attributes": {"n": 1.1},
    }
    assert dict(message.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": "call/ä/1@7".encode(),
        "ce_type": b"cairn.activity-record",
        "ce_source": b"/cairn/ingest",
        "ce_subject": "call/ä/1".encode(),
        "ce_time": b"2026-11-21T09:30:00+00:00",
        "content-type": b"application/json",
        "traceparent": TRACE.encode(),
    }


async def test_the_event_happened_when_the_record_says_so() -> None:
    """`occurred_at` is the event's time; without a trace there is no trace header."""
    shelf = Shelf()

    await accept(shelf, record("1", occurred_at="2026-01-02T03:04:05+01:00"))

    headers = dict(shelf.messages[0].headers)
    assert headers["ce_time"] == b"2026-01-02T03:04:05+01:00"
    assert "traceparent" not in headers


async def test_good_records_go_out_though_others_are_bad() -> None:
    """Each rejected one is named by its place, with its reason."""
    shelf = Shelf()
    body = [record("1"), {"entity": "call"}, record("2", colour="red"), record("3")]

    receipt = await accept(shelf, body)

    assert receipt.accepted == 2
    assert [message.key for message in shelf.messages] == [b"call/1", b"call/3"]
    assert [(one.index, one.error) for one in receipt.rejected] == [
        (1, "invalid_record"),
        (2, "unknown_field"),
    ]


async def test_a_line_that_is_no_json_spoils_no_other() -> None:
    """In NDJSON each line stands for itself."""
    shelf = Shelf()
    lines = [json.dumps(record("1")), "{", json.dumps(record("2"))]

    receipt = await accept(
        shelf, "\n".join(lines).encode(), media_type=MediaType.NDJSON
    )

    assert receipt.accepted == 2
    assert [(one.index, one.error) for one in receipt.rejected] == [(1, "not_json")]


async def test_versions_of_one_record_keep_their_order() -> None:
    """What was posted first is sent first, however many there are."""
    shelf = Shelf()

    await accept(shelf, [record("1", version=version) for version in range(1_000)])

    versions = [
        json.loads(message.value or b"")["version"] for message in shelf.messages
    ]
    assert versions == list(range(1_000))


@pytest.mark.parametrize(
    ("body", "error", "count"),
    [
        (b"", "empty_value", 1),
        (b"{", "not_json", 1),
        ([], "no_record_acceptable", 0),
        ({"entity": "call"}, "invalid_record", 1),
        ([{"entity": "call"}, 42], "no_record_acceptable", 2),
    ],
)
async def test_a_request_without_any_acceptable_record_is_refused(
    body: object, error: str, count: int
) -> None:
    """One record's own error is the request's; of several each is told."""
    shelf = Shelf()

    with pytest.raises(NoneAcceptedError) as refused:
        await accept(shelf, body)

    assert refused.value.error == error
    assert len(refused.value.rejected) == count
    assert shelf.messages == []


async def test_what_kafka_does_not_acknowledge_is_not_accepted() -> None:
    """There is no receipt for what may be lost."""
    with pytest.raises(KafkaAwayError):
        await accept(Shelf(away=True), record("1"))


async def test_rows_go_out_as_records_and_bad_ones_are_told_by_line() -> None:
    """A row has a place among the records and a line in the table."""
    shelf = Shelf()
    table = (
        b"entity,id,version,note\n"
        b'call,1,1,"two\nlines"\n'
        b"\n"
        b"call,2\n"
        b"call,,1,\n"
        b"call,4,1,\n"
    )

    receipt = await accept(shelf, table, media_type=MediaType.CSV)

    assert [message.key for message in shelf.messages] == [b"call/1", b"call/4"]
    assert [
        json.loads(message.value or b"")["attributes"] for message in shelf.messages
    ] == [{"note": "two\nlines"}, {"note": None}]
    assert receipt.accepted == 2
    assert [(one.index, one.line, one.error) for one in receipt.rejected] == [
        (1, 5, "csv_malformed"),
        (2, 6, "invalid_id"),
    ]


@pytest.mark.parametrize(
    ("media_type", "body", "told"),
    [
        (
            MediaType.JSON,
            json.dumps([record("1"), record("2", colour="red")]).encode(),
            "the first: the field colour",
        ),
        (
            MediaType.NDJSON,
            json.dumps(record("1")).encode() + b"\n{",
            "the first: the value",
        ),
        (
            MediaType.CSV,
            b"entity,id,version\ncall,1,1\ncall,2,x\n",
            "the first: line 3: version is 'x'",
        ),
    ],
)
async def test_all_or_none_sends_none_if_one_is_bad(
    media_type: MediaType, body: bytes, told: str
) -> None:
    """What is refused is told as it is when the good ones are sent."""
    shelf = Shelf()

    with pytest.raises(NotAllAcceptedError, match="1 of the 2 records") as refused:
        await accept(shelf, body, media_type=media_type, mode=Mode.ALL)
    nothing = list(shelf.messages)
    receipt = await accept(shelf, body, media_type=media_type)

    assert nothing == []
    assert told in refused.value.detail
    assert refused.value.rejected == receipt.rejected
    assert [one.index for one in receipt.rejected] == [1]


@pytest.mark.parametrize("mode", Mode)
async def test_both_modes_are_one_where_all_is_good_or_nothing(mode: Mode) -> None:
    """They differ over what is mixed, and nowhere else."""
    shelf = Shelf()

    receipt = await accept(shelf, [record("1"), record("2")], mode=mode)
    with pytest.raises(NoneAcceptedError) as refused:
        await accept(shelf, [record("3", colour="red")], mode=mode)

    assert receipt == Receipt(accepted=2, rejected=[])
    assert [message.key for message in shelf.messages] == [b"call/1", b"call/2"]
    assert refused.value.error == "unknown_field"


async def test_a_table_in_which_nothing_is_good_says_on_which_line() -> None:
    """Also the sentence of the whole names the line."""
    with pytest.raises(NoneAcceptedError) as refused:
        await accept(Shelf(), b"entity,id,version\na,b,c\n", media_type=MediaType.CSV)

    assert refused.value.detail.startswith("line 2: version is 'c'")
    assert [type(one) for one in refused.value.rejected] == [RejectedRecord]


async def test_what_a_table_grows_to_is_held_under_the_common_limit() -> None:
    """The bytes that rows become are told to who counts what is under way."""
    taken: list[int] = []
    shelf = Shelf()

    await Intake(producer=shelf, topic="t").accept(
        b"entity,id,version\ncall,1,1\ncall,2,1\n",
        MediaType.CSV,
        mode=Mode.GOOD,
        received_at=NOW,
        traceparent=None,
        take=taken.append,
    )

    assert len(taken) == 2
    assert all(size > len(b"call,1,1") for size in taken)

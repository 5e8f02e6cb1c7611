"""`cairn rejected`: what could not be understood, and giving it a second chance.

A replayed message is the original again: its key, value and headers, without those
that told of the rejection. How far was replayed is kept as a consumer group's
position, so that asking twice replays once; and should one come twice after a crash,
its version makes the second change nothing.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import Message

from cli import output
from cli.exits import CommandError, ExitCode
from cli.kafka import kafka_settings, reading
from cli.surroundings import surroundings
from shared.messages.topics import ACTIVITY_RECORDS, ACTIVITY_RECORDS_REJECTED
from shared.plumbing.kafka import topic_name
from shared.plumbing.producing import DeliveryError, open_producer
from shared.plumbing.rejected import RejectedRecord, send_again, text_of
from shared.plumbing.settings import KafkaSettings

GROUP: Final = "cairn-rejected-replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One message of the rejected topic, as a person reads it."""

    offset: int
    rejected_at: str
    original: str
    key: str
    error: str
    detail: str
    value: str
    replayed: bool


def show(*, limit: int, as_json: bool) -> ExitCode:
    """Print the newest rejected messages with their reasons."""
    settings = kafka_settings(surroundings())
    with reading(settings, ACTIVITY_RECORDS_REJECTED, group=GROUP) as reader:
        committed = reader.committed()
        start = {
            partition: max(low, high - limit)
            for partition, (low, high) in reader.bounds.items()
        }
        total = sum(high - low for low, high in reader.bounds.values())
        found = [_described(_record(one), committed) for one in reader.read(start)]
    if as_json:
        output.print_json([asdict(one) for one in found])
        return ExitCode.OK
    output.print_table(
        (">offset", "rejected at", "original", "key", "error", "replayed", "detail"),
        [
            (
                str(one.offset),
                one.rejected_at,
                one.original,
                one.key,
                one.error,
                "yes" if one.replayed else "no",
                one.detail,
            )
            for one in found
        ],
    )
    output.say(f"{len(found)} of {total} rejected messages; `--json` shows values")
    return ExitCode.OK


def replay(*, again: bool) -> ExitCode:
    """Put rejected messages back on the topic they came from."""
    settings = kafka_settings(surroundings())
    with reading(settings, ACTIVITY_RECORDS_REJECTED, group=GROUP) as reader:
        committed = {} if again else reader.committed()
        start = {
            # What retention took away cannot be replayed.
            partition: max(low, committed.get(partition, low))
            for partition, (low, _) in reader.bounds.items()
        }
        found = (_record(one) for one in reader.read(start))
        count = asyncio.run(_send_again(settings, found))
        # Only now: what Kafka did not acknowledge is replayed next time.
        if count:
            reader.commit({one: high for one, (_, high) in reader.bounds.items()})
    output.print_data(f"replayed {count}")
    if not count:
        output.say("nothing is left to replay; `--again` replays from the beginning")
    return ExitCode.OK


async def _send_again(
    settings: KafkaSettings, records: Iterable[RejectedRecord]
) -> int:
    topic = topic_name(settings, ACTIVITY_RECORDS)
    async with open_producer(settings, client="cairn") as producer:
        try:
            return await send_again(producer, topic, records)
        except DeliveryError as fault:
            raise CommandError(
                f"kafka did not take all messages back: {fault}; what went through "
                "changes nothing twice",
                ExitCode.NOT_READY,
            ) from None


def _record(message: Message) -> RejectedRecord:
    _, milliseconds = message.timestamp()
    return RejectedRecord(
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        at=datetime.fromtimestamp(milliseconds / 1000, UTC),
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=list(_headers(message)),
    )


def _headers(message: Message) -> Iterator[tuple[str, bytes | None]]:
    headers = message.headers() or []
    # Its stubs speak of a dictionary too, which is for sending only.
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        yield name, _bytes(value)


def _bytes(data: bytes | str | None) -> bytes | None:
    """Return what came; the library's stubs speak of text, which is for sending."""
    return data.encode() if isinstance(data, str) else data


def _described(record: RejectedRecord, committed: dict[int, int]) -> Rejected:
    return Rejected(
        offset=record.offset,
        rejected_at=record.at.isoformat(timespec="seconds"),
        original=record.original,
        key=text_of(record.key),
        error=record.error,
        detail=record.detail,
        value=text_of(record.value),
        replayed=record.offset < committed.get(record.partition, 0),
    )

"""`cairn rejected`: what could not be understood, and giving it a second chance.

A replayed message is the original again: its key, value and headers, without those
that told of the rejection. How far was replayed is kept as a consumer group's
position, so that asking twice replays once; and should one come twice after a crash,
its version makes the second change nothing.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import KafkaException, Message, Producer

from cli import output
from cli.exits import CommandError, ExitCode
from cli.kafka import TopicReader, kafka_settings, reading
from cli.surroundings import surroundings
from shared.messages.topics import ACTIVITY_RECORDS, ACTIVITY_RECORDS_REJECTED
from shared.plumbing.kafka import librdkafka_configuration, topic_name
from shared.plumbing.settings import KafkaSettings

GROUP: Final = "cairn-rejected-replay"
DELIVERY_SECONDS_MAX: Final = 30.0

_PREFIX: Final = "kafka_dlt-"


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
        found = [_described(one, committed) for one in reader.read(start)]
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
        count = _produce_all(settings, reader, start)
        # Only now: what Kafka did not acknowledge is replayed next time.
        if count:
            reader.commit({one: high for one, (_, high) in reader.bounds.items()})
    output.print_data(f"replayed {count}")
    if not count:
        output.say("nothing is left to replay; `--again` replays from the beginning")
    return ExitCode.OK


def _produce_all(
    settings: KafkaSettings, reader: TopicReader, start: dict[int, int]
) -> int:
    faults: list[str] = []

    def on_delivery(fault: object, _message: object) -> None:
        if fault is not None:
            faults.append(str(fault))

    producer = Producer(
        {
            **librdkafka_configuration(settings),
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "message.timeout.ms": int(DELIVERY_SECONDS_MAX * 1000),
        }
    )
    topic = topic_name(settings, ACTIVITY_RECORDS)
    count = 0
    for message in reader.read(start):
        _produce(producer, topic, message, on_delivery)
        count += 1
    left = producer.flush(DELIVERY_SECONDS_MAX)
    if left or faults:
        reason = faults[0] if faults else f"{left} messages were not acknowledged"
        raise CommandError(
            f"kafka did not take all messages back: {reason}; replay again, what went "
            "through changes nothing twice",
            ExitCode.NOT_READY,
        )
    return count


def _produce(
    producer: Producer, topic: str, message: Message, on_delivery: object
) -> None:
    while True:
        try:
            producer.produce(
                topic,
                key=message.key(),
                value=message.value(),
                headers=list(_original_headers(message)),
                on_delivery=on_delivery,  # type: ignore[arg-type] # its stubs want less
            )
        except BufferError:
            # The local queue is full: let some of it go first.
            producer.poll(1.0)
        except KafkaException as fault:
            raise CommandError(
                f"offset {message.offset()} cannot be replayed: {fault.args[0].str()}"
            ) from None
        else:
            producer.poll(0)
            return


def _headers(message: Message) -> Iterator[tuple[str, bytes | None]]:
    headers = message.headers() or []
    # Its stubs speak of a dictionary too, which is for sending only.
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        yield name, value.encode() if isinstance(value, str) else value


def _original_headers(message: Message) -> Iterator[tuple[str, bytes | None]]:
    return (one for one in _headers(message) if not one[0].startswith(_PREFIX))


def _described(message: Message, committed: dict[int, int]) -> Rejected:
    told = {
        name.removeprefix(_PREFIX): _text(value)
        for name, value in _headers(message)
        if name.startswith(_PREFIX)
    }
    partition, offset = message.partition() or 0, message.offset() or 0
    _, milliseconds = message.timestamp()
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return Rejected(
        offset=offset,
        rejected_at=at.isoformat(timespec="seconds"),
        original="{}/{}@{}".format(
            told.get("original-topic", "?"),
            told.get("original-partition", "?"),
            told.get("original-offset", "?"),
        ),
        key=_text(message.key()),
        error=told.get("exception-fqcn", "?"),
        detail=told.get("exception-message", "?"),
        value=_text(message.value()),
        replayed=offset < committed.get(partition, 0),
    )


def _text(data: bytes | str | None) -> str:
    if data is None:
        return ""
    if isinstance(data, str):
        return data
    return data.decode(errors="replace")

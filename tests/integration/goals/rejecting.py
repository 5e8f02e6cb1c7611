"""Rejected records on a real topic, as rollup leaves them there."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.goals.settings import GoalsSettings
from shared.messages.topics import ACTIVITY_RECORDS, ACTIVITY_RECORDS_REJECTED
from shared.plumbing.kafka import topic_name

Headers = Sequence[tuple[str, bytes | None]]


def told(error: str) -> Headers:
    """Return the headers that tell of a rejection."""
    return [
        ("kafka_dlt-original-topic", b"activity-records"),
        ("kafka_dlt-original-partition", b"3"),
        ("kafka_dlt-original-offset", b"17"),
        ("kafka_dlt-exception-fqcn", error.encode()),
        ("kafka_dlt-exception-message", b"it cannot be understood"),
    ]


async def reject(
    settings: GoalsSettings,
    *records: tuple[bytes | None, bytes | None, str],
    own: Headers = (),
) -> list[int]:
    """Put records on the rejected topic: key, value, error; return their offsets."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_servers, max_request_size=1_048_576
    )
    await producer.start()
    try:
        sent = [
            await producer.send_and_wait(
                topic_name(settings, ACTIVITY_RECORDS_REJECTED),
                value,
                key=key,
                headers=[*own, *told(error)],
            )
            for key, value, error in records
        ]
    finally:
        await producer.stop()
    return [one.offset for one in sent]


async def sent_again(settings: GoalsSettings) -> list[Any]:
    """Return key, value and headers of all that is on activity-records."""
    consumer = AIOKafkaConsumer(
        topic_name(settings, ACTIVITY_RECORDS),
        bootstrap_servers=settings.kafka_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found = [await consumer.getone() for _ in range(sum(ends.values()))]
    finally:
        await consumer.stop()
    return sorted((one.key, one.value, tuple(one.headers)) for one in found)

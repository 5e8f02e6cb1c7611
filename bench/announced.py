"""Reading goal-updated: all of it, or live with the time at which each was here."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from bench.errors import BenchError
from bench.installation import Installation
from shared.messages.topics import GOAL_UPDATED

_BROKER_SECONDS_MAX: Final = 20.0
_READ_SECONDS_MAX: Final = 300.0
_AT_ONCE: Final = 5_000
_LISTEN_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of goal-updated, and when it was here."""

    at: float
    goal_id: str
    value: bytes


def newest_announced(installation: Installation) -> dict[str, Any]:
    """Return the last message of every goal, read."""
    newest: dict[str, bytes | None] = {}
    with _consumer(installation) as consumer:
        bounds = _bounds(installation, consumer)
        left = sum(high - low for _, low, high in bounds)
        consumer.assign([_at(place, low) for place, low, _ in bounds])
        deadline = time.monotonic() + _READ_SECONDS_MAX
        while left > 0:
            if time.monotonic() > deadline:
                raise BenchError(
                    f"{left} messages of goal-updated were not read within "
                    f"{_READ_SECONDS_MAX:.0f} s; see kafka's log"
                )
            for message in consumer.consume(_AT_ONCE, timeout=1.0):
                newest[_key(message)] = message.value()
                left -= 1
    return {
        goal_id: None if value is None else msgspec.json.decode(value)
        for goal_id, value in newest.items()
    }


@contextmanager
def listening(installation: Installation) -> Iterator[list[Heard]]:
    """Listen to goal-updated from now on; the list grows while the block runs."""
    heard: list[Heard] = []
    stopped = threading.Event()
    with _consumer(installation) as consumer:
        bounds = _bounds(installation, consumer)
        consumer.assign([_at(place, high) for place, _, high in bounds])
        thread = threading.Thread(target=_listen, args=(consumer, heard, stopped))
        thread.start()
        try:
            yield heard
        finally:
            stopped.set()
            thread.join()


def _listen(consumer: Consumer, heard: list[Heard], stopped: threading.Event) -> None:
    while not stopped.is_set():
        message = consumer.poll(_LISTEN_SECONDS)
        if message is None:
            continue
        value = message.value()
        if value is not None:
            heard.append(Heard(time.monotonic(), _key(message), value))


def messages_on(installation: Installation) -> int:
    """Return how many messages goal-updated has taken so far."""
    with _consumer(installation) as consumer:
        return sum(high for _, _, high in _bounds(installation, consumer))


def _bounds(
    installation: Installation, consumer: Consumer
) -> Sequence[tuple[TopicPartition, int, int]]:
    """Return each partition with its first offset and the one after its last."""
    topic = installation.topic(GOAL_UPDATED.name)
    places = [
        TopicPartition(topic, partition) for partition in range(GOAL_UPDATED.partitions)
    ]
    return [
        (
            place,
            *consumer.get_watermark_offsets(place, timeout=_BROKER_SECONDS_MAX),
        )
        for place in places
    ]


def _at(place: TopicPartition, offset: int) -> TopicPartition:
    return TopicPartition(place.topic, place.partition, offset)


def _key(message: Message) -> str:
    error = message.error()
    if error is not None:
        raise KafkaException(error)
    return (message.key() or b"").decode()


@contextmanager
def _consumer(installation: Installation) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            "bootstrap.servers": installation.servers.kafka_servers,
            # It joins no group; the client wants a name all the same.
            "group.id": "cairn-bench",
            "enable.auto.commit": False,
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()

"""Putting messages on activity-records as an upstream system does."""

import time
from collections.abc import Sequence
from typing import Final

from confluent_kafka import Producer

from bench.errors import BenchError
from bench.installation import Installation
from bench.workload import Message
from shared.messages.topics import ACTIVITY_RECORDS

_FLUSH_SECONDS_MAX: Final = 60.0
_QUEUE_MAX: Final = 2_000_000
_POLL_EVERY: Final = 1_000


def send_at_once(installation: Installation, messages: Sequence[Message]) -> float:
    """Send all as fast as librdkafka can; return the instant of the first."""
    producer = _producer(installation, linger_milliseconds=5)
    topic = installation.topic(ACTIVITY_RECORDS.name)
    started = time.monotonic()
    for index, message in enumerate(messages):
        producer.produce(topic, message.value, message.key)
        if index % _POLL_EVERY == 0:
            producer.poll(0)
    _finish(producer)
    return started


def send_on_time(
    installation: Installation, messages: Sequence[Message], *, a_second: float
) -> list[float]:
    """Send at fixed instants, whatever comes of the earlier ones; return these."""
    producer = _producer(installation, linger_milliseconds=0)
    topic = installation.topic(ACTIVITY_RECORDS.name)
    # The first message would pay for the connection.
    producer.list_topics(timeout=_FLUSH_SECONDS_MAX)
    started = time.monotonic() + 0.1
    instants = [started + index / a_second for index in range(len(messages))]
    for instant, message in zip(instants, messages, strict=True):
        time.sleep(max(0.0, instant - time.monotonic()))
        producer.produce(topic, message.value, message.key)
        producer.poll(0)
    _finish(producer)
    return instants


def _producer(installation: Installation, *, linger_milliseconds: int) -> Producer:
    return Producer(
        {
            "bootstrap.servers": installation.servers.kafka_servers,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": linger_milliseconds,
            "queue.buffering.max.messages": _QUEUE_MAX,
            "queue.buffering.max.kbytes": 2_000_000,
            # As other clients have it: a small message waits for no acknowledgement.
            "socket.nagle.disable": True,
        }
    )


def _finish(producer: Producer) -> None:
    if left := producer.flush(_FLUSH_SECONDS_MAX):
        raise BenchError(f"kafka did not take {left} messages; see its log")

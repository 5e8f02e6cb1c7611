"""Messages are acknowledged by a real Kafka, or the sender learns that they are not."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from local.ports import pick_free
from local.servers import Servers
from shared.messages.topics import Topic
from shared.plumbing import producing
from shared.plumbing.kafka import create_topics
from shared.plumbing.producing import DeliveryError, Message, open_producer
from shared.plumbing.settings import KafkaSettings

PARTITIONS = 12


@pytest.fixture
def topic(servers: Servers, topic_prefix: str) -> str:
    """Create a topic and return its name."""
    settings = KafkaSettings(
        kafka_servers=servers.kafka_servers, topic_prefix=topic_prefix
    )
    create_topics(settings, [Topic(name="some", key="any", partitions=PARTITIONS)])
    return f"{topic_prefix}some"


@pytest_asyncio.fixture
async def consumer(servers: Servers, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Read the topic from its beginning."""
    reader = AIOKafkaConsumer(bootstrap_servers=servers.kafka_servers)
    await reader.start()
    places = [TopicPartition(topic, one) for one in range(PARTITIONS)]
    reader.assign(places)
    await reader.seek_to_beginning(*places)
    try:
        yield reader
    finally:
        await reader.stop()


async def read(consumer: AIOKafkaConsumer, count: int) -> list[object]:
    """Return so many messages."""
    return [await consumer.getone() for _ in range(count)]


async def test_what_was_sent_is_there_once_in_order(
    servers: Servers, topic: str, consumer: AIOKafkaConsumer
) -> None:
    """Key, value and headers arrive; one key's messages keep their order."""
    settings = KafkaSettings(kafka_servers=servers.kafka_servers)
    sent = [
        Message(
            topic, b"key", str(n).encode(), [("n", str(n).encode()), ("null", None)]
        )
        for n in range(1200)
    ]
    async with open_producer(settings, client="test") as producer:
        await producer.send(sent)
        await producer.send([Message(topic, b"key", None)])
        await producer.send([])

    found = await read(consumer, len(sent) + 1)

    values = [one.value for one in found]  # type: ignore[attr-defined] # untyped
    assert values == [*(one.value for one in sent), None]
    assert {one.key for one in found} == {b"key"}  # type: ignore[attr-defined] # untyped
    assert found[7].headers == (("n", b"7"), ("null", None))  # type: ignore[attr-defined] # untyped


async def test_keys_go_where_other_clients_put_them(
    servers: Servers, topic: str, consumer: AIOKafkaConsumer
) -> None:
    """A record is on one partition, whichever client sent it."""
    keys = [f"opportunity/O-{n}".encode() for n in range(60)] + [b"\xff", b""]
    settings = KafkaSettings(kafka_servers=servers.kafka_servers)
    async with open_producer(settings, client="test") as producer:
        await producer.send(Message(topic, key, b"1") for key in keys)
    other = AIOKafkaProducer(bootstrap_servers=servers.kafka_servers)
    await other.start()
    for key in keys:
        await other.send_and_wait(topic, b"2", key=key)
    await other.stop()

    found = await read(consumer, 2 * len(keys))

    places: dict[bytes, set[int]] = {}
    for one in found:
        places.setdefault(one.key, set()).add(one.partition)  # type: ignore[attr-defined] # untyped
    # An empty key says nothing to some clients; ours are never empty.
    places.pop(b"", None)
    assert all(len(partitions) == 1 for partitions in places.values())
    assert len(set.union(*places.values())) > 1


async def test_without_a_broker_the_sender_learns_it(
    topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A send never waits for ever: it fails, and says that nothing is known."""
    monkeypatch.setattr(producing, "DELIVERY_SECONDS_MAX", 0.5)
    [port] = pick_free(1)
    settings = KafkaSettings(kafka_servers=f"127.0.0.1:{port}")

    async with open_producer(settings, client="test") as producer:
        with pytest.raises(DeliveryError, match="did not acknowledge"):
            await producer.send(Message(topic, None, b"x") for _ in range(3))


async def test_a_topic_that_does_not_exist_is_an_error(
    servers: Servers, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not created by the way: it would lack its settings."""
    monkeypatch.setattr(producing, "DELIVERY_SECONDS_MAX", 2.0)
    settings = KafkaSettings(kafka_servers=servers.kafka_servers)

    async with open_producer(settings, client="test") as producer:
        with pytest.raises(DeliveryError):
            await producer.send([Message(f"{topic_prefix}nothing", b"k", b"v")])


async def test_what_is_too_large_is_an_error_and_the_rest_is_sent(
    servers: Servers, topic: str, consumer: AIOKafkaConsumer
) -> None:
    """One message that no broker takes does not hold up the others."""
    settings = KafkaSettings(kafka_servers=servers.kafka_servers)
    large = os.urandom(producing.MESSAGE_BYTES_MAX + 1)

    async with open_producer(settings, client="test") as producer:
        with pytest.raises(DeliveryError):
            await producer.send(
                [Message(topic, b"a", b"1"), Message(topic, b"a", large)]
            )

    [one] = await read(consumer, 1)
    assert one.value == b"1"  # type: ignore[attr-defined] # untyped

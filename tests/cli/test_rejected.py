"""`cairn rejected` on a real topic."""

import json
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from local.servers import Servers
from shared.messages.topics import ACTIVITY_RECORDS, ACTIVITY_RECORDS_REJECTED
from shared.plumbing.kafka import create_topics
from shared.plumbing.settings import KafkaSettings
from tests.cli.running import cairn

TOLD = [
    ("kafka_dlt-original-topic", b"activity-records"),
    ("kafka_dlt-original-partition", b"3"),
    ("kafka_dlt-original-offset", b"17"),
    ("kafka_dlt-exception-fqcn", b"not_json"),
    ("kafka_dlt-exception-message", b"the value does not read as JSON"),
]


@pytest.fixture
def environment(servers: Servers, topic_prefix: str) -> dict[str, str]:
    """Return what a command needs, with both topics made."""
    create_topics(
        KafkaSettings(kafka_servers=servers.kafka_servers, topic_prefix=topic_prefix),
        [ACTIVITY_RECORDS, ACTIVITY_RECORDS_REJECTED],
    )
    return {
        "CAIRN_KAFKA_SERVERS": servers.kafka_servers,
        "CAIRN_TOPIC_PREFIX": topic_prefix,
    }


async def reject(environment: dict[str, str], *values: bytes | None) -> None:
    """Put messages on the rejected topic, as rollup does."""
    producer = AIOKafkaProducer(bootstrap_servers=environment["CAIRN_KAFKA_SERVERS"])
    await producer.start()
    try:
        for number, value in enumerate(values):
            await producer.send_and_wait(
                environment["CAIRN_TOPIC_PREFIX"] + ACTIVITY_RECORDS_REJECTED.name,
                value,
                key=f"call/{number}".encode(),
                headers=[("traceparent", b"00-1"), ("odd", None), *TOLD],
            )
    finally:
        await producer.stop()


async def on_the_topic(environment: dict[str, str], count: int) -> list[Any]:
    """Return key, value and headers of all that came back, which must be `count`."""
    consumer = AIOKafkaConsumer(
        environment["CAIRN_TOPIC_PREFIX"] + ACTIVITY_RECORDS.name,
        bootstrap_servers=environment["CAIRN_KAFKA_SERVERS"],
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        assert sum(ends.values()) == count
        found = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return sorted((one.key, one.value, tuple(one.headers)) for one in found)


async def test_the_newest_are_listed_with_their_reasons(
    environment: dict[str, str],
) -> None:
    """What came, from where, and what was wrong with it."""
    await reject(environment, b"{", b"\xff", None)

    table = cairn("rejected", "list", environment=environment)
    newest = cairn(
        "rejected", "list", "--limit", "2", "--json", environment=environment
    )

    assert table.returncode == 0
    assert "activity-records/3@17" in table.stdout
    assert "3 of 3 rejected messages" in table.stderr
    found = json.loads(newest.stdout)
    assert [(one["key"], one["value"]) for one in found] == [
        ("call/1", "�"),
        ("call/2", ""),
    ]
    assert found[0]["error"] == "not_json"
    assert found[0]["detail"] == "the value does not read as JSON"
    assert not found[0]["replayed"]


async def test_replay_puts_the_originals_back_once(environment: dict[str, str]) -> None:
    """Key, value and headers are those that came first; asking twice replays once."""
    await reject(environment, b"{", b"\xff")

    first = cairn("rejected", "replay", environment=environment)
    second = cairn("rejected", "replay", environment=environment)
    listed = cairn("rejected", "list", "--json", environment=environment)

    assert (first.stdout, second.stdout) == ("replayed 2\n", "replayed 0\n")
    original = (("traceparent", b"00-1"), ("odd", None))
    assert await on_the_topic(environment, 2) == [
        (b"call/0", b"{", original),
        (b"call/1", b"\xff", original),
    ]
    assert all(one["replayed"] for one in json.loads(listed.stdout))


async def test_only_what_came_since_is_replayed(environment: dict[str, str]) -> None:
    """Unless all of it is asked for again."""
    await reject(environment, b"1")
    cairn("rejected", "replay", environment=environment)
    await reject(environment, b"2")

    since = cairn("rejected", "replay", environment=environment)
    again = cairn("rejected", "replay", "--again", environment=environment)

    assert (since.stdout, again.stdout) == ("replayed 1\n", "replayed 2\n")
    await on_the_topic(environment, 4)


def test_a_topic_that_is_missing_is_named(servers: Servers, topic_prefix: str) -> None:
    """The command that makes it is named too."""
    ended = cairn(
        "rejected",
        "list",
        environment={
            "CAIRN_KAFKA_SERVERS": servers.kafka_servers,
            "CAIRN_TOPIC_PREFIX": topic_prefix,
        },
    )

    assert ended.returncode == 4
    assert "cairn migrate" in ended.stderr
    assert "Traceback" not in ended.stderr

"""The promise, tried on the whole system: nothing lost, nothing doubled, by itself."""

import json
import os
import signal
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.running import Running
from tests.system.stream import encoded, records, root_total
from tests.waiting import eventually_true

RECORDS = 50_000
SETTLED_SECONDS = 180.0
_SLICE = 2_000


def send(cairn: Running, several: Iterator[dict[str, Any]]) -> None:
    """Put records on the topic as an upstream system does."""
    producer = Producer(
        {
            "bootstrap.servers": cairn.run_file["addresses"]["kafka"],
            "partitioner": "murmur2_random",
            "acks": "all",
        }
    )
    topic = cairn.environment["CAIRN_TOPIC_PREFIX"] + "activity-records"
    for record in several:
        key = f"{record['entity']}/{record['id']}"
        producer.produce(topic, encoded(record), key)
        producer.poll(0)
    assert producer.flush(60) == 0


def last_messages(cairn: Running) -> dict[str, Any]:
    """Return the last goal-updated of every goal, wherever it is in the topic."""
    topic = cairn.environment["CAIRN_TOPIC_PREFIX"] + "goal-updated"
    consumer = Consumer(
        {
            "bootstrap.servers": cairn.run_file["addresses"]["kafka"],
            "group.id": "tests",
            "enable.auto.commit": False,
        }
    )
    partitions = consumer.list_topics(topic, timeout=60).topics[topic].partitions
    last: dict[str, Any] = {}
    for number in partitions:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, number))
        position = 0
        consumer.assign([TopicPartition(topic, number, 0)])
        while position < end:
            for message in consumer.consume(5_000, timeout=5):
                assert message.error() is None
                position = (message.offset() or 0) + 1
                value, key = message.value(), message.key() or b""
                last[key.decode()] = json.loads(value) if value else None
    consumer.close()
    return last


def values_by_api(cairn: Running) -> dict[str, Any]:
    """Return every goal's values as the API has them."""
    items = cairn.get("/v1/goals?limit=1000")["items"]
    return {goal["id"]: goal["values"] for goal in items}


def assert_exact(cairn: Running, expected: str) -> None:
    """Assert that everybody says the same: the rules, the engine, SQL, the topic."""
    eventually_true(cairn.is_settled, within=SETTLED_SECONDS, what="settled totals")
    values = values_by_api(cairn)
    assert values["company"]["actual"] == expected
    assert values["everybody"]["actual"] == expected
    verified = cairn.cairn("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    announced = {
        goal_id: message["values"] for goal_id, message in last_messages(cairn).items()
    }
    assert announced == values


@pytest.mark.parametrize(
    ("service", "seed"), [("rollup", 1), ("goals", 2), ("ingest", 3)]
)
def test_a_killed_service_leaves_the_totals_exact(
    cairn: Running, service: str, seed: int
) -> None:
    """A service killed amid a stream of 50,000 records comes back; nothing is amiss."""
    history = [seed_records(one) for one in range(1, seed + 1)]
    stream = iter(history[-1])

    send(cairn, islice(stream, RECORDS // 2))
    victim = cairn.run_file["pids"][service][0]
    os.kill(victim, signal.SIGKILL)
    send(cairn, stream)

    assert_exact(cairn, root_total(record for one in history for record in one))
    assert victim not in cairn.run_file["pids"][service]


def seed_records(seed: int) -> list[dict[str, Any]]:
    """Return one stream; streams of different seeds are of different records."""
    several = [dict(record) for record in records(RECORDS, seed=seed)]
    for record in several:
        record["id"] = f"{seed}-{record['id']}"
    return several


def test_two_copies_share_partitions_and_groups_of_trees(cairn: Running) -> None:
    """Each of two rollup processes applies partitions and climbs groups of its own."""

    def groups() -> list[float]:
        found = []
        for address in cairn.run_file["addresses"]["rollup"]:
            httpx.get(f"{address}/readyz", trust_env=False)
            text = httpx.get(f"{address}/metrics", trust_env=False).text
            line = next(
                line
                for line in text.splitlines()
                if line.startswith("cairn_climber_groups ")
            )
            found.append(float(line.split()[1]))
        return found

    eventually_true(
        lambda: groups() == [8.0, 8.0], within=60, what="eight groups for each copy"
    )


def test_a_posted_record_shows_at_the_root(cairn: Running) -> None:
    """What ingest accepts is at the root soon after, also while nothing else flows."""
    before = cairn.get("/v1/goals/company")["values"]["actual"]

    cairn.send(
        {
            "entity": "opportunity",
            "id": "posted",
            "version": 1,
            "owner": {"type": "user", "id": "rep-1"},
            "state": "won",
            "attributes": {"actualvalue": "1.00", "actualclosedate": "2026-11-21"},
        }
    )

    whole, _, rest = before.partition(".")
    expected = f"{int(whole) + 1}.{rest}"
    eventually_true(
        lambda: cairn.get("/v1/goals/company")["values"]["actual"] == expected,
        within=10,
        what=f"{expected} at the root",
    )

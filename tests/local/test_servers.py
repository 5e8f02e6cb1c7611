"""PostgreSQL and Kafka of this machine: they serve, they keep, they recover."""

import os
import signal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from local.errors import LocalError
from local.processes import start_tick
from local.servers import Servers, start_servers
from tests.waiting import eventually

TOPIC = "kept"


async def _ask(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _produce(servers: Servers, value: bytes) -> None:
    client = AdminClient({"bootstrap.servers": servers.kafka_servers})
    for created in client.create_topics([NewTopic(TOPIC, 1, 1)]).values():
        created.result(timeout=60)
    producer = Producer({"bootstrap.servers": servers.kafka_servers})
    producer.produce(TOPIC, value)
    assert producer.flush(20) == 0


def _first_value(servers: Servers) -> bytes | None:
    consumer = Consumer(
        {"bootstrap.servers": servers.kafka_servers, "group.id": "anybody"}
    )
    try:
        consumer.assign([TopicPartition(TOPIC, 0, 0)])
        message = consumer.poll(20)
        return None if message is None else message.value()
    finally:
        consumer.close()


def _pids_of(home: Path) -> list[int]:
    """Return the processes that name `home` on their command lines."""
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if str(home) in _command_line(folder)
    ]


def _command_line(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


async def test_a_database_of_its_own_is_empty(database: str) -> None:
    """Each test may do as it likes with its database."""
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"

    assert await _ask(database, tables) == 0
    assert (await _ask(database, "SHOW server_version")).startswith("18")


def test_kafka_tells_clients_its_nodes(servers: Servers) -> None:
    """A client that knows one address finds the broker."""
    client = AdminClient({"bootstrap.servers": servers.kafka_servers})

    assert len(client.list_topics(timeout=60).brokers) == 1


async def test_data_survives_a_stop_and_a_kill(tmp_path: Path) -> None:
    """What was acknowledged is there after either, on whatever ports."""
    with start_servers(tmp_path, durable=True) as first:
        await _ask(first.postgres_url, "CREATE TABLE kept AS SELECT 42 AS number")
        _produce(first, b"forty-two")
    assert _pids_of(tmp_path) == []

    with start_servers(tmp_path, durable=True) as second:
        assert await _ask(second.postgres_url, "SELECT number FROM kept") == 42
        assert _first_value(second) == b"forty-two"
        assert await _ask(second.postgres_url, "SHOW fsync") == "on"
        pids = _pids_of(tmp_path)
        assert len(pids) == 2
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        await eventually(lambda: not any(map(start_tick, pids)), what="both ends")

    with start_servers(tmp_path, durable=True) as third:
        assert await _ask(third.postgres_url, "SELECT number FROM kept") == 42
        assert _first_value(third) == b"forty-two"


def test_a_data_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """The end of the server's log is part of the message."""
    data = tmp_path / "postgres"
    data.mkdir(mode=0o700)
    (data / "postgresql.conf").touch()

    with (
        pytest.raises(
            LocalError, match=r"(?s)postgres exited with 1.*not a valid data"
        ),
        start_servers(tmp_path, durable=False),
    ):
        pass
    assert _pids_of(tmp_path) == []

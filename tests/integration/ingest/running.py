"""A real ingest as a process of its own, and what it puts on its topic."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer

from local.ports import pick_free
from local.servers import Servers
from shared.messages.topics import ACTIVITY_RECORDS
from shared.plumbing.kafka import create_topics
from shared.plumbing.settings import KafkaSettings
from tests.waiting import eventually

TOKEN = "a-token-of-the-tests"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
START_SECONDS = 120.0

# Both forms of a probe in one, as mypy needs to be told.
Probe = Callable[[], bool | Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started service."""

    url: str
    process: subprocess.Popen[bytes]


def create_records_topic(servers: Servers, topic_prefix: str) -> str:
    """Create a records topic of the test's own; return its name."""
    settings = KafkaSettings(
        kafka_servers=servers.kafka_servers, topic_prefix=topic_prefix
    )
    create_topics(settings, [ACTIVITY_RECORDS])
    return topic_prefix + ACTIVITY_RECORDS.name


@contextmanager
def started(
    kafka_servers: str, topic_prefix: str, *, token: str = TOKEN, **more: str
) -> Iterator[Running]:
    """Start the service as a process of its own."""
    (port,) = pick_free(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "services.ingest.app"],
        env={
            **os.environ,
            "CAIRN_KAFKA_SERVERS": kafka_servers,
            "CAIRN_TOPIC_PREFIX": topic_prefix,
            "CAIRN_INGEST_PORT": str(port),
            "CAIRN_ADMIN_TOKEN": token,
            **more,
        },
        stderr=subprocess.PIPE,
    )
    try:
        yield Running(url=f"http://127.0.0.1:{port}", process=process)
    finally:
        process.kill()
        process.communicate()


async def ready(running: Running) -> None:
    """Wait until the service says that it can work."""

    async def answers() -> bool:
        assert running.process.poll() is None
        try:
            return (await get(running, "/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    probe: Probe = answers
    await eventually(probe, within=START_SECONDS, what="readiness")


async def get(
    running: Running, path: str, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Ask the service."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(running.url + path, headers=headers)


async def post(
    running: Running, body: bytes, content_type: str, *, query: str = ""
) -> httpx.Response:
    """Send records."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.post(
            f"{running.url}/v1/records{query}",
            content=body,
            headers={**AUTHORIZED, "Content-Type": content_type, "traceparent": TRACE},
        )


@asynccontextmanager
async def consuming(kafka_servers: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Open a consumer of our own, from the beginning."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def taken(kafka_servers: str, topic: str, count: int) -> dict[str, Any]:
    """Return the first `count` messages of a topic, values by key."""
    found = {}
    async with consuming(kafka_servers, topic) as consumer:
        for _ in range(count):
            message = await asyncio.wait_for(consumer.getone(), START_SECONDS)
            found[message.key.decode()] = message
    return found

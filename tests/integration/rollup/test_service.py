"""The service as it is wired, with a real Kafka on both sides and a real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from confluent_kafka.admin import AdminClient
from faststream import FastStream
from pydantic import SecretStr

from local.ports import pick_free
from local.servers import Servers
from services.rollup.app import build_app
from services.rollup.settings import RollupSettings
from shared.messages import topics
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    Definition,
    key_of,
)
from shared.plumbing.kafka import (
    create_topics,
    topic_name,
)
from shared.plumbing.kafka_security import librdkafka_configuration
from shared.plumbing.settings import KafkaSettings
from tests.integration.rollup import making
from tests.integration.rollup.copies import prepare
from tests.integration.rollup.judging import judge, numbers
from tests.logins import url_of
from tests.waiting import eventually

MONEY = 10_000
START_SECONDS = 180.0
SETTLE_SECONDS = 180.0


class Installation:
    """Topics, a database, and clients that write and read like other systems."""

    def __init__(self, servers: Servers, url: str, prefix: str) -> None:
        self.url = url
        self.settings = RollupSettings(
            kafka_servers=servers.kafka_servers,
            topic_prefix=prefix,
            rollup_database_url=SecretStr(url_of("rollup", url)),
            rollup_port=pick_free(1)[0],
            # In the periods of the tests, also when they have long been over.
            testing=True,
            now="2026-01-15T12:00:00Z",
        )
        self._producer = AIOKafkaProducer(bootstrap_servers=servers.kafka_servers)
        self._sets = 0

    def name(self, topic: topics.Topic) -> str:
        """Return a topic's name here."""
        return topic_name(self.settings, topic)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Installation"]:
        """Make tables and topics."""
        await prepare(self.url)
        kafka = KafkaSettings(
            kafka_servers=self.settings.kafka_servers,
            topic_prefix=self.settings.topic_prefix,
        )
        await asyncio.to_thread(create_topics, kafka)
        await self._producer.start()
        try:
            yield self
        finally:
            await self._producer.stop()

    async def say(self, *definitions: Definition) -> None:
        """Write a change set."""
        self._sets += 1
        for index, one in enumerate(definitions):
            await self._producer.send_and_wait(
                self.name(topics.GOAL_CHANGES),
                one.model_dump_json().encode(),
                key=key_of(one.kind, one.id).encode(),
                headers=[
                    (CHANGE_SET_ID, f"set-{self._sets}".encode()),
                    (CHANGE_SET_INDEX, str(index).encode()),
                    (CHANGE_SET_SIZE, str(len(definitions)).encode()),
                ],
            )

    async def record(
        self,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: list[tuple[str, bytes | None]] | None = None,
        partition: int | None = None,
    ) -> None:
        """Write a record as upstream systems do."""
        await self._producer.send_and_wait(
            self.name(topics.ACTIVITY_RECORDS),
            value,
            key=key or b"key",
            headers=headers,
            partition=partition,
        )

    async def read(self, topic: topics.Topic) -> list[Any]:
        """Return everything that a topic holds."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.settings.kafka_servers)
        await consumer.start()
        try:
            places = [
                TopicPartition(self.name(topic), one) for one in range(topic.partitions)
            ]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            found: list[Any] = []
            while sum(ends.values()) > len(found):
                for messages in (await consumer.getmany(timeout_ms=200)).values():
                    found += messages
        finally:
            await consumer.stop()
        return found

    async def shown(self) -> dict[str, int]:
        """Return what each goal shows, in whole money."""
        return {
            name: one[0] // MONEY for name, one in (await numbers(self.url)).items()
        }

    async def history(self) -> list[str]:
        """Return the actuals that goals showed, oldest first."""
        connection = await asyncpg.connect(self.url)
        try:
            rows = await connection.fetch(
                "SELECT actual::text FROM rollup_published.history ORDER BY at"
            )
        finally:
            await connection.close()
        return [row[0] for row in rows]

    async def shows(self, **expected: int) -> None:
        """Wait until the goals show these numbers, and all of it is announced."""

        async def settled() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                status = await connection.fetchrow(
                    "SELECT * FROM rollup_published.status"
                )
            finally:
                await connection.close()
            assert await self.shown() == expected
            assert status is not None
            assert status["waiting_announcements"] == status["computing_goals"] == 0

        async def probe() -> bool:
            await settled()
            return True

        wider: Any = probe
        await eventually(wider, within=SETTLE_SECONDS, what=f"{expected}")
        await judge(self.url)


@asynccontextmanager
async def running(installation: Installation) -> AsyncIterator[FastStream]:
    """Run the service until the block ends, and stop it in order."""
    port = pick_free(1)[0]
    app = await build_app(
        installation.settings.model_copy(update={"rollup_port": port})
    )
    task = asyncio.create_task(app.run(sleep_time=0.02))
    try:
        yield app
    finally:
        app.exit()
        await asyncio.wait_for(task, 120)


@pytest_asyncio.fixture
async def installation(
    servers: Servers, database: str, topic_prefix: str
) -> Installation:
    """Return an installation of the test's own."""
    return Installation(servers, database, topic_prefix)


async def last_of_each(installation: Installation) -> dict[str, Any]:
    """Return the last message of every goal on its partition."""
    found = await installation.read(topics.GOAL_UPDATED)
    found.sort(key=lambda one: (one.partition, one.offset))
    return {
        one.key.decode(): None if one.value is None else json.loads(one.value)
        for one in found
    }


async def test_a_record_goes_in_and_the_tree_moves(installation: Installation) -> None:
    """From topic to topic, with a deletion of a goal and poison on the way."""
    async with installation.open() as one, running(one):
        await one.say(
            making.metric(),
            making.goal("P", 1, rollup_only_from_children=True),
            making.goal("C", 2, parent_id="P"),
        )
        await one.record(making.won("O-1", "400.00"))
        await one.shows(P=400, C=400)
        await one.record(
            b"\xff{", key=b"\xfe", headers=[("null", None), ("b", b"\xff")]
        )
        await one.record(None)
        await one.record(making.won("O-2", "1.00"), headers=[("content-type", None)])
        await one.record(making.won("O-1", "500.00", version=2))
        await one.shows(P=501, C=501)

        last = await last_of_each(one)
        rejected = await one.read(topics.ACTIVITY_RECORDS_REJECTED)

    assert {name: event["values"]["actual"] for name, event in last.items()} == {
        "P": "501.0000",
        "C": "501.0000",
    }
    assert {message.value for message in rejected} == {b"\xff{", None}
    [poison] = [message for message in rejected if message.value]
    assert poison.key == b"\xfe"
    assert poison.headers[:2] == (("null", None), ("b", b"\xff"))


async def test_what_goals_showed_is_kept(installation: Installation) -> None:
    """A second later, while it runs; what the last second held, when it stops."""
    async with installation.open() as one:
        async with running(one):
            await one.say(making.metric(), making.goal("G", 1))
            await one.record(making.won("O-1", "1.00"))
            await one.shows(G=1)

            async def is_written() -> bool:
                return (await one.history())[-1:] == ["1.0000"]

            probe: Any = is_written
            await eventually(probe)
            await one.record(making.won("O-1", "2.00", version=2))
            await one.shows(G=2)
        stopped = await one.history()

    # Within one second the later value takes the place of the earlier.
    assert stopped[-1] == "2.0000"


async def test_a_goal_is_placed_once_its_parent_shows_the_same_period(
    installation: Installation,
) -> None:
    """Nobody need do anything for it: the service looks by itself."""
    before = {**making.YEAR, "start": "2025-01-01", "end": "2025-12-31"}
    async with installation.open() as one, running(one):
        await one.say(
            making.metric(), making.goal("P", 1), making.goal("X", 2, period=before)
        )
        await one.record(making.won("O-1", "1.00"))
        await one.record(making.won("O-2", "20.00", closed="2025-06-15"))
        await one.shows(P=1, X=20)
        await one.say(
            making.goal("P", 1, version=2, period=before),
            making.goal("X", 2, version=2, period=before, parent_id="P"),
        )
        await one.shows(P=40, X=20)

        last = await last_of_each(one)

    assert last["X"]["tree_id"] == "P"
    assert last["P"]["period"]["start"] == "2025-01-01"


async def test_lost_group_offsets_in_kafka_change_nothing(
    installation: Installation,
) -> None:
    """Kafka's own offsets are a hint; PostgreSQL says where we stand."""
    async with installation.open() as one:
        await one.say(making.metric(), making.goal("G", 1))
        async with running(one):
            await one.record(making.won("O-1", "1.00"))
            await one.shows(G=1)
        group = f"{one.settings.topic_prefix}rollup"
        admin = AdminClient(librdkafka_configuration(one.settings))
        deleting = admin.delete_consumer_groups([group])[group]
        await asyncio.to_thread(deleting.result, START_SECONDS)
        before = len(await one.read(topics.GOAL_UPDATED))

        async with running(one):
            await one.record(making.won("O-2", "1.00"))
            await one.shows(G=2)
            after = len(await one.read(topics.GOAL_UPDATED))

    assert after == before + 1


async def test_what_retention_took_unread_is_told_and_not_passed(
    installation: Installation,
) -> None:
    """The partition stops with the reason; the others go on."""
    async with installation.open() as one:
        await one.say(making.metric(), making.goal("G", 1))
        async with running(one):
            await one.record(making.won("O-1", "1.00"), partition=0)
            await one.shows(G=1)
        for number in range(3):
            await one.record(making.won(f"O-lost-{number}", "1.00"), partition=0)
        admin = AIOKafkaAdminClient(bootstrap_servers=one.settings.kafka_servers)
        await admin.start()
        place = TopicPartition(one.name(topics.ACTIVITY_RECORDS), 0)
        await admin.delete_records({place: RecordsToDelete(before_offset=3)})
        await admin.close()

        async with running(one) as app:
            await one.record(making.won("O-2", "1.00"), partition=1)
            await one.shows(G=2)
            offset = await _standing(one)
            del app

    assert offset == 1


async def _standing(one: Installation) -> int:
    connection = await asyncpg.connect(one.url)
    try:
        offset: int = await connection.fetchval(
            "SELECT next_offset FROM rollup.source_offset "
            "WHERE topic = $1 AND partition = 0",
            one.name(topics.ACTIVITY_RECORDS),
        )
    finally:
        await connection.close()
    return offset


async def test_offsets_of_aborted_transactions_are_passed(
    installation: Installation,
) -> None:
    """An upstream system that writes in transactions leaves gaps; nothing waits."""
    async with installation.open() as one, running(one):
        await one.say(making.metric(), making.goal("G", 1))
        sender = AIOKafkaProducer(
            bootstrap_servers=one.settings.kafka_servers,
            transactional_id=f"{one.settings.topic_prefix}crm",
        )
        await sender.start()
        topic = one.name(topics.ACTIVITY_RECORDS)
        for number in range(6):
            await sender.begin_transaction()
            await sender.send_and_wait(
                topic, making.won(f"O-{number}", "1.00"), partition=0
            )
            if number % 2:
                await sender.abort_transaction()
            else:
                await sender.commit_transaction()
        await sender.stop()

        await one.shows(G=3)


@pytest.mark.parametrize("seconds", [0.0, 0.06, 0.12, 0.25])
async def test_who_is_stopped_while_it_starts_leaves_nothing_behind(
    installation: Installation, seconds: float
) -> None:
    """A consumer that goes on has partitions that nobody reads."""
    async with installation.open() as one:
        before = _consumers()
        app = await build_app(one.settings)

        @app.on_startup
        async def stop_soon() -> None:
            asyncio.get_running_loop().call_later(seconds, app.exit)

        await asyncio.wait_for(app.run(sleep_time=0.001), START_SECONDS)

        assert _consumers() - before == set()


def _consumers() -> set[asyncio.Task[Any]]:
    """Return what keeps members in groups of Kafka alive."""
    return {
        task
        for task in asyncio.all_tasks()
        if "GroupCoordinator." in str(task.get_coro())
    }


async def test_two_processes_share_the_work(installation: Installation) -> None:
    """Partitions and groups of trees; the totals are exact, and one may leave."""
    async with installation.open() as one, running(one):
        await one.say(making.metric(), *(making.goal(f"G{n}", n) for n in range(1, 9)))
        await one.record(making.won("O-first", "1.00"))
        await one.shows(**{f"G{n}": 1 for n in range(1, 9)})
        async with running(one):
            for number in range(100):
                await one.record(
                    making.won(f"O-{number}", "1.00"), key=str(number).encode()
                )
            await one.shows(**{f"G{n}": 101 for n in range(1, 9)})
        for number in range(100, 150):
            await one.record(
                making.won(f"O-{number}", "1.00"), key=str(number).encode()
            )
        await one.shows(**{f"G{n}": 151 for n in range(1, 9)})
        last = await last_of_each(one)

    assert {event["values"]["actual"] for event in last.values()} == {"151.0000"}

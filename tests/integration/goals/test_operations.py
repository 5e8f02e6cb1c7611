"""What operators are told of all that runs, by real parts."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from cli.exits import ExitCode
from local.ports import pick_free
from local.servers import Servers
from services.goals.domain.callers import ADMIN
from services.goals.neighbours import Neighbours
from services.goals.operations import Operations
from services.goals.store.database import Database
from services.goals.topics import TopicEnds
from services.rollup.domain.latencies import Arrivals, Latencies
from services.rollup.pulse import Pulsing
from shared.domain.goals import Slot
from shared.messages.topics import ACTIVITY_RECORDS
from shared.plumbing.kafka import topic_name
from shared.plumbing.postgres import open_pool
from tests.cli.running import cairn
from tests.integration.goals.conftest import Api, installed, running
from tests.integration.goals.rolled_up import fail, roll_up
from tests.logins import url_of

pytestmark = pytest.mark.asyncio(loop_scope="package")

OPERATIONS = "/v1/operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A service that watches others, of which one is not there."""

    api: Api
    database: asyncpg.Connection
    absent: str

    def other_api(self) -> Api:
        """Return the same service under ids that nobody has used yet."""
        return Api(client=self.api.client, installation=self.api.installation)

    async def look(self) -> dict[str, Any]:
        """Return the picture."""
        return dict(await self.api.read(OPERATIONS))


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def watched(servers: Servers) -> AsyncIterator[Watched]:
    """Start a service that is told of itself and of one that is not there."""
    async with installed(servers) as made:
        absent = f"http://127.0.0.1:{pick_free(1)[0]}"
        itself = f"http://127.0.0.1:{made.settings.goals_port}"
        settings = made.settings.model_copy(
            update={"watched_services": f"ingest={absent}, itself={itself}"}
        )
        installation = type(made)(settings=settings, database=made.database)
        connection = await installation.connect()
        async with running(installation) as api:
            yield Watched(api=api, database=connection, absent=absent)
        await connection.close()


async def send(watched: Watched, *values: bytes, partition: int) -> None:
    """Put records on a partition that nobody reads."""
    settings = watched.api.installation.settings
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_servers)
    await producer.start()
    try:
        topic = topic_name(settings, ACTIVITY_RECORDS)
        for value in values:
            await producer.send_and_wait(topic, value, partition=partition)
    finally:
        await producer.stop()


def pulsing(pool: asyncpg.Pool, *partitions: int, latencies: Latencies) -> Pulsing:
    """Return what tells of a rollup process."""
    return Pulsing(
        pool,
        copy_id=uuid4(),
        name=f"host:{8082 + len(partitions)}",
        latencies=latencies,
        partitions=lambda: partitions,
        groups=lambda: range(4),
    )


async def test_the_lag_is_what_nobody_has_applied(watched: Watched) -> None:
    """Rollup stands still: each partition says how far it is behind."""
    topic = topic_name(watched.api.installation.settings, ACTIVITY_RECORDS)
    await send(watched, *[b"{}"] * 5, partition=3)
    await watched.database.execute(
        "INSERT INTO rollup.source_offset (topic, partition, next_offset) "
        "VALUES ($1, 3, 2)",
        topic,
    )

    found = await watched.look()

    assert found["kafka"] == {"answers": True, "reason": None}
    partitions = {(one["topic"], one["partition"]): one for one in found["partitions"]}
    assert len(partitions) == ACTIVITY_RECORDS.partitions + 1
    assert partitions[topic, 3] == {
        "topic": topic,
        "partition": 3,
        "end_offset": 5,
        "applied_offset": 2,
        "lag": 3,
        "process_id": None,
        "reason": None,
    }
    assert partitions[topic, 4]["applied_offset"] is None
    assert partitions[topic, 4]["lag"] == 0
    # These tests have it applied for ever.
    definitions = partitions[watched.api.installation.definitions_topic, 0]
    assert definitions["lag"] is None
    assert "made anew" in definitions["reason"]


async def test_processes_are_shown_as_they_told_of_themselves(
    watched: Watched,
) -> None:
    """One runs, one stopped in order, of one nobody has heard for a while."""
    url = url_of("rollup", watched.api.installation.database)
    async with open_pool(url, size_max=2, application="test") as pool:
        slow = Latencies()
        slow.add([Arrivals([0], 7)], now=10.0)
        living = pulsing(pool, 8, 9, latencies=Latencies())
        stopped = pulsing(pool, 10, latencies=slow)
        silent = pulsing(pool, latencies=Latencies())
        for one in (living, stopped, silent):
            await one.tell()
        await stopped.stop()
    await watched.database.execute(
        "UPDATE rollup.pulse SET seen_at = seen_at - interval '20 s' "
        "WHERE copy_id = $1",
        silent._copy_id,
    )

    found = await watched.look()

    processes = {one["id"]: one for one in found["processes"]}
    told = processes[str(living._copy_id)]
    assert (told["state"], told["partitions"]) == ("running", [8, 9])
    assert told["latency"] == {
        "records": 0,
        "p50_milliseconds": None,
        "p95_milliseconds": None,
        "p99_milliseconds": None,
    }
    assert processes[str(stopped._copy_id)]["state"] == "stopped"
    assert processes[str(silent._copy_id)]["state"] == "silent"
    owners = {
        one["partition"]: one["process_id"]
        for one in found["partitions"]
        if one["topic"].endswith(ACTIVITY_RECORDS.name)
    }
    assert owners[8] == owners[9] == str(living._copy_id)
    assert owners[10] is None
    health = {one["name"]: one for one in found["services"]}
    assert health["rollup host:8084"]["ready"]
    assert not health["rollup host:8083"]["ready"]
    assert "no word from it for 2" in health["rollup host:8082"]["reason"]


async def test_services_say_whether_they_are_ready(watched: Watched) -> None:
    """One that is not there is named, with its address and what was tried."""
    found = await watched.look()

    health = {one["name"]: one for one in found["services"]}
    assert health["goals"]["ready"]
    assert health["goals"]["url"] is None
    assert health["itself"]["ready"]
    assert health["itself"]["reason"] is None
    assert health["itself"]["milliseconds"] > 0
    assert health["ingest"]["url"] == watched.absent
    assert not health["ingest"]["ready"]
    assert health["ingest"]["reason"].startswith("does not answer: ")


async def test_goals_are_counted_by_how_they_are(watched: Watched) -> None:
    """As each goal says of itself; and since when the longest computes."""
    api, database = watched.other_api(), watched.database
    await api.company()
    for name in ("south", "west", "east"):
        await api.goal(name, parent_id=api.id("company"))
    await roll_up(database, api.id("company"), computed={Slot.ACTUAL: 1})
    await roll_up(database, api.id("north"))
    await roll_up(database, api.id("south"), computing=True)
    await roll_up(database, api.id("west"), frozen=True)
    await fail(database, api.id("north"), culprit=api.id("north"), error="query_gone")
    number = await database.fetchval(
        "SELECT number FROM goals.goal WHERE id = $1", api.id("south")
    )
    await database.execute(
        "UPDATE rollup.goal SET rederivation_id = 77 WHERE number = $1", number
    )
    await database.execute(
        "INSERT INTO rollup.rederivation "
        "(id, numbers, entities, records_read, records_expected) "
        "OVERRIDING SYSTEM VALUE VALUES (77, ARRAY[$1::bigint], '{}', 20, 50)",
        number,
    )

    found = await watched.look()

    oldest = found["goals"].pop("oldest_computing_since")
    # `east` is not applied yet.
    assert found["goals"] == {"current": 1, "computing": 2, "failed": 1, "frozen": 1}
    [job] = found["rederivations"]
    assert job.pop("queued_at") == oldest
    assert job == {
        "id": 77,
        "reason": "goals_changed",
        "state": "reading",
        "goal_ids": [api.id("south")],
        "goals": 1,
        "recalculation_id": None,
        "records_read": 20,
        "records_expected": 50,
    }
    assert found["outbox"]["announcements"] == found["outbox"]["deltas"] == 0


async def test_recalculations_under_way_are_shown(watched: Watched) -> None:
    """As they are where they were asked for."""
    api = watched.other_api()
    await api.company()
    asked = await api.client.post(f"{api.at('company')}/recalculate")

    found = await watched.look()

    assert asked.status_code == 202
    assert asked.json()["id"] in [one["id"] for one in found["recalculations"]]
    [one] = [one for one in found["recalculations"] if one["id"] == asked.json()["id"]]
    assert one == await api.read(f"/v1/recalculations/{one['id']}")


async def test_what_verify_found_last_is_shown(watched: Watched) -> None:
    """The command notes it as rollup's login, whatever it found."""
    first = await watched.look()
    api = watched.other_api()
    await api.company()
    company = api.id("company")
    await roll_up(watched.database, company, computed={Slot.ACTUAL: 1})
    url = url_of("rollup", watched.api.installation.database)
    ended = await asyncio.to_thread(
        cairn, "verify", "--json", environment={"CAIRN_ROLLUP_DATABASE_URL": url}
    )

    found = (await watched.look())["verification"]

    assert first["verification"] is None
    assert ended.returncode == ExitCode.DIFFERENCE, ended.stderr
    assert "not noted" not in ended.stderr
    verdict = json.loads(ended.stdout)
    assert company in [one["goal_id"] for one in found["differences"]]
    assert found["differences"] == verdict["differences"][:20]
    assert found["difference_count"] == len(verdict["differences"])
    for number in ("goals", "computing", "checks"):
        assert found[number] == verdict[number]
    assert not found["is_clean"]
    assert found["by"] == f"database/{urlsplit(url).username}"
    assert found["seconds"] == pytest.approx(verdict["seconds"], abs=0.001)


async def test_without_kafka_the_rest_is_told(watched: Watched) -> None:
    """Ends and lag are not known, and the reason is."""
    installation = watched.api.installation
    away = installation.settings.model_copy(
        update={"kafka_servers": f"127.0.0.1:{pick_free(1)[0]}"}
    )
    topic = topic_name(away, ACTIVITY_RECORDS)
    neighbours = Neighbours([])
    operations = Operations(
        records_topic=topic,
        definitions_topic=installation.definitions_topic,
        read_ends=TopicEnds(away, (topic,)).read,
        checks={},
        neighbours=neighbours,
    )
    async with open_pool(
        installation.settings.database, size_max=2, application="test"
    ) as pool:
        picture = await operations.look(Database(pool), ADMIN)
    await neighbours.close()

    assert picture.kafka_reason is not None
    assert "kafka does not answer" in picture.kafka_reason
    assert picture.partitions
    for one in picture.partitions:
        assert one.applied_offset is not None
        assert (one.end_offset, one.lag, one.reason) == (None, None, None)

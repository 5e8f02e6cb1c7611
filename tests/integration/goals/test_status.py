"""Whether all is in the totals, and whether the service can do its work."""

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from shared.messages.topics import ACTIVITY_RECORDS
from shared.plumbing.kafka import topic_name
from tests.integration.goals.conftest import Installation, running
from tests.integration.goals.probing import until

pytestmark = pytest.mark.asyncio(loop_scope="package")

SETTLED = {
    "settled": True,
    "lag": 0,
    "waiting_deltas": 0,
    "computing_goals": 0,
    "waiting_parents": 0,
    "goal_rollup_frequency_hours": 0,
    "definitions_applied": True,
    "waiting_announcements": 0,
}


@pytest_asyncio.fixture(loop_scope="package")
async def fresh(installation: Installation) -> Installation:
    """Make an installation where rollup has applied nothing yet."""
    connection = await installation.connect()
    await connection.execute("UPDATE rollup.source_offset SET next_offset = 0")
    await connection.close()
    return installation


async def test_nothing_to_do_is_settled(fresh: Installation) -> None:
    """An installation that nobody used."""
    async with running(fresh) as api:
        assert await api.read("/v1/status") == SETTLED


async def test_a_definition_is_settled_once_applied(fresh: Installation) -> None:
    """Until then it counts as lag."""
    connection = await fresh.connect()
    async with running(fresh) as api:
        await api.user("ada")

        before = await api.read("/v1/status")
        await connection.execute("UPDATE rollup.source_offset SET next_offset = 1")
        after = await api.read("/v1/status")

    assert before == SETTLED | {
        "settled": False,
        "lag": 1,
        "definitions_applied": False,
    }
    assert after == SETTLED
    await connection.close()


async def test_a_definition_that_is_not_announced_is_not_applied(
    fresh: Installation,
) -> None:
    """What waits in the outbox is accepted too."""
    connection = await fresh.connect()
    async with running(fresh) as api, connection.transaction():
        # Keeps the publisher out.
        await connection.execute("SELECT pg_advisory_xact_lock(7221112)")
        await api.user("ada")

        status = await api.read("/v1/status")

    assert status == SETTLED | {"settled": False, "definitions_applied": False}
    await connection.close()


async def test_records_are_settled_once_applied(fresh: Installation) -> None:
    """On whichever partition they are."""
    topic = topic_name(fresh.settings, ACTIVITY_RECORDS)
    connection = await fresh.connect()
    producer = AIOKafkaProducer(bootstrap_servers=fresh.settings.kafka_servers)
    await producer.start()
    for partition in (3, 3, 7):
        await producer.send_and_wait(topic, b"{}", partition=partition)
    await producer.stop()
    async with running(fresh) as api:
        before = await api.read("/v1/status")
        await connection.executemany(
            "INSERT INTO rollup.source_offset (topic, partition, next_offset) "
            "VALUES ($1, $2, $3)",
            [(topic, 3, 2), (topic, 7, 1)],
        )
        after = await api.read("/v1/status")

    assert before == SETTLED | {"settled": False, "lag": 3}
    assert after == SETTLED
    await connection.close()


async def test_what_waits_to_climb_is_not_settled(fresh: Installation) -> None:
    """Deltas and re-derivations are work; announcements are only told of."""
    connection = await fresh.connect()
    async with running(fresh) as api:
        await connection.execute(
            "INSERT INTO rollup.delta (tree_group, slots, amounts, causes, behind) "
            "VALUES (0, '{}', '{}', '{}', false)"
        )
        await connection.execute(
            "INSERT INTO rollup.announcement (id, tree_group, numbers, gone_ids, "
            "causes, after_groups) VALUES (1, 0, '{}', '{}', '{}', '{}')"
        )

        status = await api.read("/v1/status")

    assert status == SETTLED | {
        "settled": False,
        "waiting_deltas": 1,
        "waiting_announcements": 1,
    }
    await connection.close()


async def test_what_depends_on_changed_records_is_waited_for(
    fresh: Installation,
) -> None:
    """No goal computes, and yet not all is in the totals."""
    connection = await fresh.connect()
    async with running(fresh) as api:
        await connection.execute(
            "INSERT INTO rollup.rederivation (numbers, entities, parents) "
            "VALUES ('{}', '{}', '{opportunity/O-1,opportunity/O-2}')"
        )

        status = await api.read("/v1/status")

    assert status == SETTLED | {"settled": False, "waiting_parents": 2}
    await connection.close()


async def test_a_topic_made_anew_is_told_of(fresh: Installation) -> None:
    """Rollup has applied more than there is: that is no settled state."""
    connection = await fresh.connect()
    await connection.execute("UPDATE rollup.source_offset SET next_offset = 9")
    async with running(fresh) as api:
        error = await api.refused("GET", "/v1/status", status=503)

    assert error["error"] == "topic_made_anew"
    await connection.close()


async def test_without_rollups_tables_the_service_says_so(
    fresh: Installation,
) -> None:
    """It starts, is not ready, and answers what it can."""
    connection = await fresh.connect()
    await connection.execute("DROP SCHEMA rollup_published, rollup CASCADE")
    async with running(fresh) as api:
        await api.user("ada")

        ready = await api.client.get("/readyz")
        status = await api.refused("GET", "/v1/status", status=503)
        goals = await api.refused("GET", "/v1/goals", status=503)
        user = await api.read(api.at("ada", of="users"))

    assert ready.status_code == 503
    assert "cairn migrate" in ready.json()["reasons"]["database"]
    assert status["error"] == goals["error"] == "not_migrated"
    assert user["name"] == "ada"
    await connection.close()


async def test_the_service_is_ready_when_all_is_there(fresh: Installation) -> None:
    """Database, views and broker."""
    async with running(fresh) as api:

        async def is_ready() -> bool:
            return (await api.client.get("/readyz")).status_code == 200

        await until(is_ready, what="ready")


async def test_how_long_answers_take_is_measured(fresh: Installation) -> None:
    """By method and status, so that slow and failing ones are seen."""
    async with running(fresh) as api:
        await api.refused("GET", "/v1/users/nobody", status=404)

        metrics = (await api.client.get("/metrics")).text

    series = 'cairn_goals_request_seconds_count{method="GET",status="404"}'
    assert series in metrics

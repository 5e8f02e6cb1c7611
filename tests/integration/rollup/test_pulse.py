"""What a process tells of itself, as goals reads it, and how far jobs have come."""

import time
from uuid import uuid4

import asyncpg
import pytest

from services.rollup import rederive
from services.rollup.pulse import Pulsing, name_of
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World

MINUTE = 60_000


def pulsing(copy: Copy) -> Pulsing:
    """Return what tells of a process."""
    return Pulsing(
        copy.pool,
        copy_id=uuid4(),
        name=name_of(8082),
        latencies=copy.climbing.latencies,
        partitions=lambda: copy.records.partitions,
        groups=lambda: {3, 1},
    )


async def as_owner(database: str, statement: str) -> None:
    """Do what no service may."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def told(database: str) -> list[asyncpg.Record]:
    """Return what goals reads of all processes."""
    connection = await asyncpg.connect(database)
    try:
        return list(
            await connection.fetch(
                "SELECT * FROM rollup_published.process ORDER BY started_at"
            )
        )
    finally:
        await connection.close()


async def test_a_process_tells_how_long_records_took_to_their_roots(
    copy: Copy, world: World, database: str
) -> None:
    """From the time that Kafka has of a record to the announcement of its roots."""
    world.say(making.metric(), making.goal("P", 1), making.goal("G", 2, parent_id="P"))
    await copy.settle()
    pulse = pulsing(copy)
    await pulse.tell()
    sent = int(time.time() * 1000) - MINUTE
    for number in range(30):
        world.record(making.won(f"O-{number}", "1.00"), timestamp=sent)
    await copy.apply_all(limit=20)
    climbed = await copy.climb()

    await pulse.tell()
    [waiting] = await told(database)
    await copy.publish_climbed(climbed)
    await pulse.tell()
    [row] = await told(database)

    # What is not announced has not arrived.
    assert (waiting["latencies"], waiting["p50_milliseconds"]) == (0, None)
    assert row["latencies"] == 30
    for percentile in ("p50", "p95", "p99"):
        assert MINUTE <= row[f"{percentile}_milliseconds"] < 2 * MINUTE
    assert row["records_per_second"] > 0
    assert row["partitions"] == [0, 1]
    assert row["tree_groups"] == [1, 3]
    assert row["name"].endswith(":8082")
    assert row["stopped_at"] is None


async def test_what_was_put_off_counts_once_it_is_published(
    copy: Copy, world: World
) -> None:
    """A climb behind another one's announcements takes as long as those do."""
    world.say(making.metric(), making.goal("G", 1))
    await copy.settle()
    world.record(making.won("O-1", "1.00"), timestamp=int(time.time() * 1000))
    await copy.apply_all()
    copy.climbing.put_off(await copy.climb())
    before = copy.climbing.latencies.percentiles(time.time())

    await copy.publish()
    copy.climbing.all_is_published()

    after = copy.climbing.latencies.percentiles(time.time())
    assert (before.count, after.count) == (0, 1)


async def test_who_stops_says_so_and_old_ones_are_forgotten(
    copy: Copy, database: str
) -> None:
    """An hour later nobody asks for it."""
    stopped, living = pulsing(copy), pulsing(copy)
    await stopped.tell()
    await stopped.stop()
    [row] = await told(database)
    assert row["stopped_at"] is not None
    assert row["partitions"] == []
    await copy.pool.execute(
        "UPDATE rollup.pulse SET seen_at = now() - interval '61 minutes'"
    )

    await living.tell()

    [left] = await told(database)
    assert left["copy_id"] == living._copy_id


async def test_a_job_says_how_far_it_has_come(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a first chunk is read, about how many there are is known, too."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 10)
    for number in range(45):
        world.record(making.won(f"O-{number:02}", "1.00"))
    world.say(making.metric())
    await copy.redefine_all()
    await copy.apply_all()
    await as_owner(database, "ANALYZE rollup.record")
    world.say(making.goal("G", 1))
    await copy.redefine_all()
    asked = (
        "SELECT numbers, records_read, records_expected FROM "
        "rollup_published.rederivation"
    )
    waiting = await copy.pool.fetchrow(asked)

    await copy.rederiving.work_once()
    begun = await copy.pool.fetchrow(asked)
    await copy.rederive_all()

    assert waiting is not None
    assert tuple(waiting) == ([1], 0, None)
    assert begun is not None
    assert tuple(begun) == ([1], 10, 45)
    assert await copy.pool.fetchrow(asked) is None

"""Re-derive: records again under new definitions, in chunks, next to the stream."""

import asyncio

import pytest

from services.rollup import rederive
from shared.messages.definitions import GoalDefinition
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.judging import OWN, judge, numbers

MONEY = 10_000
CHUNK = 10
RECORDS = 45


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", CHUNK)


@pytest.fixture
def world() -> World:
    """Return topics with many records of two people, and no goal yet."""
    made = World()
    made.say(making.metric())
    for number in range(RECORDS):
        made.record(making.won(f"O-{number:03}", "1.00", owner=f"R{number % 2}"))
    return made


def owned(owner: str, *, version: int) -> GoalDefinition:
    """Return the goal, counting the records of this person."""
    return making.goal(
        "G",
        1,
        version=version,
        owner={"type": "user", "id": owner},
        owner_records_only=True,
    )


async def shown(database: str) -> int:
    """Return what the goal shows, in whole money."""
    return (await numbers(database))["G"][0] // MONEY


async def jobs(copy: Copy) -> int:
    """Return how many re-derivations are queued."""
    count: int = await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation")
    return count


async def test_a_goal_shows_nothing_until_all_its_records_were_read(
    copy: Copy, world: World, database: str
) -> None:
    """Chunk after chunk waits in pending; the last one brings it all at once."""
    await copy.apply_all()
    world.say(making.goal("G", 1))
    await copy.redefine_all()
    seen = []

    while await copy.rederiving.work_once():
        await copy.climb()
        await judge(database)
        seen.append(await shown(database))

    assert len(seen) == RECORDS // CHUNK + 1
    assert set(seen[:-1]) == {0}
    assert seen[-1] == RECORDS
    assert await jobs(copy) == 0


async def test_it_goes_on_where_another_process_stopped(
    copy: Copy, world: World, database: str
) -> None:
    """The cursor stands in the database; a chunk that broke off is read again."""
    await copy.apply_all()
    world.say(making.goal("G", 1))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    cursor = await copy.pool.fetchval("SELECT cursor FROM rollup.rederivation")

    async with copy_of(world, database) as heir:
        await heir.rederive_all()
    await copy.climb()

    assert cursor == f"opportunity/O-{CHUNK - 1:03}"
    assert await shown(database) == RECORDS
    await judge(database)


async def test_a_further_change_starts_the_reading_again(
    copy: Copy, world: World, database: str
) -> None:
    """A goal belongs to its newest job; what it carried before is looked for too."""
    await copy.apply_all()
    world.say(owned("R0", version=1))
    await copy.settle()
    world.say(owned("R1", version=2))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    await copy.climb()
    in_between = await shown(database)
    world.say(owned("R2", version=3))
    await copy.redefine_all()
    await judge(database)

    await copy.settle()

    assert in_between == (RECORDS + 1) // 2
    assert await shown(database) == 0
    slots = await copy.pool.fetchval(
        "SELECT sum(cardinality(slots)) FROM rollup.record"
    )
    assert slots == 0
    await judge(database)


async def test_the_end_of_an_older_job_ends_nothing(
    copy: Copy, world: World, database: str
) -> None:
    """Its word may come while the goal is derived anew: it computes on."""
    await copy.apply_all()
    world.say(owned("R0", version=1))
    await copy.redefine_all()
    await copy.rederive_all()
    world.say(owned("R1", version=2))
    await copy.redefine_all()

    await copy.climb()
    before = await numbers(database, OWN)
    computing = await copy.pool.fetchval("SELECT computing FROM rollup.total")
    await copy.settle()

    assert before["G"] == (0, 0, 0)
    assert computing == 1
    assert await shown(database) == RECORDS // 2
    await judge(database)


async def test_it_runs_beside_the_stream(
    copy: Copy, world: World, database: str
) -> None:
    """Records change while they are read again; each is counted once."""
    await copy.apply_all()
    world.say(making.goal("G", 1))
    await copy.redefine_all()
    for number in range(0, RECORDS, 2):
        world.record(making.won(f"O-{number:03}", "5.00", version=2, owner="R3"))

    async def stream() -> None:
        while copy.records.lag():
            batch = await copy.fetch(limit=3)
            assert batch is not None
            await copy.applying._apply_until_done(batch)

    async def climbs() -> None:
        for _ in range(10):
            await copy.climb()
            await judge(database)

    await asyncio.gather(stream(), copy.rederive_all(), climbs())
    await copy.settle()

    changed = (RECORDS + 1) // 2
    assert await shown(database) == 5 * changed + RECORDS - changed
    await judge(database)


async def test_two_processes_work_off_different_jobs(
    copy: Copy, world: World, database: str
) -> None:
    """One reads for a job at a time; another takes the next."""
    await copy.apply_all()
    world.say(making.goal("G", 1))
    world.say(making.goal("H", 2))
    await copy.redefine_all(limit=2)
    await copy.redefine_all(limit=1)
    queued = await jobs(copy)

    async with copy_of(world, database) as other:
        await asyncio.gather(copy.rederive_all(), other.rederive_all())
    await copy.settle()

    assert queued >= 1
    assert {one[0] for one in (await numbers(database)).values()} == {RECORDS * MONEY}
    await judge(database)


async def test_a_job_whose_goals_are_gone_just_ends(
    copy: Copy, world: World, database: str
) -> None:
    """Nobody waits for its word."""
    await copy.apply_all()
    world.say(making.goal("G", 1))
    await copy.redefine_all()
    world.say(making.gone("G"))

    await copy.settle()

    assert await jobs(copy) == 0
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.delta") == 0
    await judge(database)

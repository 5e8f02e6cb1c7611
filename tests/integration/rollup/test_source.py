"""Where partitions are read from, and that nothing is passed over in silence."""

import asyncio
import contextlib

import pytest

from services.rollup.source import Listener, Source
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.judging import judge, numbers
from tests.waiting import eventually

MONEY = 10_000


@pytest.fixture
def world() -> World:
    """Return topics with one goal, which counts everybody's revenue."""
    made = World()
    made.say(making.metric(), making.goal("G", 1))
    return made


async def next_offset(copy: Copy, partition: int = 0) -> int:
    """Return where a partition stands in the database."""
    offset: int = await copy.pool.fetchval(
        "SELECT next_offset FROM rollup.source_offset "
        "WHERE topic = $1 AND partition = $2",
        copy.world.records.name,
        partition,
    )
    return offset


async def test_a_partition_is_read_from_where_the_database_has_it(
    copy: Copy, world: World, database: str
) -> None:
    """Not from where Kafka, or whoever had it before, would have gone on."""
    for number in range(5):
        world.record(making.won(f"O-{number}", "1.00"))
    await copy.redefine_all()
    batch = await copy.fetch(limit=3)
    assert batch is not None
    await copy.apply(batch)

    async with copy_of(world, database) as heir:
        await heir.assign_records(0)
        again = await heir.fetch()

    assert again is not None
    assert [record.id for _, record in again.records] == ["O-3", "O-4"]


async def test_offsets_that_are_really_missing_are_passed(
    copy: Copy, world: World, database: str
) -> None:
    """Aborted messages leave gaps; a second look shows that nothing was there."""
    world.record(making.won("O-1", "1.00"))
    world.records.put(b"key", making.won("O-2", "10.00"), skip=4)

    await copy.settle()

    assert await next_offset(copy) == 6
    assert (await numbers(database))["G"][0] == 11 * MONEY
    assert copy.records.complaint is None
    await judge(database)


async def test_what_was_fetched_before_a_jump_is_not_taken(
    copy: Copy, world: World
) -> None:
    """Messages of before a jump may still come; the place that was jumped to counts."""
    for number in range(6):
        world.record(making.won(f"O-{number}", "1.00"))
    stale = copy.records_consumer.fetch(limit=6)[3:]

    await copy.intake.take(stale)
    await copy.mind()
    batch = await copy.fetch()

    assert batch is not None
    assert [record.id for _, record in batch.records] == [f"O-{n}" for n in range(6)]


async def test_retention_never_passes_unread_messages_in_silence(
    copy: Copy, world: World
) -> None:
    """Also while we read: the partition stops, and says what is lost."""
    for number in range(6):
        world.record(making.won(f"O-{number}", "1.00"))
    batch = await copy.fetch(limit=2)
    assert batch is not None
    await copy.apply(batch)
    world.records.forget_before(0, 4)

    await copy.fetch()
    await copy.mind()

    assert copy.records.complaint is not None
    assert "messages 2 to 3 were deleted by retention" in copy.records.complaint
    assert copy.records_consumer.paused == {0}
    assert await copy.fetch() is None
    assert await next_offset(copy) == 2


async def test_once_an_operator_moved_it_on_the_partition_goes_on(
    copy: Copy, world: World
) -> None:
    """As the complaint says; nothing need be started again."""
    world.record(making.won("O-1", "1.00"))
    world.records.forget_before(0, 1)
    copy.records.look_again([0])
    await copy.mind()
    stopped = copy.records.complaint
    world.record(making.won("O-2", "1.00"))

    await copy.pool.execute("UPDATE rollup.source_offset SET next_offset = 1")
    await copy.mind()
    batch = await copy.fetch()

    assert stopped is not None
    assert copy.records.complaint is None
    assert batch is not None
    assert [record.id for _, record in batch.records] == ["O-2"]


async def test_a_topic_that_was_created_again_stops_its_partitions(
    copy: Copy, world: World
) -> None:
    """It ends before where we stand: somebody must look."""
    await copy.pool.execute("UPDATE rollup.source_offset SET next_offset = 99")
    world.record(making.won("O-1", "1.00"))

    await copy.assign_records(0, 1)

    assert copy.records.complaint is not None
    assert "was it deleted and created again" in copy.records.complaint


async def test_a_stopped_partition_stops_no_other(
    copy: Copy, world: World, database: str
) -> None:
    """And its complaint stays though others go on."""
    await copy.pool.execute(
        "UPDATE rollup.source_offset SET next_offset = 99 WHERE partition = 0 "
        "AND topic = 'activity-records'"
    )
    await copy.assign_records(0, 1)
    world.record(making.won("O-1", "1.00"), partition=1)

    copy.records.look_again([1])
    await copy.settle()

    assert copy.records.complaint is not None
    assert (await numbers(database))["G"][0] == MONEY


async def test_a_partition_lost_while_it_is_taken_over_stays_lost(
    copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else we would take it from its owner again and again."""
    del world
    raise_epoch = copy.records._raise

    async def revoked_meanwhile(partition: int, first_offset: int) -> object:
        standpoint = await raise_epoch(partition, first_offset)
        copy.records_consumer.assigned = {1}
        copy.records.give_up([0])
        return standpoint

    monkeypatch.setattr(copy.records, "_raise", revoked_meanwhile)
    copy.records.look_again([0])

    await copy.mind()

    assert copy.records.partitions == {1}


async def test_an_assignment_while_the_database_is_away_is_made_up_for(
    copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listener says why it waits; `mind` takes over when the database is back."""
    source: Source = copy.records
    raise_epoch = source._raise
    away = True

    async def sometimes(partition: int, first_offset: int) -> object:
        if away:
            raise ConnectionRefusedError
        return await raise_epoch(partition, first_offset)

    monkeypatch.setattr(source, "_raise", sometimes)
    monkeypatch.setattr("services.rollup.source._MIND_SECONDS", 0.01)
    source.give_up([0, 1])
    listener = Listener(lambda: source)
    await listener.on_partitions_assigned(copy.records_consumer.assignment())
    complaint = source.complaint

    minding = asyncio.create_task(source.mind())
    away = False
    await eventually(lambda: source.partitions == {0, 1})
    minding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await minding

    assert complaint is not None
    assert world.records.name in complaint
    assert source.complaint is None

"""Apply: whatever comes, and whatever happens to the transaction, it counts once."""

import asyncio
import json
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import asyncpg
import pytest

from services.rollup.store import offsets
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, alone, copy_of
from tests.integration.rollup.judging import judge, numbers

MONEY = 10_000


async def total(database: str, goal: str = "G") -> int:
    """Return what a goal shows, in whole money."""
    return (await numbers(database))[goal][0] // MONEY


async def stored(database: str, key: str = "opportunity/O-1") -> asyncpg.Record:
    """Return a record's row."""
    connection = await asyncpg.connect(database)
    try:
        row = await connection.fetchrow(
            "SELECT * FROM rollup.record WHERE key = $1", key
        )
    finally:
        await connection.close()
    assert row is not None
    return row


@pytest.fixture
def world() -> World:
    """Return topics with one goal, which counts everybody's revenue."""
    made = World()
    made.say(making.metric(), making.goal("G", 1))
    return made


async def test_a_record_counts_once_however_often_it_comes(
    copy: Copy, world: World, database: str
) -> None:
    """The same version again, in this batch or a later one, changes nothing."""
    for _ in range(3):
        world.record(making.won("O-1", "400.00"))
    await copy.settle()
    announced = len(world.outgoing.messages)

    world.record(making.won("O-1", "400.00"), partition=1)
    await copy.settle()

    assert await total(database) == 400
    assert len(world.outgoing.messages) == announced
    await judge(database)


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
async def test_the_greatest_version_counts_in_every_order(
    copy: Copy, world: World, database: str, order: Sequence[int]
) -> None:
    """An older version changes nothing, in one batch or in several."""
    for version in order:
        world.record(making.won("O-1", f"{version}00.00", version=version))
        await copy.apply_all()
    await copy.settle()

    assert await total(database) == 300
    assert (await stored(database))["version"] == 3
    await judge(database)


async def test_a_deleted_record_is_not_brought_back(
    copy: Copy, world: World, database: str
) -> None:
    """It remembers its version; a greater one makes it count again."""
    world.record(making.won("O-1", "400.00", version=1))
    await copy.settle()
    world.record(making.won("O-1", "400.00", version=3, deleted=True))
    await copy.settle()
    after_deletion = await total(database)
    world.record(making.won("O-1", "500.00", version=2))
    await copy.settle()
    after_the_late_one = await total(database)
    world.record(making.won("O-1", "600.00", version=4))
    await copy.settle()

    assert (after_deletion, after_the_late_one) == (0, 0)
    assert await total(database) == 600
    await judge(database)


@pytest.mark.parametrize("batches", [1, 2])
async def test_of_two_contents_of_a_version_the_same_one_wins(
    servers: object, database: str, world: World, batches: int
) -> None:
    """Whichever comes first, in one batch or in two, the totals are the same."""
    del servers
    contents = [making.won("O-1", "1.00"), making.won("O-1", "2.00")]
    outcomes = []
    async with alone(world, database) as copy:
        await copy.redefine_all()
        for number, order in enumerate((contents, contents[::-1])):
            for content in order:
                value = json.loads(content) | {"id": f"O-{number}"}
                world.record(json.dumps(value).encode())
                if batches == 2:
                    await copy.apply_all()
            await copy.settle()
            outcomes.append(
                json.loads(
                    (await stored(database, f"opportunity/O-{number}"))["attributes"]
                )["amount"]
            )

    assert outcomes[0] == outcomes[1]
    await judge(database)


async def test_the_same_content_under_one_version_is_no_conflict(
    copy: Copy, world: World, database: str
) -> None:
    """However it was written: what PostgreSQL gives back has the same hash."""
    one = making.won("O-1", "1", occurred_at="2026-01-01T01:00:00+01:00")
    other = json.dumps(
        json.loads(one) | {"occurred_at": "2026-01-01T00:00:00Z"}, indent=1
    ).encode()
    one = one.replace(b'"amount": "1"', b'"amount": 1.50, "big": 1e20, "zero": -0.0')
    other = other.replace(
        b'"amount": "1"', b'"zero": 0.0, "big": 1e+20, "amount": 1.50'
    )

    world.record(one)
    await copy.settle()
    before = await stored(database)
    world.record(other)
    await copy.settle()

    assert dict(await stored(database)) == dict(before)


async def test_a_worker_that_lost_its_partition_is_refused(
    copy: Copy, world: World, database: str
) -> None:
    """The epoch that it fetched under is over: nothing of its batch gets in."""
    await copy.redefine_all()
    world.record(making.won("O-1", "400.00"))
    late = await copy.fetch()
    assert late is not None

    async with copy_of(world, database) as heir:
        await heir.assign_records(0, 1)
        applied = await copy.applying.apply(late)
        await heir.settle()
        too_late = await copy.applying.apply(late)

    assert applied.misplaced == too_late.misplaced == [0]
    assert not applied.next_offsets
    assert not too_late.next_offsets
    assert await total(database) == 400
    await judge(database)


async def test_what_is_in_its_place_is_applied_though_the_rest_is_not(
    copy: Copy, world: World, database: str
) -> None:
    """One partition of a batch was taken away, the other is still ours."""
    await copy.settle()
    world.record(making.won("O-1", "1.00"), partition=0)
    world.record(making.won("O-2", "10.00"), partition=1)
    batch = await copy.fetch()
    assert batch is not None
    async with copy.pool.acquire() as connection:
        await offsets.raise_epoch(
            connection, topic=world.records.name, partition=0, first_offset=0
        )

    applied = await copy.applying.apply(batch)
    await copy.climb()

    assert applied.next_offsets == {1: 1}
    assert applied.misplaced == [0]
    assert await total(database) == 10
    await judge(database)


class ForgetfulPool:
    """A pool whose next transaction is committed, and whose reply is then lost."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.lost = 0

    def acquire(self) -> Any:
        """Lend a connection that breaks right after its commit."""
        return _Lent(self)


class _Lent:
    def __init__(self, owner: ForgetfulPool) -> None:
        self._owner = owner

    async def __aenter__(self) -> Any:
        self._connection = await self._owner._pool.acquire()
        return self._connection

    async def __aexit__(self, *failure: object) -> None:
        lose = failure[0] is None and self._owner.lost == 0
        await self._owner._pool.release(self._connection)
        if lose:
            self._owner.lost += 1
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")


async def test_a_lost_reply_to_a_commit_does_not_double(
    copy: Copy, world: World, database: str
) -> None:
    """The batch is tried again, found in the database, and read no more."""
    await copy.redefine_all()
    world.record(making.won("O-1", "400.00"))
    pool: Any = ForgetfulPool(copy.pool)
    copy.applying._pool = pool
    batch = await copy.fetch()
    assert batch is not None

    applied = await copy.applying._apply_until_done(batch)
    copy.records.look_again(applied.misplaced)
    await copy.mind()
    await copy.settle()

    assert pool.lost == 1
    assert applied.misplaced == [0]
    assert await total(database) == 400
    assert copy.records.lag() == 0
    await judge(database)


async def test_a_connection_that_is_killed_is_replaced(
    copy: Copy, world: World, database: str
) -> None:
    """While the database is away apply waits, says so, and goes on by itself."""
    await copy.redefine_all()
    world.record(making.won("O-1", "400.00"))
    batch = await copy.fetch()
    assert batch is not None
    connection = await asyncpg.connect(database)
    blocker = connection.transaction()
    await blocker.start()
    await connection.execute("LOCK rollup.source_offset IN ACCESS EXCLUSIVE MODE")

    applying = asyncio.create_task(copy.applying._apply_until_done(batch))
    killed = 0
    while not killed:
        killed = await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    await blocker.rollback()
    await connection.close()
    applied = await applying
    await copy.settle()

    assert applied.next_offsets == {0: 1}
    assert await total(database) == 400
    await judge(database)


async def test_two_processes_may_insert_the_same_record(
    copy: Copy, world: World, database: str
) -> None:
    """It came by two partitions: whoever is second finds it there, tries again."""
    await copy.settle()
    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        for number in range(200):
            one = making.won(f"O-{number}", "1.00", version=1)
            two = making.won(f"O-{199 - number}", "2.00", version=2)
            world.record(one, partition=0)
            world.record(two, partition=1)
        batches = [await copy.fetch(limit=200), await other.fetch(limit=200)]
        assert batches[0] is not None
        assert batches[1] is not None

        await asyncio.gather(
            copy.applying._apply_until_done(batches[0]),
            other.applying._apply_until_done(batches[1]),
        )

    await copy.climb()
    assert await total(database) == 400
    await judge(database)


async def test_amounts_beyond_a_bigint_stay_exact(
    copy: Copy, world: World, database: str
) -> None:
    """Ten decimals of seventeen digits are more than 64 bits hold."""
    world.say(
        making.metric("ratio", data_type="decimal"),
        making.goal("R", 2, metric_id="ratio"),
        making.goal("S", 3, metric_id="ratio", parent_id="R"),
    )
    for number in range(3):
        world.record(making.won(f"O-{number}", "-12345678901234567.0123456789"))
    await copy.settle()

    one = -123456789012345670123456789
    assert (await numbers(database))["S"][0] == 3 * one
    assert (await numbers(database))["R"][0] == 6 * one
    await judge(database)

"""Who climbs which groups: shared fairly, handed over, and taken over from the dead."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from services.rollup import climber as climber_module
from services.rollup.climber import Climber
from services.rollup.domain.forest import TREE_GROUPS
from shared.plumbing.postgres import connect
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.judging import judge, numbers
from tests.waiting import eventually

Probe = Callable[[], "bool | Awaitable[bool]"]

MONEY = 10_000
TAKE_OVER_SECONDS = 120.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hearts beat faster, and messages be on their way for less long."""
    monkeypatch.setattr(climber_module, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(climber_module, "_ECHO_SECONDS", 0.4)


@pytest.fixture
def world() -> World:
    """Return topics with a goal in every group of trees."""
    made = World()
    made.say(making.metric(), *(making.goal(f"G{n}", n) for n in range(1, 17)))
    return made


async def until(probe: Probe) -> None:
    """Wait until a probe that asks the database says yes."""
    await eventually(probe)


@asynccontextmanager
async def climbing(
    copy: Copy, database: str, name: str
) -> AsyncIterator[tuple[Climber, "asyncio.Task[None]"]]:
    """Run a climber until the block ends, and let it leave in order."""
    climber = Climber(
        copy.climbing,
        lambda: connect(database, application=f"climber-{name}"),
        copy_id=uuid.uuid4(),
        pause=0.0,
    )
    task = asyncio.create_task(climber.run())
    try:
        yield climber, task
    finally:
        climber.stop()
        await asyncio.gather(task, return_exceptions=True)


async def _kill(database: str, application: str) -> None:
    """End the connections of an application, if they are still there."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = $1",
            application,
        )
    finally:
        await connection.close()


async def test_one_climber_takes_all_groups_and_climbs(
    copy: Copy, world: World, database: str
) -> None:
    """What waits becomes totals and is announced, though nobody wakes it."""
    await copy.settle()
    world.record(making.won("O-1", "400.00"))
    await copy.apply_all()

    async with climbing(copy, database, "one") as (climber, _):
        await eventually(lambda: len(climber.groups) == TREE_GROUPS)
        await eventually(lambda: len(world.outgoing.last()) == TREE_GROUPS)

        async def all_announced() -> bool:
            statement = "SELECT count(*) FROM rollup.announcement"
            return bool(await copy.pool.fetchval(statement) == 0)

        await until(all_announced)

    shown = await numbers(database)
    assert {one[0] for one in shown.values()} == {400 * MONEY}
    await judge(database)


async def test_two_climbers_share_the_groups_and_hand_them_over(
    copy: Copy, world: World, database: str
) -> None:
    """Each has its half; whoever is left has all, at once."""
    await copy.settle()
    async with (
        climbing(copy, database, "one") as (one, _),
        copy_of(world, database) as second,
    ):
        await eventually(lambda: len(one.groups) == TREE_GROUPS)
        async with climbing(second, database, "two") as (two, _):
            await eventually(
                lambda: len(one.groups) == len(two.groups) == TREE_GROUPS // 2,
                within=TAKE_OVER_SECONDS,
            )
            assert one.groups.isdisjoint(two.groups)
            world.record(making.won("O-1", "1.00"))
            await copy.apply_all()

            async def all_climbed() -> bool:
                shown = await numbers(database)
                return {one[0] for one in shown.values()} == {MONEY}

            await until(all_climbed)
        await eventually(lambda: len(one.groups) == TREE_GROUPS)
        assert not one._publish_after

    await judge(database)


async def test_a_killed_connection_is_taken_over_and_recent_news_said_again(
    copy: Copy, world: World, database: str
) -> None:
    """The heir climbs at once, publishes when nothing old can be on its way."""
    await copy.settle()
    async with (
        climbing(copy, database, "one") as (one, task),
        copy_of(world, database) as second,
    ):
        await eventually(lambda: len(one.groups) == TREE_GROUPS)
        world.record(making.won("O-1", "1.00"))
        await copy.apply_all()
        await eventually(lambda: len(world.outgoing.last()) == TREE_GROUPS)
        task.cancel()
        await _kill(database, "climber-one")
        await asyncio.gather(task, return_exceptions=True)
        world.outgoing.messages.clear()

        async with climbing(second, database, "two") as (two, _):
            await eventually(lambda: bool(two.groups))
            assert two.groups == two._publish_after.keys()
            await eventually(
                lambda: len(two.groups) == TREE_GROUPS, within=TAKE_OVER_SECONDS
            )
            await eventually(
                lambda: len(world.outgoing.last()) == TREE_GROUPS,
                within=TAKE_OVER_SECONDS,
                what="that every goal that had moved is announced again",
            )

    await judge(database)


async def test_what_cannot_be_delivered_is_delivered_later(
    copy: Copy, world: World, database: str
) -> None:
    """Totals go on moving; the last announcement of each goal is its newest."""
    await copy.settle()
    async with climbing(copy, database, "one") as (one, _):
        await eventually(lambda: len(one.groups) == TREE_GROUPS)
        world.outgoing.failures = 2
        for number in range(3):
            world.record(making.won(f"O-{number}", "1.00"))
            await copy.apply_all()
            one.wake(range(TREE_GROUPS), behind=False)

        def told() -> bool:
            last = world.outgoing.last().values()
            return {one["values"]["actual"] for one in last if one} == {"3.0000"}  # type: ignore[index] # JSON

        await eventually(told, within=TAKE_OVER_SECONDS)

    assert world.outgoing.failures == 0
    await judge(database)


async def test_a_fault_of_ours_stops_no_climber_for_good(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that it is not ready, and tries again until the fault is mended."""
    await copy.settle()
    monkeypatch.setattr(climber_module, "_PAUSE_SECONDS_MAX", 0.05)
    climb = copy.climbing.climb
    broken = True
    met = asyncio.Event()

    async def sometimes(*args: object) -> object:
        if broken:
            met.set()
            raise KeyError("a bug")
        return await climb(*args)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(type(copy.climbing), "climb", lambda _self, *a: sometimes(*a))
    async with climbing(copy, database, "one") as (one, _):
        await met.wait()
        await eventually(lambda: not one.ready)
        broken = False
        world.record(making.won("O-1", "1.00"))
        await copy.apply_all()

        async def climbed() -> bool:
            return (await numbers(database))["G1"][0] == MONEY

        await until(climbed)

    await judge(database)

"""History: what goals showed by the second, and in the end always what they show."""

import asyncio
import uuid
from datetime import timedelta

import asyncpg
import pytest

from services.rollup import history as history_module
from services.rollup.climber import Climber
from services.rollup.domain.forest import TREE_GROUPS
from services.rollup.history import History
from shared.plumbing.postgres import connect
from tests.integration.rollup import making
from tests.integration.rollup.chronicle import (
    LOCK,
    NOON,
    ROWS,
    Clock,
    all_right,
    clock_for,
    company,
    compare_all,
    history_of,
    move,
    rows,
)
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.waiting import eventually


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let climbs and changes of definitions live by a clock of the test's own."""
    return clock_for(monkeypatch)


@pytest.fixture
def world() -> World:
    """Return the topics of a small company: P ── C, and X beside it."""
    return company()


async def test_of_each_second_the_last_value_stays(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """Of the goal and of all above it; those that did not move have no row more."""
    history = history_of(copy)
    await copy.settle()
    for seconds, amount in (
        (1.2, "1.00"),
        (0.5, "2.00"),
        (0.4, "3.00"),
        (1.0, "4.00"),
        (60.0, "5.50"),
    ):
        clock.wait(seconds)
        await move(copy, world, amount)

    await history.write(clock.now)
    before_the_second_is_over = await rows(copy, "C")
    await history.write(clock.now + timedelta(seconds=1))

    expected = [(0.0, "0.0000"), (1.0, "2.0000"), (2.0, "3.0000"), (3.0, "4.0000")]
    assert before_the_second_is_over == expected
    assert await rows(copy, "C") == await rows(copy, "P")
    assert await rows(copy, "C") == [*expected, (63.0, "5.5000")]
    assert await rows(copy, "X") == [(0.0, "0.0000")]
    assert await all_right(copy, database)


async def test_what_moves_nothing_writes_nothing(
    copy: Copy, world: World, clock: Clock
) -> None:
    """A new title, a value that came back within its second, an old message."""
    history = history_of(copy)
    await copy.settle()
    await move(copy, world, "1.00")
    await history.write(None)
    clock.wait(10)

    world.say(making.goal("C", 2, parent_id="P", version=2, title="Another"))
    await copy.settle()
    await move(copy, world, "2.00")
    await move(copy, world, "1.00")
    await history.write(None)

    assert await rows(copy, "C") == [(0.0, "1.0000")]
    assert await rows(copy, "P") == [(0.0, "1.0000")]


async def test_while_nothing_moves_nothing_is_asked(
    world: World, database: str
) -> None:
    """Not even for a connection."""
    async with copy_of(world, database) as copy:
        history = history_of(copy)
        await copy.pool.close()

        await history.write(NOON)

        assert not await history.compare_step()


async def test_a_second_written_too_early_is_put_right(
    copy: Copy, world: World, clock: Clock
) -> None:
    """A process that stops writes all it has; the next one may move the goal again."""
    history = history_of(copy)
    await copy.settle()
    clock.wait(1)
    await move(copy, world, "1.00")
    await history.write(None)
    await move(copy, world, "2.00")
    await history.write(None)

    assert await rows(copy, "C") == [(0.0, "0.0000"), (1.0, "2.0000")]


async def test_what_a_lost_process_did_not_write_is_found(
    copy: Copy,
    world: World,
    clock: Clock,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who takes the groups over compares, at the second of the last movement."""
    monkeypatch.setattr(history_module, "CHUNK_GOALS", 2)
    await copy.settle()
    await history_of(copy).write(None)
    clock.wait(5)
    await move(copy, world, "7.00")
    climbed = await copy.climb()
    await copy.publish_climbed(climbed)
    await copy.publish()
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.announcement") == 0

    async with copy_of(world, database) as heir:
        clock.wait(100)
        await compare_all(heir)

    assert await rows(copy, "C") == [(0.0, "0.0000"), (5.0, "7.0000")]
    assert await rows(copy, "P") == [(0.0, "0.0000"), (5.0, "7.0000")]
    assert await rows(copy, "X") == [(0.0, "0.0000")]
    assert await all_right(copy, database)


async def test_a_climber_compares_every_group_it_takes(
    copy: Copy, world: World, database: str
) -> None:
    """Also those that somebody handed over."""
    await copy.settle()
    copy.climbing.notes.take(None)
    climber = Climber(
        copy.climbing,
        lambda: connect(database, application="climber-of-history"),
        copy_id=uuid.uuid4(),
        pause=0.0,
    )
    async with copy_of(world, database) as spare:
        history = History(spare.pool, copy.climbing.notes)
        climbing = asyncio.create_task(climber.run())
        await eventually(lambda: len(climber.groups) == TREE_GROUPS)
        while await history.compare_step():
            pass
        climber.stop()
        await climbing

    assert await all_right(copy, database)


async def test_what_was_not_published_is_noted_by_who_publishes_it(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """The reply to the climb's commit was lost: its announcement stands."""
    history = history_of(copy)
    await copy.settle()
    clock.wait(3)
    await move(copy, world, "7.00")
    copy.climbing.notes.take(None)
    copy.climbing.start_anew()

    await copy.publish()
    await history.write(None)

    assert (await rows(copy, "C"))[-1] == (3.0, "7.0000")
    await compare_all(copy)
    assert await all_right(copy, database)


async def test_a_process_that_slept_does_not_hide_what_came_later(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """It writes what it had noted, and then looks what the goal shows now."""
    await copy.settle()
    await history_of(copy).write(None)
    clock.wait(1)
    await move(copy, world, "1.00")

    async with copy_of(world, database) as heir:
        later = history_of(heir)
        clock.wait(1)
        await heir.assign_records(0, 1)
        await move(heir, world, "0.00")
        await later.write(None)
        # To the heir nothing has moved: zero before, zero now.
        assert (await rows(copy, "C"))[-1] == (0.0, "0.0000")
    await history_of(copy).write(None)

    assert await rows(copy, "C") == [
        (0.0, "0.0000"),
        (1.0, "1.0000"),
        (2.0, "0.0000"),
    ]
    assert await all_right(copy, database)


async def test_a_clock_that_is_behind_leaves_the_newest_last(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """The newest value is the last row, at the second of the row before."""
    history = history_of(copy)
    await copy.settle()
    clock.wait(10)
    await move(copy, world, "1.00")
    await history.write(None)
    clock.wait(-5)
    await move(copy, world, "2.00")

    await history.write(None)

    assert (await rows(copy, "C"))[-1] == (10.0, "2.0000")
    assert await all_right(copy, database)


async def test_definitions_that_move_goals_are_history_too(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """A lock, a move below another goal, and closing."""
    history = history_of(copy)
    await copy.settle()
    await move(copy, world, "1.00")
    locked = {"number": 1, "values": {"actual": "7"}, **LOCK}
    x = {"owner": {"type": "user", "id": "X"}, "owner_records_only": True}
    for change in (
        making.goal("C", 2, parent_id="P", version=2, override=locked),
        making.goal("X", 3, version=2, parent_id="P", override=locked, **x),
        making.goal("X", 3, version=3, **x, override=locked),
        making.goal("C", 2, parent_id="P", version=3, state="closed", override=locked),
    ):
        clock.wait(1)
        world.say(change)
        await copy.settle()
        await move(copy, world, f"{clock.now.second}.00")
    await history.write(None)

    assert await rows(copy, "P") == [
        (0.0, "1.0000"),
        (1.0, "7.0000"),
        (2.0, "14.0000"),
        (3.0, "7.0000"),
    ]
    assert await all_right(copy, database)


async def test_another_metric_has_other_decimals_and_measures(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """What was shown before stays exact as it was."""
    history = history_of(copy)
    await move(copy, world, "1.00")
    world.record(making.won("O-X", "12345678901234567.8912", owner="X"))
    await copy.settle()
    clock.wait(1)
    x = {"owner": {"type": "user", "id": "X"}, "owner_records_only": True}
    world.say(making.calls(), making.goal("X", 3, version=2, metric_id="calls", **x))
    await copy.settle()
    await history.write(None)

    found = [tuple(row)[1:] for row in await copy.pool.fetch(ROWS, "X")]
    assert found == [("12345678901234567.8912", "0.0000", None), ("0", None, None)]
    assert await all_right(copy, database)


async def test_a_goal_that_is_gone_gets_no_more_rows(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """What was noted of it before is not written after."""
    history = history_of(copy)
    await copy.settle()
    await history.write(None)
    clock.wait(1)
    await move(copy, world, "1.00")
    world.say(making.gone("C", 2))
    await copy.settle()
    await history.write(None)

    assert await rows(copy, "C") == []
    written = "SELECT count(*) FROM rollup.history WHERE number = 2"
    assert await copy.pool.fetchval(written) == 1
    assert await all_right(copy, database)


async def test_what_could_not_be_written_is_compared_later(
    copy: Copy, world: World, clock: Clock, database: str
) -> None:
    """PostgreSQL was away for a moment: the last value is not lost."""
    history = history_of(copy)
    await copy.settle()
    await history.write(None)
    clock.wait(1)
    await move(copy, world, "1.00")
    owner = await asyncpg.connect(database)
    await owner.execute("ALTER TABLE rollup.history RENAME TO elsewhere")
    with pytest.raises(Exception, match=r"rollup\.history"):
        await history.write(None)
    await owner.execute("ALTER TABLE rollup.elsewhere RENAME TO history")
    await owner.close()

    await history.write(None)

    assert (await rows(copy, "C"))[-1] == (1.0, "1.0000")
    assert await all_right(copy, database)

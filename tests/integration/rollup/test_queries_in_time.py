"""Queries that look at the clock: what time alone changes."""

from datetime import UTC, datetime

import pytest

from services.rollup import linked, rederive
from tests.integration.rollup import making
from tests.integration.rollup.asking import (
    deal,
    goal,
    one,
    query,
    shown,
)
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.judging import judge


@pytest.fixture
def world() -> World:
    """Return topics with a metric: won revenue."""
    made = World()
    made.say(making.metric())
    return made


async def test_the_clock_moves_what_looks_at_it(
    copy: Copy, world: World, database: str
) -> None:
    """Of two goals only the one that looks at the clock is touched."""
    world.now = datetime(2026, 6, 14, 12, tzinfo=UTC)
    world.say(
        query("today", one("closed", "today")),
        query("recent", one("closed", "last-x-days", 2)),
        goal("D", 1, "today"),
        goal("R", 2, "recent"),
        goal("A", 3),
    )
    world.record(deal("O-1", closed="2026-06-15"))
    world.record(deal("O-2", "20.00", closed="2026-06-16T10:30:00Z"))
    seen = {}
    for day, hour, minute in (
        (14, 12, 1),
        # Midnight of the goals' zone, Berlin, is 22:00 of the day before.
        (14, 21, 59),
        (14, 22, 0),
        (15, 22, 0),
        (16, 10, 29),
        (16, 10, 31),
        (17, 22, 0),
        (18, 22, 0),
    ):
        world.now = datetime(2026, 6, day, hour, minute, tzinfo=UTC)
        found = await shown(copy, database)
        assert found.pop("A") == 21
        seen[f"{day} {hour}:{minute:02}"] = (found["D"], found["R"])

    assert seen == {
        "14 12:01": (0, 0),
        "14 21:59": (0, 0),
        "14 22:00": (1, 1),
        "15 22:00": (20, 1),
        "16 10:29": (20, 1),
        "16 10:31": (20, 21),
        "17 22:00": (0, 20),
        "18 22:00": (0, 0),
    }
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.due") == 0


async def test_a_night_in_which_nothing_ran(
    copy: Copy, world: World, database: str
) -> None:
    """Whoever comes first afterwards finds what has become due, by the tables alone."""
    world.now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    world.say(query("today", one("closed", "today")), goal("G", 1, "today"))
    world.record(deal("O-1", closed="2026-06-15"))
    assert await shown(copy, database) == {"G": 1}
    world.now = datetime(2026, 6, 17, 12, tzinfo=UTC)

    async with copy_of(world, database) as other:
        groups = await other.scheduling.look()
        again = await other.scheduling.look()

    assert (len(groups), again) == (1, [])
    assert await shown(copy, database) == {"G": 0}


async def test_what_is_due_at_once_for_many_is_a_job(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The goals that look at the clock compute meanwhile, and change at once."""
    monkeypatch.setattr(linked, "DUE_MAX", 3)
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)
    world.now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    world.say(query("today", one("closed", "today")), goal("G", 1, "today"))
    world.say(goal("A", 2))
    for number in range(7):
        world.record(deal(f"O-{number}", closed=f"2026-06-{15 + number % 2}"))
    assert await shown(copy, database) == {"A": 7, "G": 4}
    world.now = datetime(2026, 6, 16, 12, tzinfo=UTC)

    await copy.scheduling.look()
    rows = await copy.pool.fetch(
        "SELECT id, computing FROM rollup_published.goal ORDER BY id"
    )

    assert [tuple(row) for row in rows] == [("A", False), ("G", True)]
    assert await shown(copy, database) == {"A": 7, "G": 3}


async def test_what_comes_today_is_judged_by_today(
    copy: Copy, world: World, database: str
) -> None:
    """Though nothing was due for days."""
    world.now = datetime(2026, 6, 14, 12, tzinfo=UTC)
    world.say(query("today", one("closed", "today")), goal("G", 1, "today"))
    assert await shown(copy, database) == {"G": 0}
    world.now = datetime(2026, 6, 20, 12, tzinfo=UTC)
    await copy.scheduling.look()

    world.record(deal("O-1", closed="2026-06-20"))
    world.record(deal("O-2", "20.00", closed="2026-06-14"))
    await copy.settle()

    assert (
        await copy.pool.fetchval("SELECT shown_actual FROM rollup_published.goal")
        == 10_000
    )
    assert await shown(copy, database) == {"G": 1}


async def test_much_that_is_due_each_minute_does_not_hold_goals_up(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is due is read, so every minute ends before the next."""
    monkeypatch.setattr(linked, "DUE_MAX", 1)
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)
    world.now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    world.say(query("old", one("at", "olderthan-x-minutes", 5)), goal("G", 1, "old"))
    for minute in range(20):
        at = f"2026-06-15T12:{minute:02}:30Z"
        for number in range(2):
            world.record(deal(f"O-{minute:02}-{number}", at=at))
    await copy.settle()
    seen = []

    for minute in range(6, 13):
        world.now = datetime(2026, 6, 15, 12, minute, tzinfo=UTC)
        await copy.scheduling.look()
        await copy.rederiving.work_once()
        await copy.rederiving.work_once()
        await copy.climb()
        await judge(database)
        row = await copy.pool.fetchrow(
            "SELECT shown_actual, computing FROM rollup_published.goal"
        )
        assert row is not None
        seen.append((int(row["shown_actual"]) // 10_000, row["computing"]))

    assert seen == [(2 * count, False) for count in range(1, 8)]
    assert await shown(copy, database) == {"G": 14}


async def test_what_is_due_is_read_beside_a_job_of_its_goals(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that reads all records goes on where it was."""
    monkeypatch.setattr(linked, "DUE_MAX", 1)
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)
    world.now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    today = one("closed", "today")
    world.say(query("today", today), goal("G", 1, "today"))
    for number in range(8):
        world.record(deal(f"O-{number}", closed=f"2026-06-{15 + number % 2}"))
    assert await shown(copy, database) == {"G": 4}
    world.say(query("today", {"all": [today, one("amount", "gt", 0)]}))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.now = datetime(2026, 6, 16, 12, tzinfo=UTC)
    await copy.scheduling.look()
    jobs = await copy.pool.fetch(
        "SELECT cursor, due_until IS NOT NULL FROM rollup.rederivation ORDER BY id"
    )

    assert [tuple(job) for job in jobs] == [("opportunity/O-1", False), ("", True)]
    assert await shown(copy, database) == {"G": 4}

"""Closed and discarded goals: they stand still, and catch up when they are opened."""

from typing import Any

import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup import rederive
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, alone, copy_of
from tests.integration.rollup.judging import judge

PARENTS = {"A": None, "B": "A", "C": "B"}
LOCK = {
    "number": 1,
    "values": {"actual": "7"},
    "is_override": True,
    "is_overridden": True,
    "at": "2026-11-20T09:00:00+00:00",
}

_versions = iter(range(2, 10_000))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 3)


@pytest.fixture
def world() -> World:
    """Return a tree of three with a record of each person's: A ── B ── C."""
    made = World()
    made.say(making.metric(), *(goal(name) for name in "ABC"))
    for owner, amount in (("A", "1.00"), ("B", "10.00"), ("C", "100.00")):
        made.record(making.won(f"O-{owner}", amount, owner=owner))
    return made


def goal(name: str, **changes: Any) -> Any:
    """Return a goal that counts the records of a person of the same name."""
    said = {
        "owner": {"type": "user", "id": name},
        "owner_records_only": True,
        "parent_id": PARENTS[name],
        "version": next(_versions),
        **changes,
    }
    return making.goal(name, "ABC".index(name) + 1, **said)


async def seen(copy: Copy, world: World, url: str) -> dict[str, int]:
    """Settle; return what the last messages say, once everything agrees."""
    await copy.settle()
    await judge(url)
    rows = await copy.pool.fetch("SELECT * FROM rollup_published.goal")
    last: dict[str, Any] = world.outgoing.last()
    for row in rows:
        event = last[row["id"]]
        assert event["revision"] == row["revision"]
        assert event["values"]["actual"] == f"{row['shown_actual'].scaleb(-4):.4f}"
        assert event["rollup"]["status"] == (
            "computing"
            if row["computing"]
            else "frozen"
            if row["frozen"]
            else "current"
        )
    assert not verifying.judge(await read_rows(url)).differences
    return {row["id"]: int(row["shown_actual"].scaleb(-4)) for row in rows}


@pytest.mark.parametrize("state", ["closed", "discarded"])
async def test_a_closed_goal_stands_still(
    state: str, world: World, database: str
) -> None:
    """Whatever its records and children do; opened again, it catches up with all."""
    async with alone(world, database) as copy:
        assert await seen(copy, world, database) == {"A": 111, "B": 110, "C": 100}
        world.say(goal("B", state=state))
        assert await seen(copy, world, database) == {"A": 111, "B": 110, "C": 100}
        assert world.outgoing.last()["B"] is not None

        world.record(making.won("O-B", "20.00", owner="B", version=2))
        world.record(making.won("O-B2", "40.00", owner="B"))
        world.record(making.won("O-C", "300.00", owner="C", version=2))
        world.record(making.won("O-A2", "2.00", owner="A"))
        assert await seen(copy, world, database) == {"A": 113, "B": 110, "C": 300}
        assert await own(copy, "B") == 10

        world.say(goal("B"))
        assert await seen(copy, world, database) == {"A": 363, "B": 360, "C": 300}


async def test_what_a_closed_goal_counted_is_found_again(
    world: World, database: str
) -> None:
    """Records that changed their owner, their date, or are gone meanwhile."""
    async with alone(world, database) as copy:
        for number in range(4):
            world.record(making.won(f"O-{number}", "1000.00", owner="B"))
        await seen(copy, world, database)
        world.say(goal("B", state="closed"))
        await seen(copy, world, database)

        world.record(making.won("O-0", "1000.00", owner="A", version=2))
        world.record(making.won("O-1", "1000.00", owner="Z", version=2))
        world.record(
            making.won("O-2", "1000.00", owner="B", closed="2020-01-01", version=2)
        )
        world.record(making.won("O-3", "1000.00", owner="B", deleted=True, version=2))
        # O-0 counts in A now, and in what B showed when it was closed.
        assert await seen(copy, world, database) == {"A": 5111, "B": 4110, "C": 100}

        # Another goal's re-derivation reads these records too, and leaves B alone.
        world.say(goal("A", owner_records_only=False))
        await copy.settle()
        assert (await seen(copy, world, database))["B"] == 4110

        world.say(goal("A"), goal("B"))
        assert await seen(copy, world, database) == {"A": 1111, "B": 110, "C": 100}


async def test_a_goal_closes_once_it_is_whole(world: World, database: str) -> None:
    """While it is being derived it is not frozen: its records are not lost to it."""
    async with alone(world, database) as copy:
        await copy.redefine_all()
        await copy.apply_all()
        world.say(goal("C", owner={"type": "user", "id": "B"}, state="closed"))
        await copy.redefine_all()
        assert await frozen(copy) == []
        assert not await copy.pool.fetchval(
            "SELECT computing_goals = 0 FROM rollup_published.status"
        )
        await copy.settle()
        await copy.settle()
        assert await frozen(copy) == ["C"]
        assert await seen(copy, world, database) == {"A": 21, "B": 20, "C": 10}


async def test_what_waits_is_added_up_before_a_goal_closes(
    world: World, database: str
) -> None:
    """A record that was applied and has not climbed counts in what stands still."""
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.record(making.won("O-C2", "5.00", owner="C"))
        await copy.apply_all()
        world.say(goal("C", state="closed"))
        assert await seen(copy, world, database) == {"A": 116, "B": 115, "C": 105}


async def test_a_lock_outlasts_a_closing(world: World, database: str) -> None:
    """Opened again, the goal still shows what it was locked at."""
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.say(goal("B", override=LOCK))
        world.say(goal("B", override=LOCK, state="closed"))
        assert await seen(copy, world, database) == {"A": 8, "B": 7, "C": 100}
        world.record(making.won("O-B2", "20.00", owner="B"))
        world.say(goal("B", override=LOCK))
        assert await seen(copy, world, database) == {"A": 8, "B": 7, "C": 100}
        world.say(
            goal(
                "B",
                override={
                    **LOCK,
                    "number": 2,
                    "is_override": False,
                    "is_overridden": False,
                },
            )
        )
        assert await seen(copy, world, database) == {"A": 131, "B": 130, "C": 100}


async def test_what_was_written_and_has_ended_is_not_closed_in(
    world: World, database: str
) -> None:
    """A record ended what somebody wrote; the goal that is closed then shows so."""
    written = {**LOCK, "is_overridden": False}
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.say(goal("C", override=written))
        assert await seen(copy, world, database) == {"A": 18, "B": 17, "C": 7}
        world.record(making.won("O-C2", "5.00", owner="C"))
        assert await seen(copy, world, database) == {"A": 116, "B": 115, "C": 105}
        world.say(goal("C", override=written, state="closed"))
        assert await seen(copy, world, database) == {"A": 116, "B": 115, "C": 105}
        assert not await copy.pool.fetchval(
            "SELECT written FROM rollup_published.goal WHERE id = 'C'"
        )


async def test_a_closed_goal_is_deleted(world: World, database: str) -> None:
    """Its former ancestors lose what it showed; its children become roots."""
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.say(goal("B", state="closed"))
        world.record(making.won("O-B2", "20.00", owner="B"))
        await seen(copy, world, database)
        world.say(making.gone("B", 2), goal("C", parent_id=None))
        assert await seen(copy, world, database) == {"A": 1, "C": 100}


async def test_another_process_lets_a_closed_goal_alone(
    world: World, database: str
) -> None:
    """One that holds the definitions of before, and one that reads them anew."""
    async with alone(world, database) as one, copy_of(world, database) as other:
        await seen(one, world, database)
        await other.climb()
        world.say(goal("B", state="closed"))
        await one.redefine_all()
        await other.assign_records(0, 1)
        world.record(making.won("O-B2", "20.00", owner="B"))
        world.record(making.won("O-C2", "20.00", owner="C"))
        await other.apply_all()
        await other.climb()
        assert await seen(one, world, database) == {"A": 111, "B": 110, "C": 120}


async def own(copy: Copy, name: str) -> int:
    """Return what a goal's own records add to it."""
    units = await copy.pool.fetchval(
        "SELECT own_actual FROM rollup_published.goal WHERE id = $1", name
    )
    return int(units.scaleb(-4))


async def frozen(copy: Copy) -> list[str]:
    """Return the goals that stand still."""
    rows = await copy.pool.fetch("SELECT id FROM rollup_published.goal WHERE frozen")
    return [row[0] for row in rows]

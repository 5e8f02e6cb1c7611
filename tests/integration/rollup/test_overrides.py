"""Overrides: what somebody wrote stands, what records give goes on underneath."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, alone, copy_of
from tests.integration.rollup.judging import judge

# Of each goal: actual and in progress, as others see them.
Seen = dict[str, tuple[str, str]]
LOCK = {"is_override": True, "is_overridden": True}
WRITE = {"is_override": True, "is_overridden": False}
TAKEN_BACK = {"is_override": False, "is_overridden": False}


@pytest.fixture
def world() -> World:
    """Return a tree of three with a record of each person's, and a goal beside it.

    A ── B ── C      X
    """
    made = World()
    made.say(making.metric(), *(goal(name) for name in "ABCX"))
    for owner, amount in (("A", "1.00"), ("B", "10.00"), ("C", "100.00")):
        made.record(making.won(f"O-{owner}", amount, owner=owner))
    made.record(making.won("O-X", "5000.00", owner="X"))
    return made


PARENTS = {"A": None, "B": "A", "C": "B", "X": None}
_versions = iter(range(2, 10_000))


def goal(name: str, **changes: Any) -> Any:
    """Return a goal that counts the records of a person of the same name."""
    said = {
        "owner": {"type": "user", "id": name},
        "owner_records_only": True,
        "parent_id": PARENTS[name],
        "version": next(_versions),
        **changes,
    }
    return making.goal(name, "ABCX".index(name) + 1, **said)


def override(number: int, flags: Mapping[str, bool], **values: str) -> dict[str, Any]:
    """Return an override as goals sends it."""
    return {
        "number": number,
        "values": values,
        "reason": "a contract by hand",
        "by": "M",
        "at": "2026-11-20T09:00:00+00:00",
        **flags,
    }


async def seen(copy: Copy, world: World, url: str) -> Seen:
    """Settle; return what the last messages say, once everything agrees."""
    await copy.settle()
    await judge(url)
    rows = await copy.pool.fetch("SELECT * FROM rollup_published.goal")
    last: dict[str, Any] = world.outgoing.last()
    for row in rows:
        event = last[row["id"]]
        assert event["revision"] == row["revision"]
        assert event["is_overridden"] == row["locked"]
        for name in json.loads(row["rollup_fields"]):
            units = row[f"shown_{name}"].scaleb(-row["decimals"])
            assert event["values"][name] == f"{units:.{row['decimals']}f}"
    verdict = verifying.judge(await read_rows(url))
    assert not verdict.differences
    return {
        row["id"]: (
            str(last[row["id"]]["values"]["actual"]).removesuffix(".0000"),
            str(last[row["id"]]["values"]["in_progress"]).removesuffix(".0000"),
        )
        for row in rows
    }


async def test_a_lock_holds_whatever_comes(world: World, database: str) -> None:
    """The goal and those above show it; taken off, all catch up at once."""
    async with alone(world, database) as copy:
        assert await seen(copy, world, database) == expected(A="111", B="110", C="100")

        world.say(goal("B", override=override(1, LOCK, actual="7")))
        assert await seen(copy, world, database) == expected(A="8", B="7", C="100")

        world.record(making.won("O-C", "300.00", owner="C", version=2))
        world.record(making.won("O-B2", "20.00", owner="B"))
        world.record(making.won("O-A2", "2.00", owner="A"))
        assert await seen(copy, world, database) == expected(A="10", B="7", C="300")
        assert await computed(copy, "B") == 3_300_000

        world.say(goal("B", title="B, edited", override=override(1, LOCK, actual="7")))
        assert await seen(copy, world, database) == expected(A="10", B="7", C="300")

        world.say(goal("B", override=override(2, TAKEN_BACK)))
        assert await seen(copy, world, database) == expected(A="333", B="330", C="300")


async def test_what_is_written_holds_until_the_next_rollup(
    world: World, database: str
) -> None:
    """A record elsewhere leaves it, one below ends it; an edit won't bring it back."""
    written = override(1, WRITE, actual="7")
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.say(goal("B", override=written))
        assert await seen(copy, world, database) == expected(A="8", B="7", C="100")

        world.record(making.won("O-A2", "2.00", owner="A"))
        assert await seen(copy, world, database) == expected(A="10", B="7", C="100")

        world.record(making.won("O-C2", "1.00", owner="C"))
        assert await seen(copy, world, database) == expected(A="114", B="111", C="101")
        assert await flags(copy, "B") == (False, False)

        world.say(goal("B", title="B, edited", override=written))
        assert await seen(copy, world, database) == expected(A="114", B="111", C="101")

        # What is known to be over costs the next climbs no question more.
        world.record(making.won("O-C3", "1.00", owner="C"))
        assert await seen(copy, world, database) == expected(A="115", B="112", C="102")
        assert not copy.held.now.forest.written


async def test_what_was_written_is_taken_back(world: World, database: str) -> None:
    """An override without flags ends it at once."""
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.say(goal("A", override=override(1, WRITE, actual="7", in_progress="3")))
        assert (await seen(copy, world, database))["A"] == ("7", "3")

        world.say(goal("A", override=override(2, TAKEN_BACK)))
        assert await seen(copy, world, database) == expected(A="111", B="110", C="100")


async def test_a_field_without_a_value_keeps_what_it_shows(
    world: World, database: str
) -> None:
    """Locking without values, and writing over one field of two."""
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        lock = {"is_override": False, "is_overridden": True}
        world.say(goal("C", override=override(1, lock)))
        world.record(making.won("O-C", "300.00", owner="C", version=2))
        assert await seen(copy, world, database) == expected(A="111", B="110", C="100")

        world.say(goal("C", override=override(2, LOCK, in_progress="50")))
        now = await seen(copy, world, database)
        assert (now["C"], now["B"], now["A"]) == (
            ("100", "50"),
            ("110", "50"),
            ("111", "50"),
        )


async def test_holds_stand_one_above_the_other(world: World, database: str) -> None:
    """A written goal above a locked one moves only by what it hears of."""
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.say(
            goal("A", override=override(1, WRITE, actual="1000")),
            goal("B", override=override(2, LOCK, actual="7")),
        )
        assert await seen(copy, world, database) == expected(A="1000", B="7", C="100")

        world.record(making.won("O-C2", "1.00", owner="C"))
        assert await seen(copy, world, database) == expected(A="1000", B="7", C="101")

        world.say(goal("B", override=override(4, TAKEN_BACK)))
        assert await seen(copy, world, database) == expected(A="112", B="111", C="101")


async def test_a_goal_moves_with_what_it_holds(world: World, database: str) -> None:
    """Old and new ancestors lose and gain what it shows, also by its deletion."""
    locked = override(1, LOCK, actual="7")
    async with alone(world, database) as copy:
        world.say(goal("B", override=locked))
        assert await seen(copy, world, database) == expected(A="8", B="7", C="100")

        world.say(goal("B", parent_id="X", override=locked))
        moved = expected(A="1", B="7", C="100") | {"X": ("5007", "0")}
        assert await seen(copy, world, database) == moved

        world.say(making.gone("B", 2), goal("C", parent_id=None))
        assert await seen(copy, world, database) == {
            "A": ("1", "0"),
            "C": ("100", "0"),
            "X": ("5000", "0"),
        }


async def test_what_is_written_outlasts_a_move_below_it(
    world: World, database: str
) -> None:
    """C leaves B for A: the sum of A is what it was, that of B is not."""
    async with alone(world, database) as copy:
        await seen(copy, world, database)
        world.say(
            goal("A", override=override(1, WRITE, actual="5")),
            goal("B", override=override(1, WRITE, actual="7")),
        )
        assert await seen(copy, world, database) == expected(A="5", B="7", C="100")
        world.say(
            goal("A", override=override(1, WRITE, actual="5")),
            goal("C", parent_id=None),
        )
        assert await seen(copy, world, database) == expected(A="11", B="10", C="100")
        world.say(goal("A", override=override(2, WRITE, actual="5")))
        assert await seen(copy, world, database) == expected(A="5", B="10", C="100")
        world.say(goal("C", parent_id="A"))
        assert await seen(copy, world, database) == expected(A="111", B="10", C="100")
        world.say(goal("A", override=override(3, WRITE, actual="5")))
        assert await seen(copy, world, database) == expected(A="5", B="10", C="100")
        world.say(goal("C"))
        assert await seen(copy, world, database) == expected(A="5", B="110", C="100")


async def test_a_goal_is_created_with_an_override(world: World, database: str) -> None:
    """Locked from its first moment; what its records give is computed underneath."""
    async with alone(world, database) as copy:
        world.say(goal("B", override=override(1, LOCK, actual="7")))
        assert await seen(copy, world, database) == expected(A="8", B="7", C="100")
        assert await computed(copy, "B") == 1_100_000


async def test_another_process_knows_what_is_held(world: World, database: str) -> None:
    """One that starts later, and one that was there and did not apply it."""
    async with alone(world, database) as one, copy_of(world, database) as other:
        await seen(one, world, database)
        world.say(goal("B", override=override(1, LOCK, actual="7")))
        await one.redefine_all()
        world.record(making.won("O-C2", "1.00", owner="C"))
        await one.apply_all()
        await other.climb()
        assert await seen(one, world, database) == expected(A="8", B="7", C="101")
        late = Copy(world, one.pool)
        async with one.pool.acquire() as connection, connection.transaction():
            await late.held.share(connection)
        assert late.held.now.forest.locked == {2}


async def test_a_new_metric_ends_what_was_written(world: World, database: str) -> None:
    """Its values were of the old one; an override that comes meanwhile waits."""
    async with alone(world, database) as copy:
        world.say(making.calls())
        await seen(copy, world, database)
        world.say(goal("X", override=override(1, WRITE, actual="7")))
        assert (await seen(copy, world, database))["X"] == ("7", "0")

        world.say(goal("X", metric_id="calls", override=override(1, WRITE, actual="7")))
        world.say(goal("X", metric_id="calls", override=override(2, LOCK, actual="3")))
        await copy.redefine_all()
        assert await flags(copy, "X") == (False, False)
        await copy.settle()
        await copy.redefining.follow_up()
        await copy.settle()
        assert (await seen(copy, world, database))["X"] == ("3", "None")


def expected(**actual: str) -> Seen:
    """Return what is seen if nothing is in progress, X included."""
    return {name: (value, "0") for name, value in {**actual, "X": "5000"}.items()}


async def computed(copy: Copy, name: str) -> int:
    """Return the computed actual value, in units."""
    return int(
        await copy.pool.fetchval(
            "SELECT computed_actual FROM rollup_published.goal WHERE id = $1", name
        )
    )


async def flags(copy: Copy, name: str) -> tuple[bool, bool]:
    """Tell whether a goal is locked, and whether it is written over."""
    rows = await copy.pool.fetch(
        "SELECT locked, written FROM rollup_published.goal WHERE id = $1", name
    )
    return rows[0]["locked"], rows[0]["written"]

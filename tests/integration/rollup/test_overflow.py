"""Sums with more digits than can be shown: goals fail, and everything else goes on."""

from typing import Any

import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from shared.domain.amounts import DataType
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, alone, copy_of
from tests.integration.rollup.judging import judge

# A thousand and one of these have more than thirty digits, ten decimals included.
HUGE = "99999999999999999"
TOO_MANY = 1_001
HALF = 600
LOCK = {
    "number": 1,
    "values": {"actual": "3"},
    "is_override": True,
    "is_overridden": True,
    "at": "2026-01-10T09:00:00+00:00",
}

_versions = iter(range(2, 10_000))


def goal(name: str, number: int, **changes: Any) -> Any:
    """Return a goal of a person of the same name."""
    said = {
        "owner": {"type": "user", "id": name},
        "owner_records_only": True,
        "target": None,
        "version": next(_versions),
        **changes,
    }
    return making.goal(name, number, **said)


@pytest.fixture
def world() -> World:
    """Return two trees, P ─ (A, B) and Z, that show a little."""
    made = World()
    made.say(
        making.metric(data_type=DataType.DECIMAL),
        goal("P", 1),
        goal("A", 2, parent_id="P"),
        goal("B", 3, parent_id="P"),
        goal("Z", 4),
    )
    for index, owner in enumerate("PABZ"):
        made.record(making.won(f"O-{owner}", f"{10**index}", owner=owner))
    return made


def pour(world: World, owner: str, count: int, *, version: int = 1) -> None:
    """Let somebody win many huge deals."""
    for number in range(count):
        world.record(
            making.won(
                f"H-{owner}-{number}",
                HUGE if version == 1 else "0",
                owner=owner,
                version=version,
            )
        )


async def seen(copy: Copy, url: str) -> dict[str, tuple[int, str, str | None]]:
    """Settle; return what each goal shows, its status, and whom it names."""
    for _ in range(2):
        await copy.redefine_all()
        await copy.apply_all(limit=5_000)
        await copy.rederive_all()
        await copy.publish_climbed(await copy.climb())
        await copy.publish()
    await judge(url)
    assert not verifying.judge(await read_rows(url)).differences
    last: dict[str, Any] = copy.world.outgoing.last()
    found = {}
    for row in await copy.pool.fetch("SELECT * FROM rollup_published.goal"):
        event = last[row["id"]]
        whole = int(row["shown_actual"].scaleb(-10))
        assert event["revision"] == row["revision"]
        assert event["values"]["actual"] == f"{row['shown_actual'].scaleb(-10):.10f}"
        assert event["rollup"]["error"] == row["error"]
        found[row["id"]] = (
            whole,
            event["rollup"]["status"],
            row["goal_with_error_id"],
        )
    return found


async def test_a_goal_whose_sum_is_too_large_keeps_what_it_showed(
    world: World, database: str
) -> None:
    """Those above are marked and go on with the rest; it heals by itself."""
    async with alone(world, database) as copy:
        await seen(copy, database)
        pour(world, "A", TOO_MANY)
        assert await seen(copy, database) == {
            "P": (111, "failed", "A"),
            "A": (10, "failed", "A"),
            "B": (100, "current", None),
            "Z": (1000, "current", None),
        }
        for number, owner in enumerate("PABZ"):
            world.record(making.won(f"N-{owner}", f"{2 * 10**number}", owner=owner))
        assert await seen(copy, database) == {
            "P": (313, "failed", "A"),
            "A": (10, "failed", "A"),
            "B": (300, "current", None),
            "Z": (3000, "current", None),
        }
        pour(world, "A", 2, version=2)
        healed = await seen(copy, database)
        assert healed["A"] == (999 * int(HUGE) + 30, "current", None)
        assert healed["P"] == (999 * int(HUGE) + 333, "current", None)


async def test_a_parent_fails_whose_children_do_not(
    world: World, database: str
) -> None:
    """Each of them fits, and together they do not."""
    async with alone(world, database) as copy:
        await seen(copy, database)
        pour(world, "A", HALF)
        before = await seen(copy, database)
        pour(world, "B", HALF)
        after = await seen(copy, database)
        assert after["A"] == (HALF * int(HUGE) + 10, "current", None)
        assert after["B"] == (HALF * int(HUGE) + 100, "current", None)
        assert after["P"] == (before["P"][0], "failed", "P")
        world.say(goal("B", 3))
        apart = await seen(copy, database)
        assert apart["P"] == (HALF * int(HUGE) + 11, "current", None)
        assert apart["B"] == (HALF * int(HUGE) + 100, "current", None)
        world.say(goal("B", 3, parent_id="P"))
        again = await seen(copy, database)
        assert again["P"] == (HALF * int(HUGE) + 11, "failed", "P")


async def test_a_lock_ends_a_failure_and_its_end_begins_it_again(
    world: World, database: str
) -> None:
    """What somebody wrote can be shown; what is computed still cannot."""
    async with alone(world, database) as copy:
        await seen(copy, database)
        pour(world, "A", TOO_MANY)
        await seen(copy, database)
        world.say(goal("A", 2, parent_id="P", override=LOCK))
        locked = await seen(copy, database)
        assert locked["A"] == (3, "current", None)
        assert locked["P"] == (104, "current", None)
        unlocked = {**LOCK, "number": 2, "is_override": False, "is_overridden": False}
        world.say(goal("A", 2, parent_id="P", override=unlocked))
        failing = await seen(copy, database)
        assert failing["A"] == (3, "failed", "A")
        assert failing["P"] == (104, "failed", "A")
        world.say(goal("A", 2, parent_id="P", override=unlocked, state="closed"))
        closed = await seen(copy, database)
        assert closed["A"] == (3, "frozen", None)


async def test_what_was_written_is_kept_by_a_sum_that_is_too_large(
    world: World, database: str
) -> None:
    """An unlocked value ends with the next change, unless that cannot be shown."""
    written = {**LOCK, "is_overridden": False}
    async with alone(world, database) as copy:
        await seen(copy, database)
        world.say(goal("A", 2, parent_id="P", override=written))
        await seen(copy, database)
        pour(world, "A", TOO_MANY)
        assert (await seen(copy, database))["A"] == (3, "failed", "A")
        pour(world, "A", TOO_MANY, version=2)
        healed = await seen(copy, database)
        assert healed["A"] == (10, "current", None)
        assert healed["P"] == (111, "current", None)


async def test_a_goal_is_deleted_before_its_sum_is_found_too_large(
    world: World, database: str
) -> None:
    """The moment that takes it away is the one that adds up what waited for it."""
    async with alone(world, database) as copy:
        await seen(copy, database)
        pour(world, "A", TOO_MANY)
        await copy.apply_all(limit=5_000)
        world.say(making.gone("A", 2))
        assert await seen(copy, database) == {
            "P": (101, "current", None),
            "B": (100, "current", None),
            "Z": (1000, "current", None),
        }


async def test_another_process_climbs_on(world: World, database: str) -> None:
    """Who takes over knows who fails, and finds that it heals."""
    async with alone(world, database) as copy, copy_of(world, database) as other:
        await seen(copy, database)
        await other.climb()
        pour(world, "A", TOO_MANY)
        await seen(copy, database)
        pour(world, "A", 1)
        world.record(making.won("N-B", "200", owner="B"))
        await copy.apply_all()
        await other.publish_climbed(await other.climb())
        await other.publish()
        assert (await seen(copy, database))["P"] == (311, "failed", "A")
        pour(world, "A", 2, version=2)
        await copy.apply_all()
        await other.climb()
        await other.publish()
        assert (await seen(copy, database))["A"][1] == "current"

"""Recalculate: a tree rebuilt from its records, and what was found different."""

from typing import Any

import pytest

from services.rollup.store import comparing
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World
from tests.integration.rollup.judging import judge
from tests.integration.rollup.recalculating import (
    INJECTED,
    LOCK,
    OWN_5,
    RECORD_5,
    STRANGE,
    TOTALS,
    WRITE,
    goal,
    override,
    recalculated,
    report,
    shown,
    small_steps,
    told,
    tree,
    wish,
)


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have reading and comparing take several steps."""
    small_steps(monkeypatch)


@pytest.fixture
def world() -> World:
    """Return a tree of three with records of each person's, and a goal beside it."""
    return tree()


async def test_where_nothing_is_wrong_nothing_is_found(
    copy: Copy, world: World, database: str
) -> None:
    """Its progress can be followed; meanwhile the tree computes, and shows the same."""
    await copy.settle()
    world.say(wish())
    await copy.redefine_all()
    queued = await report(copy)
    computing = await copy.pool.fetchval("SELECT sum(computing) FROM rollup.total")
    read = []
    while await copy.rederiving.work_once():
        await copy.climb()
        await judge(database)
        read.append((await report(copy))["records_read"])
    compares = await report(copy)
    await copy.settle()
    done = await report(copy)

    assert (queued["status"], queued["goals"], queued["tree_id"]) == ("queued", 3, "A")
    assert queued["started_at"] is None
    assert computing == 3 + 2 + 1
    assert read == [3, 6, 9, 10]
    assert compares["status"] == "comparing"
    assert done["status"] == "done"
    assert done["records_read"] == done["records_expected"] == 10
    assert done["records_compared"] == 10
    assert done["started_at"] <= done["finished_at"]
    assert (done["differences"], done["difference_count"]) == ([], 0)
    assert done["note"] is None
    assert await shown(copy, database) == TOTALS


@pytest.mark.parametrize("fault", INJECTED)
async def test_what_is_different_is_found_and_put_right(
    fault: str, copy: Copy, database: str
) -> None:
    """To the unit, with all above it; the next one finds nothing."""
    await copy.settle()
    statements, expected = INJECTED[fault]
    for statement in statements:
        await copy.pool.execute(statement)

    first = await recalculated(copy)
    second = await recalculated(copy, asked="R2")

    assert told(first["differences"]) == expected
    assert first["difference_count"] == len(expected)
    assert second["differences"] == []
    assert await shown(copy, database) == TOTALS


async def test_records_are_named_that_added_something_else(copy: Copy) -> None:
    """Up to ten for each number, at their versions."""
    await copy.settle()
    await copy.pool.execute(RECORD_5)
    await copy.pool.execute(STRANGE)

    [one] = (await recalculated(copy))["differences"]

    assert one["records"] == ["opportunity/O-C1@1", "opportunity/O-X3@1"]


async def test_what_is_wrong_in_another_tree_is_told_too(
    copy: Copy, database: str
) -> None:
    """Its records are read anyway: what they add there is put right."""
    await copy.settle()
    await copy.pool.execute(
        "UPDATE rollup.record SET amounts = '{10070000}' WHERE key LIKE '%O-X1'"
    )
    await copy.pool.execute(
        "UPDATE rollup.total SET own_actual = own_actual + 70000, "
        "computed_actual = computed_actual + 70000 WHERE number = 4"
    )

    found = await recalculated(copy)

    assert told(found["differences"]) == [("X", "contributions.actual", "4007", "4000")]
    assert await shown(copy, database) == TOTALS


async def test_what_is_written_ends_and_what_is_locked_stays(
    copy: Copy, world: World, database: str
) -> None:
    """Also where no number below moves; those above follow at once."""
    await copy.settle()
    world.say(goal("C", override=override(1, WRITE, actual="7")))
    world.say(goal("B", override=override(2, LOCK, actual="50", in_progress="5")))
    world.say(goal("X", override=override(3, WRITE, actual="9")))
    await copy.settle()
    before = await shown(copy, database)

    await recalculated(copy, "A")

    assert before == {"A": 52, "B": 50, "C": 7, "X": 9}
    # B's lock holds, and X stands in another tree.
    assert await shown(copy, database) == {"A": 52, "B": 50, "C": 200, "X": 9}
    flags = await copy.pool.fetch(
        "SELECT id, locked, written FROM rollup.goal ORDER BY number"
    )
    assert [tuple(row) for row in flags] == [
        ("A", False, False),
        ("B", True, False),
        ("C", False, False),
        ("X", False, True),
    ]
    world.say(goal("B", override=override(4, {**WRITE, "is_override": False})))
    await copy.settle()
    assert (await shown(copy, database))["A"] == 222


async def test_what_is_written_ends_at_a_root(
    copy: Copy, world: World, database: str
) -> None:
    """Nobody stands above it who would ask."""
    await copy.settle()
    world.say(goal("A", override=override(1, WRITE, actual="7", in_progress="3")))
    await copy.settle()
    assert (await shown(copy, database))["A"] == 7

    await recalculated(copy, "C")

    assert await shown(copy, database) == TOTALS


async def test_a_closed_goal_is_left_as_it_is(
    copy: Copy, world: World, database: str
) -> None:
    """Its numbers are not touched, nor compared; those around it are."""
    await copy.settle()
    world.say(goal("B", state="closed"))
    await copy.settle()
    world.record(making.won("O-C3", "300.00", owner="C"))
    world.record(making.won("O-B3", "30.00", owner="B"))
    await copy.settle()
    await copy.pool.execute(OWN_5)
    row = "SELECT held_actual, own_actual, pending_actual FROM rollup.total"
    before = await copy.pool.fetchrow(f"{row} WHERE number = 2")

    found = await recalculated(copy)

    after = await copy.pool.fetchrow(f"{row} WHERE number = 2")
    assert before == after
    assert found["goals"] == 2
    assert told(found["differences"]) == [("C", "own.actual", "505", "500")]
    assert await shown(copy, database) == {"A": 222, "B": 220, "C": 500, "X": 4000}


async def test_where_all_goals_are_closed_there_is_nothing_to_do(
    copy: Copy, world: World, database: str
) -> None:
    """It ends at once, without a goal."""
    await copy.settle()
    world.say(goal("X", state="discarded"))
    await copy.settle()

    found = await recalculated(copy, "X")

    assert (found["goals"], found["records_read"]) == (0, 0)
    assert await shown(copy, database) == TOTALS


async def test_a_second_wish_joins_the_one_that_runs(
    copy: Copy, world: World, database: str
) -> None:
    """From any goal of the tree; both are told the same, and one work is done."""
    await copy.settle()
    await copy.pool.execute(OWN_5)
    world.say(wish("B", "R1"))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.say(wish("C", "R2"), wish("A", "R3"))
    await copy.redefine_all()
    jobs = await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation")
    await copy.settle()
    several = [await report(copy, one) for one in ("R1", "R2", "R3")]
    later = await recalculated(copy, "C", "R4")

    assert jobs == 1
    assert [one["goal_id"] for one in several] == ["B", "C", "A"]
    for one in several:
        assert one["status"] == "done"
        assert one["records_read"] == 10
        assert told(one["differences"]) == INJECTED["own"][1]
    assert later["differences"] == []
    assert await shown(copy, database) == TOTALS


async def test_wishes_of_one_moment_are_one_work(
    copy: Copy, world: World, database: str
) -> None:
    """For each tree one job, though all are heard of together."""
    await copy.settle()
    world.say(wish("B", "R1"))
    world.say(wish("C", "R2"))
    world.say(wish("X", "R3"))
    await copy.redefine_all()
    jobs = await copy.pool.fetch("SELECT numbers FROM rollup.rederivation ORDER BY id")
    await copy.settle()
    await copy.settle()

    assert [row["numbers"] for row in jobs] == [[1, 2, 3], [4]]
    for one in ("R1", "R2", "R3"):
        assert (await report(copy, one))["status"] == "done"
    assert await shown(copy, database) == TOTALS


async def test_a_wish_that_comes_again_is_known(copy: Copy) -> None:
    """A publisher that stalled sends it once more, long after it was granted."""
    await copy.settle()
    once = await recalculated(copy)
    again = await recalculated(copy)

    assert once == again
    assert await copy.pool.fetchval("SELECT sum(computing) FROM rollup.total") == 0


async def test_a_wish_for_a_goal_that_is_gone_just_ends(
    copy: Copy, world: World
) -> None:
    """It says so; nothing is read."""
    await copy.settle()
    world.say(making.gone("C", 3))
    world.say(wish("C"))
    await copy.redefine_all()
    found = await report(copy)

    assert found["status"] == "done"
    assert found["note"] == "goal C was deleted before this began; nothing was done"
    assert (found["goals"], found["records_read"]) == (0, 0)
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation") == 0


async def test_goals_say_when_they_were_last_rolled_up(
    copy: Copy, world: World
) -> None:
    """By the end of a re-derivation, and of a recalculation of their tree."""

    async def stamps() -> dict[int, Any]:
        rows = await copy.pool.fetch("SELECT * FROM rollup_published.rolled_up")
        return {row["number"]: row["at"] for row in rows}

    await copy.redefine_all()
    new = await stamps()
    await copy.settle()
    first = await stamps()
    world.record(making.won("O-C9", "1.00", owner="C"))
    await copy.settle()
    after_a_record = await stamps()
    await recalculated(copy, "C")
    last = await stamps()

    assert new == {}
    assert first.keys() == {1, 2, 3, 4}
    assert after_a_record == first
    assert {number for number in first if last[number] > first[number]} == {1, 2, 3}
    assert last[4] == first[4]


async def test_a_report_names_the_first_differences_and_counts_all(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is wrong, the report can be read."""
    monkeypatch.setattr(comparing, "DIFFERENCES_MAX", 2)
    await copy.settle()
    await copy.pool.execute("UPDATE rollup.total SET own_custom = 7")

    found = await recalculated(copy)

    assert len(found["differences"]) == 2
    assert found["difference_count"] == 3


async def test_what_was_asked_long_ago_is_forgotten(copy: Copy) -> None:
    """Reports are kept for a season."""
    await copy.settle()
    await recalculated(copy, "X", "R1")
    await copy.pool.execute(
        "UPDATE rollup.recalculation SET finished_at = now() - interval '91 days'"
    )
    await recalculated(copy, "X", "R2")

    rows = await copy.pool.fetch("SELECT id FROM rollup.recalculation")
    assert [row["id"] for row in rows] == ["R2"]

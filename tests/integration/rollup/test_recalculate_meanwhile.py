"""Recalculate while records flow, goals change and processes die."""

import asyncio
from typing import Any

import asyncpg
import pytest

from services.rollup import recalculate
from services.rollup.store import comparing, recalculations
from shared.plumbing.postgres import TRANSIENT_ERRORS
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, alone, copy_of
from tests.integration.rollup.judging import OWN, judge, numbers
from tests.integration.rollup.recalculating import (
    COMPUTED_5,
    INJECTED,
    OWN_5,
    TOTALS,
    UNIT,
    WRITE,
    before,
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

PHASES = [
    *((recalculations, name) for name in ("read_on", "find", "begin_comparing", "end")),
    *((comparing, name) for name in ("take", "page", "seize", "report")),
]


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have reading and comparing take several steps."""
    small_steps(monkeypatch)


@pytest.fixture
def world() -> World:
    """Return a tree of three with records of each person's, and a goal beside it."""
    return tree()


@pytest.mark.parametrize("fault", INJECTED)
async def test_records_keep_flowing(
    fault: str,
    copy: Copy,
    world: World,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between chunks, between pages, between the picture and what corrects it."""
    await copy.settle()
    statements, expected = INJECTED[fault]
    for statement in statements:
        await copy.pool.execute(statement)
    turn = 0

    async def flow() -> None:
        nonlocal turn
        turn += 1
        for owner in "ABCX":
            world.record(making.won(f"N-{owner}{turn % 3}", "2.00", owner=owner))
            grown = making.won(
                f"M-{owner}", f"{turn}.00", owner=owner, version=2 * turn
            )
            world.record(grown)
        world.record(making.won("M-A", f"{turn}.00", owner="C", version=2 * turn + 1))
        await copy.apply_all(limit=4)
        if turn % 2:
            await copy.climb()

    before(monkeypatch, comparing, "page", flow)
    before(monkeypatch, comparing, "seize", flow)
    world.say(wish())
    await copy.redefine_all()
    while await copy.rederiving.work_once():
        await flow()
    await copy.settle()
    found = await report(copy)

    assert found["status"] == "done"
    assert turn > 6
    # By how much each is off is the same, whatever has come to it meanwhile.
    assert [_off_by(one) for one in found["differences"]] == [
        _off_by(
            {"goal_id": one[0], "field": one[1], "was": one[2], "should_be": one[3]}
        )
        for one in expected
    ]
    assert await shown(copy, database) == {
        "A": 222 + 3 * 6 + 3 * turn,
        "B": 220 + 2 * 6 + 3 * turn,
        "C": 200 + 6 + 2 * turn,
        "X": 4000 + 6 + turn,
    }


@pytest.mark.parametrize(("place", "phase"), PHASES)
async def test_another_process_goes_on(
    place: Any, phase: str, copy: Copy, world: World, database: str, monkeypatch: Any
) -> None:
    """Wherever a process dies, by its connection."""
    await copy.settle()
    for statement in INJECTED["what a record adds, and all that follows"][0]:
        await copy.pool.execute(statement)
    world.say(wish())
    await copy.redefine_all()
    killed = 0
    original = getattr(place, phase)

    async def die_first(
        connection: asyncpg.Connection, *more: Any, **named: Any
    ) -> Any:
        nonlocal killed
        if not killed:
            killed += 1
            await copy.pool.execute(
                "SELECT pg_terminate_backend($1)", connection.get_server_pid()
            )
        return await original(connection, *more, **named)

    monkeypatch.setattr(place, phase, die_first)
    async with copy_of(world, database) as heir:
        with pytest.raises(TRANSIENT_ERRORS):
            await work(copy)
        # What others see has not moved, but to where it belongs.
        assert (await numbers(database, OWN))["A"] == (2 * UNIT, 0, 0)
        await heir.settle()
        await heir.climb()
        await heir.publish()
        found = await report(heir)

    assert killed == 1
    assert found["status"] == "done"
    assert (
        told(found["differences"])
        == (INJECTED["what a record adds, and all that follows"][1])
    )
    assert await shown(copy, database) == TOTALS


async def work(copy: Copy) -> None:
    """Read, compare and climb."""
    await copy.rederive_all()
    await copy.recalculating.work_once()
    await copy.climb()


async def test_a_process_that_is_stopped_leaves_it_to_another(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it compares, nobody else does; once it is cancelled, another begins."""
    await copy.settle()
    await copy.pool.execute(OWN_5)
    world.say(wish())
    await copy.redefine_all()
    await copy.rederive_all()
    reached, never = asyncio.Event(), asyncio.Event()

    async def halt() -> None:
        if not reached.is_set():
            reached.set()
            await never.wait()

    before(monkeypatch, comparing, "page", halt)
    async with copy_of(world, database) as heir:
        stopped = asyncio.create_task(copy.recalculating.work_once())
        await reached.wait()
        meanwhile = await heir.recalculating.work_once()
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)
        await heir.settle()

    assert meanwhile == []
    assert told((await report(copy))["differences"]) == INJECTED["own"][1]
    assert await shown(copy, database) == TOTALS


@pytest.mark.parametrize("read", [False, True])
async def test_goals_that_are_deleted_meanwhile_are_left_out(
    read: bool, copy: Copy, world: World, database: str
) -> None:
    """The others of its tree are recalculated, wherever they stand by then."""
    await copy.settle()
    await copy.pool.execute(OWN_5)
    world.say(wish("B"))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    if read:
        await copy.rederive_all()
    world.say(making.gone("B", 2))
    await copy.settle()
    found = await report(copy)

    assert found["status"] == "done"
    assert found["note"] == "goal B was deleted meanwhile"
    assert told(found["differences"]) == INJECTED["own"][1]
    assert await shown(copy, database) == {"A": 2, "C": 200, "X": 4000}


async def test_it_ends_though_all_its_goals_are_gone(
    copy: Copy, world: World, database: str
) -> None:
    """Nobody waits for its word, but whoever asked."""
    await copy.settle()
    world.say(wish("X"))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.say(making.gone("X", 4))
    await copy.settle()

    assert (await report(copy))["status"] == "done"
    assert (await report(copy))["note"] == "goal X was deleted meanwhile"
    assert await shown(copy, database) == {"A": 222, "B": 220, "C": 200}


async def test_goals_that_are_changed_meanwhile_do_not_stop_it(
    copy: Copy, world: World, database: str
) -> None:
    """They belong to a newer job; what is new there is no difference."""
    await copy.settle()
    await copy.pool.execute(OWN_5)
    world.say(wish("B"))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    everybodys = {"owner_records_only": False}
    world.say(*(goal(name, **everybodys) for name in "AC"))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.say(goal("B", owner={"type": "user", "id": "X"}))
    await copy.settle()
    found = await report(copy)

    assert found["status"] == "done"
    assert told(found["differences"]) == INJECTED["own"][1]
    assert await shown(copy, database) == {
        "A": 4222 + 4000 + 4222,
        "B": 4000 + 4222,
        "C": 4222,
        "X": 4000,
    }


async def test_what_was_changed_just_before_is_no_difference(
    copy: Copy, world: World, database: str
) -> None:
    """In the same moment, or still being read again."""
    await copy.settle()
    world.say(goal("C", owner_records_only=False))
    await copy.redefine_all()
    world.say(goal("B", owner={"type": "user", "id": "X"}), wish("A"))
    await copy.settle()
    found = await report(copy)

    assert found["differences"] == []
    assert await shown(copy, database) == {"A": 8224, "B": 8222, "C": 4222, "X": 4000}


async def test_goals_that_move_meanwhile_are_corrected_where_they_are(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the picture and its correction, to another tree."""
    await copy.settle()
    for statement in (OWN_5, COMPUTED_5.format(2)):
        await copy.pool.execute(statement)

    async def move() -> None:
        world.say(goal("B", parent_id="X"))
        await copy.redefine_all()

    before(monkeypatch, recalculate.Recalculating, "_correct", move)
    found = await recalculated(copy, "A")

    assert told(found["differences"]) == [
        ("C", "own.actual", "205", "200"),
        ("A", "computed.actual", "227", "222"),
        ("B", "computed.actual", "225", "220"),
    ]
    assert await shown(copy, database) == {"A": 2, "B": 220, "C": 200, "X": 4220}


async def test_goals_that_are_closed_meanwhile_are_left_as_they_are(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the picture and its correction, once a newer job is done with them."""
    await copy.settle()
    world.say(wish("A"))
    await copy.redefine_all()
    world.say(goal("C", owner={"type": "user", "id": "X"}))
    await copy.redefine_all()
    await copy.rederive_all()
    await copy.climb()
    await copy.pool.execute(OWN_5)

    async def close() -> None:
        world.say(goal("C", owner={"type": "user", "id": "X"}, state="closed"))
        await copy.redefine_all()

    with monkeypatch.context() as once:
        before(once, recalculate.Recalculating, "_correct", close)
        await copy.settle()
    found = await report(copy)
    own = (await numbers(database, OWN))["C"]
    await copy.pool.execute(
        "UPDATE rollup.total SET own_actual = own_actual - 50000 WHERE number = 3"
    )

    assert found["status"] == "done"
    assert found["note"] == "1 goal of its tree was closed meanwhile and left alone"
    assert found["differences"] == []
    assert own == (4005 * UNIT, 0, 0)
    assert await shown(copy, database) == {"A": 4022, "B": 4020, "C": 4000, "X": 4000}


async def test_two_that_overlap_correct_once(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a picture of the fault; the later correction sees the earlier one."""
    await copy.settle()
    for statement in (OWN_5, COMPUTED_5.format(1)):
        await copy.pool.execute(statement)
    world.say(wish("B", "R1"))
    await copy.redefine_all()
    await copy.rederive_all()
    # C is queued anew: no job has the whole tree, and the next wish gets its own.
    world.say(goal("C", owner_records_only=False))
    await copy.redefine_all()
    world.say(wish("B", "R2"))
    await copy.redefine_all()
    await copy.rederive_all()
    both = asyncio.Barrier(2)

    async def meet() -> None:
        async with asyncio.timeout(60):
            await both.wait()

    async with copy_of(world, database) as other:
        with monkeypatch.context() as together:
            before(together, comparing, "seize", meet)
            await asyncio.gather(
                copy.recalculating.work_once(), other.recalculating.work_once()
            )
        waits = [(await report(copy, one))["finished_at"] for one in ("R1", "R2")]
        again = await other.recalculating.work_once()
    await copy.settle()
    await copy.settle()

    assert waits == [None, None]
    # What computed values lack is on its way still: no picture is taken till it is in.
    assert again == []
    found = [await report(copy, one) for one in ("R1", "R2")]
    assert [one["status"] for one in found] == ["done", "done"]
    assert min(len(one["differences"]) for one in found) == 0
    assert await shown(copy, database) == {
        "A": 22 + 4222,
        "B": 20 + 4222,
        "C": 4222,
        "X": 4000,
    }


async def test_a_tree_that_gets_another_period_meanwhile_stays_one(
    copy: Copy, world: World, database: str
) -> None:
    """It changes as one, before and after it is asked for."""
    await copy.settle()
    period = {"start": "2027-01-01", "end": "2027-12-31", "time_zone": "Europe/Berlin"}
    world.say(wish("B", "R1"))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.say(*(goal(name, period=period) for name in "ABC"))
    await copy.redefine_all()
    await judge(database)
    world.say(wish("B", "R2"))
    await copy.redefine_all()
    await judge(database)
    await copy.rederive_all()
    while not (await report(copy, "R2"))["finished_at"]:
        await copy.settle()
        await judge(database)

    for one in ("R1", "R2"):
        assert (await report(copy, one))["status"] == "done"
        assert (await report(copy, one))["differences"] == []
    assert await shown(copy, database) == {"A": 0, "B": 0, "C": 0, "X": 4000}


async def test_it_waits_for_goals_that_somebody_changed(
    copy: Copy, world: World
) -> None:
    """Whoever edits a goal waits for it; a recalculation reads on afterwards."""
    await copy.settle()
    world.say(wish("B"))
    await copy.redefine_all()
    world.say(goal("X", owner_records_only=False))
    await copy.redefine_all()

    for _ in range(4):
        await copy.rederiving.work_once()

    assert (await report(copy))["records_read"] == 0
    await copy.settle()
    assert (await report(copy))["status"] == "done"


async def test_any_process_may_end_it(world: World, database: str) -> None:
    """One hears of it, others read, compare and climb."""
    async with alone(world, database) as first:
        await first.settle()
        await first.pool.execute(OWN_5)
        world.say(goal("C", override=override(1, WRITE, actual="7")), wish("B"))
        await first.redefine_all()
        for step in (
            "rederive",
            "rederive",
            "rederive",
            "rederive",
            "compare",
            "climb",
        ):
            async with copy_of(world, database) as one:
                if step == "rederive":
                    await one.rederiving.work_once()
                elif step == "compare":
                    await one.recalculating.work_once()
                else:
                    await one.publish_climbed(await one.climb())
        assert told((await report(first))["differences"]) == INJECTED["own"][1]
        await first.settle()
        assert await shown(first, database) == TOTALS


def _off_by(one: dict[str, Any]) -> tuple[str, str, float]:
    off = float(one["should_be"]) - float(one["was"])
    return one["goal_id"], one["field"], round(off, 2)

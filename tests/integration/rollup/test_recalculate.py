"""Recalculate: a tree rebuilt from its records, while they keep flowing."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup import recalculate, rederive
from services.rollup.store import recalculations
from shared.messages.definitions import RecalculationDefinition
from shared.plumbing.postgres import TRANSIENT_ERRORS
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, alone, copy_of
from tests.integration.rollup.judging import OWN, judge, numbers

UNIT = 10_000
# With ten records these make several chunks and several pages.
CHUNK, PAGE = 3, 4
PARENTS = {"A": None, "B": "A", "C": "B", "X": None}
LOCK = {"is_override": True, "is_overridden": True}
WRITE = {"is_override": True, "is_overridden": False}

_versions = iter(range(2, 10_000))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have reading and comparing take several steps."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", CHUNK)
    monkeypatch.setattr(recalculate, "PAGE_RECORDS", PAGE)


@pytest.fixture
def world() -> World:
    """Return a tree of three with records of each person's, and a goal beside it.

    A ── B ── C      X
    """
    made = World()
    made.say(making.metric(), *(goal(name) for name in "ABCX"))
    for owner, amount in (("A", "1.00"), ("B", "10.00"), ("C", "100.00")):
        for turn in (1, 2):
            made.record(making.won(f"O-{owner}{turn}", amount, owner=owner))
    for turn in range(4):
        made.record(making.won(f"O-X{turn}", "1000.00", owner="X"))
    return made


TOTALS = {"A": 222, "B": 220, "C": 200, "X": 4000}


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


def wish(name: str = "B", asked: str = "R") -> RecalculationDefinition:
    """Return the wish that a goal's tree be recalculated."""
    return RecalculationDefinition.model_validate(
        {
            "id": asked,
            "version": next(_versions),
            "goal_id": name,
            "goal_number": "ABCX".index(name) + 1,
            "asked_at": "2026-11-21T09:00:00Z",
        }
    )


def override(number: int, flags: dict[str, bool], **values: str) -> dict[str, Any]:
    """Return an override as goals sends it."""
    at = "2026-11-20T09:00:00+00:00"
    return {"number": number, "values": values, "at": at, **flags}


async def report(copy: Copy, asked: str = "R") -> dict[str, Any]:
    """Return what is published of a recalculation."""
    row = await copy.pool.fetchrow(
        "SELECT * FROM rollup_published.recalculation WHERE id = $1", asked
    )
    assert row is not None
    return {**row, "differences": json.loads(row["differences"])}


async def recalculated(copy: Copy, name: str = "B", asked: str = "R") -> dict[str, Any]:
    """Recalculate from beginning to end; return the report."""
    copy.world.say(wish(name, asked))
    await copy.settle()
    told = await report(copy, asked)
    assert told["status"] == "done"
    return told


async def shown(copy: Copy, url: str) -> dict[str, int]:
    """Return what all goals show, once everything agrees with everything."""
    await judge(url)
    assert not verifying.judge(await read_rows(url)).differences
    announced: dict[str, Any] = copy.world.outgoing.last()
    found = {
        name: actual // UNIT for name, (actual, *_) in (await numbers(url)).items()
    }
    for name, actual in found.items():
        assert announced[name]["values"]["actual"] == f"{actual}.0000"
    return found


def told(differences: Sequence[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Return differences in short."""
    return [
        (
            one["goal_id"],
            one["field"],
            one["was"].removesuffix(".0000"),
            one["should_be"].removesuffix(".0000"),
        )
        for one in differences
    ]


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


# What is done to the tables behind the engine's back, and what must be told of it.
OWN_5 = "UPDATE rollup.total SET own_actual = own_actual + 50000 WHERE number = 3"
COMPUTED_5 = """
UPDATE rollup.total SET computed_actual = computed_actual + 50000 WHERE number <= {0}
"""
RECORD_5 = """
UPDATE rollup.record SET amounts = ARRAY[amounts[1] + 50000]
WHERE key = 'opportunity/O-C1'
"""
STRANGE = """
UPDATE rollup.record SET slots = slots || 24, amounts = amounts || 70000::bigint
WHERE key = 'opportunity/O-X3'
"""
MISSING = """
UPDATE rollup.record SET slots = '{}', amounts = '{}' WHERE key = 'opportunity/O-B2'
"""
HUGE = """
UPDATE rollup.total SET own_actual = own_actual + 12345678901234567890
WHERE number = 2
"""
INJECTED = {
    "own": ([OWN_5], [("C", "own.actual", "205", "200")]),
    "own, and what is computed of it": (
        [OWN_5, COMPUTED_5.format(3)],
        [
            ("C", "own.actual", "205", "200"),
            ("A", "computed.actual", "227", "222"),
            ("B", "computed.actual", "225", "220"),
            ("C", "computed.actual", "205", "200"),
        ],
    ),
    "computed only": (
        [COMPUTED_5.format(1)],
        [("A", "computed.actual", "227", "222")],
    ),
    "what a record adds": (
        [RECORD_5],
        [("C", "contributions.actual", "205", "200")],
    ),
    "what a record adds, and all that follows": (
        [RECORD_5, OWN_5, COMPUTED_5.format(3)],
        [
            ("C", "contributions.actual", "205", "200"),
            ("C", "own.actual", "205", "200"),
            ("A", "computed.actual", "227", "222"),
            ("B", "computed.actual", "225", "220"),
            ("C", "computed.actual", "205", "200"),
        ],
    ),
    "what a stranger's record adds": (
        [STRANGE],
        [("C", "contributions.actual", "207", "200")],
    ),
    "what a record does not add": (
        [MISSING],
        [("B", "contributions.actual", "10", "20")],
    ),
    "two faults that hide one another": (
        [OWN_5, RECORD_5],
        [
            ("C", "contributions.actual", "205", "200"),
            ("C", "own.actual", "205", "200"),
        ],
    ),
    "more than a bigint holds": (
        [HUGE],
        [("B", "own.actual", "1234567890123476.7890", "20")],
    ),
}


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

    _before(monkeypatch, recalculations, "page", flow)
    _before(monkeypatch, recalculations, "seize", flow)
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


def _off_by(one: dict[str, Any]) -> tuple[str, str, float]:
    off = float(one["should_be"]) - float(one["was"])
    return one["goal_id"], one["field"], round(off, 2)


def _before(
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    act: Callable[[], Awaitable[None]],
) -> None:
    """Have something happen before each call of a function."""
    original = getattr(place, name)

    async def both(*words: Any, **named: Any) -> Any:
        await act()
        return await original(*words, **named)

    monkeypatch.setattr(place, name, both)


PHASES = [
    "read_on",
    "find",
    "begin_comparing",
    "take",
    "page",
    "seize",
    "report",
    "end",
]


@pytest.mark.parametrize("phase", PHASES)
async def test_another_process_goes_on(
    phase: str, copy: Copy, world: World, database: str, monkeypatch: Any
) -> None:
    """Wherever a process dies, by its connection."""
    await copy.settle()
    for statement in INJECTED["what a record adds, and all that follows"][0]:
        await copy.pool.execute(statement)
    world.say(wish())
    await copy.redefine_all()
    killed = 0
    original = getattr(recalculations, phase)

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

    monkeypatch.setattr(recalculations, phase, die_first)
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

    _before(monkeypatch, recalculations, "page", halt)
    async with copy_of(world, database) as heir:
        comparing = asyncio.create_task(copy.recalculating.work_once())
        await reached.wait()
        meanwhile = await heir.recalculating.work_once()
        comparing.cancel()
        await asyncio.gather(comparing, return_exceptions=True)
        await heir.settle()

    assert meanwhile == []
    assert told((await report(copy))["differences"]) == INJECTED["own"][1]
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

    _before(monkeypatch, recalculate.Recalculating, "_correct", move)
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

    with monkeypatch.context() as before:
        _before(before, recalculate.Recalculating, "_correct", close)
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
        async with asyncio.timeout(10):
            await both.wait()

    async with copy_of(world, database) as other:
        with monkeypatch.context() as together:
            _before(together, recalculations, "seize", meet)
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
    monkeypatch.setattr(recalculations, "DIFFERENCES_MAX", 2)
    await copy.settle()
    await copy.pool.execute("UPDATE rollup.total SET own_custom = 7")

    found = await recalculated(copy)

    assert len(found["differences"]) == 2
    assert found["difference_count"] == 3


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

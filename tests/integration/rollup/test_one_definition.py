"""One definition a tree: nobody reads a value beside a period it was not made in."""

import json
from typing import Any

import asyncpg
import msgspec
import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup import rederive
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World
from tests.integration.rollup.judging import judge

TREE = ("A", "B", "C")
CHUNK = 5
RECORDS = 22
YEAR_BEFORE = {**making.YEAR, "start": "2025-01-01", "end": "2025-12-31"}
YEAR_AFTER = {**making.YEAR, "start": "2027-01-01", "end": "2027-12-31"}

# What is shown of a goal: its metric, the year its period begins in, its actual value.
Shown = tuple[str, str, str | None]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", CHUNK)


@pytest.fixture
def world() -> World:
    """Return topics with a tree whose goals each count a person's records, and one.

    A ── B ── C      X
    """
    made = World()
    made.say(making.metric(), *tree(), owned("X", 4))
    for number in range(RECORDS):
        made.record(making.won(f"O-{number:03}", "1.00", owner="C"))
    for year, amount in (("2025", "30.00"), ("2027", "500.00")):
        made.record(making.won(f"O-{year}", amount, owner="C", closed=f"{year}-05-05"))
    made.record(making.won("O-X", "7000.00", owner="X"))
    return made


def owned(name: str, number: int, **changes: Any) -> Any:
    """Return a goal that counts the records of a person of the same name."""
    owner = {"owner": {"type": "user", "id": name}, "owner_records_only": True}
    return making.goal(name, number, **{**owner, **changes})


def tree(**changes: Any) -> list[Any]:
    """Return the three goals of the tree."""
    return [
        owned(name, number, parent_id=parent, **changes)
        for number, (name, parent) in enumerate(
            (("A", None), ("B", "A"), ("C", "B")), start=1
        )
    ]


async def snapshot(copy: Copy) -> dict[str, Shown]:
    """Return what the published view shows of each goal, in one snapshot."""
    rows = await copy.pool.fetch("SELECT * FROM rollup_published.goal")
    return {row["id"]: _shown_in(row) for row in rows}


def _shown_in(row: asyncpg.Record) -> Shown:
    definition = json.loads(row["definition"])
    units = row["computed_actual"].scaleb(-row["decimals"])
    return (
        definition["metric_id"],
        definition["period"]["start"][:4],
        f"{units:.{row['decimals']}f}"
        if "actual" in json.loads(row["rollup_fields"])
        else None,
    )


def told(world: World) -> dict[str, list[Shown]]:
    """Return what was announced of each goal, in order, without repetitions."""
    found: dict[str, list[Shown]] = {}
    for message in world.outgoing.messages:
        event = msgspec.json.decode(message.value or b"{}")
        if event:
            shown = (
                event["metric_id"],
                event["period"]["start"][:4],
                event["values"]["actual"],
            )
            line = found.setdefault(event["goal_id"], [])
            if line[-1:] != [shown]:
                line.append(shown)
    return found


async def pictures(copy: Copy, database: str) -> list[dict[str, Shown]]:
    """Derive again chunk by chunk; return what was shown after each step."""
    seen = [await snapshot(copy)]
    while await copy.rederiving.work_once():
        seen.append(await snapshot(copy))
        await copy.climb()
        await copy.publish()
        await judge(database)
        seen.append(await snapshot(copy))
    return seen


def of_tree(shown: Shown) -> dict[str, Shown]:
    """Return the picture in which all of the tree shows this."""
    return dict.fromkeys(TREE, shown)


def without_repetitions(several: list[dict[str, Shown]]) -> list[dict[str, Shown]]:
    """Return what the tree showed, one after the other."""
    found: list[dict[str, Shown]] = []
    for one in several:
        picture = {name: one[name] for name in TREE}
        if found[-1:] != [picture]:
            found.append(picture)
    return found


async def start(copy: Copy, world: World) -> None:
    """Bring everything to rest and forget what was announced."""
    await copy.settle()
    world.outgoing.messages.clear()


BEFORE = ("revenue", "2025", "30.0000")
NOW = ("revenue", "2026", "22.0000")
AFTER = ("revenue", "2027", "500.0000")


async def test_a_new_period_is_shown_with_its_values_by_the_whole_tree_at_once(
    copy: Copy, world: World, database: str
) -> None:
    """In every snapshot and message; what comes meanwhile waits for it too."""
    await start(copy, world)
    world.say(*tree(version=2, period=YEAR_BEFORE))
    await copy.redefine_all()
    await copy.publish()
    await judge(database)
    world.record(making.won("O-2026", "4.00", owner="C"))
    await copy.apply_all()
    await copy.climb()
    await copy.publish()

    seen = await pictures(copy, database)

    assert len(seen) > RECORDS // CHUNK
    assert without_repetitions(seen) == [of_tree(NOW), of_tree(BEFORE)]
    assert told(world) == {name: [NOW, BEFORE] for name in TREE}
    left = "SELECT count(*) FROM rollup.goal WHERE made_under IS NOT NULL"
    assert await copy.pool.fetchval(left) == 0


@pytest.mark.parametrize(
    "change",
    [
        owned("B", 2, version=3, parent_id="A", period=YEAR_BEFORE, title="new"),
        owned(
            "B",
            2,
            version=3,
            parent_id="A",
            period=YEAR_BEFORE,
            rollup_only_from_children=True,
        ),
        owned("D", 5, parent_id="B", period=YEAR_BEFORE),
    ],
    ids=["title", "participation", "new goal"],
)
async def test_what_changes_meanwhile_joins(
    copy: Copy, world: World, database: str, change: Any
) -> None:
    """The tree waits for that too, and still changes as a whole."""
    await start(copy, world)
    world.say(*tree(version=2, period=YEAR_BEFORE))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.say(change)
    await copy.redefine_all()
    await copy.publish()
    await judge(database)
    jobs = await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation")

    seen = await pictures(copy, database)

    assert jobs == 1
    assert without_repetitions(seen) == [of_tree(NOW), of_tree(BEFORE)]
    new = told(world).pop("D", None)
    assert new in (None, [("revenue", "2026", "0.0000"), ("revenue", "2025", "0.0000")])


async def test_a_second_period_goes_over_the_first(
    copy: Copy, world: World, database: str
) -> None:
    """The one in between is never shown: no values were made in it."""
    await start(copy, world)
    world.say(*tree(version=2, period=YEAR_BEFORE))
    await copy.redefine_all()
    await copy.rederive_all()
    world.say(*tree(version=3, period=YEAR_AFTER))
    await copy.redefine_all()
    await copy.publish()

    seen = await pictures(copy, database)

    assert without_repetitions(seen) == [of_tree(NOW), of_tree(AFTER)]
    assert told(world) == {name: [NOW, AFTER] for name in TREE}


async def test_values_of_another_metric_come_with_that_metric(
    copy: Copy, world: World, database: str
) -> None:
    """Until then money stays money, with the target that it had."""
    world.record(
        making.won("C-1", None, entity="phonecall", attributes={"ended": "2026-05-01"})
    )
    world.say(making.calls())
    await start(copy, world)
    world.say(
        owned(
            "X", 4, version=2, metric_id="calls", target="4", owner_records_only=False
        )
    )
    await copy.redefine_all()
    await copy.publish()
    between = world.outgoing.last()["X"]
    verdict = verifying.judge(await read_rows(database))

    seen = [one["X"] for one in await pictures(copy, database)]

    assert set(seen[:-1]) == {("revenue", "2026", "7000.0000")}
    assert seen[-1] == ("calls", "2026", "1")
    assert told(world)["X"] == [seen[0], seen[-1]]
    assert not verdict.differences
    totals = {root.goal_id: root.computed for root in verdict.roots}
    assert totals["X"] == "7000.0000"
    last = world.outgoing.last()["X"]
    assert between is not None
    assert (between["target"], between["percentage"]) == ("100.0000", "7000.0000")
    assert last is not None
    assert (last["target"], last["percentage"]) == ("4", "25.0000")


async def test_a_metric_is_shown_as_it_was_until_its_goals_are_derived(
    copy: Copy, world: World, database: str
) -> None:
    """A measure that goes shows its last value; one that comes is not zero before."""
    await start(copy, world)
    fields = {"custom": {**making.REVENUE["actual"], "source_attribute": None}}
    world.say(making.metric(version=2, rollup_fields=fields))
    await copy.redefine_all()
    await copy.publish()

    seen = await pictures(copy, database)

    gone = ("revenue", "2026", None)
    assert without_repetitions(seen) == [of_tree(NOW), of_tree(gone)]
    assert told(world)["A"] == [NOW, gone]
    custom = [
        msgspec.json.decode(message.value or b"")["values"]["custom"]
        for message in world.outgoing.messages
        if message.key == b"A"
    ]
    assert custom[0] is None
    assert custom[-1] is not None


async def test_a_goal_joins_a_tree_when_both_show_the_same(
    copy: Copy, world: World, database: str
) -> None:
    """Until then it is a root; nobody need ask for it to be placed."""
    world.record(
        making.won("O-Y", "7000.00", owner="X", closed="2025-05-05"),
    )
    world.say(owned("X", 4, version=2, period=YEAR_BEFORE))
    await start(copy, world)
    world.say(*tree(version=2, period=YEAR_BEFORE))
    world.say(owned("X", 4, version=3, period=YEAR_BEFORE, parent_id="A"))
    await copy.redefine_all()
    await judge(database)
    too_early = await copy.redefining.follow_up()
    before = (await snapshot(copy))["X"]
    seen = await pictures(copy, database)
    unfinished = await copy.pool.fetchval(
        "SELECT computing_goals FROM rollup_published.status"
    )

    groups = await copy.redefining.follow_up()
    await copy.publish()

    assert too_early == []
    assert before == ("revenue", "2025", "7000.0000")
    assert unfinished == 1
    assert without_repetitions(seen) == [of_tree(NOW), of_tree(BEFORE)]
    assert groups
    assert (await snapshot(copy))["A"] == ("revenue", "2025", "7030.0000")
    last = world.outgoing.last()["X"]
    assert last is not None
    assert last["parent_id"] == "A"
    assert await copy.redefining.follow_up() == []
    await judge(database)


async def test_a_tree_that_splits_while_it_waits_changes_part_by_part(
    copy: Copy, world: World, database: str
) -> None:
    """Each of the two trees is whole: it shows the old until its own end."""
    await start(copy, world)
    world.say(*tree(version=2, period=YEAR_BEFORE))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.say(owned("B", 2, version=3, period=YEAR_BEFORE))
    await copy.redefine_all()
    await copy.publish()
    await judge(database)

    seen = await pictures(copy, database)

    for goal_id in ("B", "C"):
        shown = [one[goal_id] for one in seen]
        assert [shown[0], shown[-1]] == [NOW, BEFORE]
        assert set(shown) == {NOW, BEFORE}
    alone = [("revenue", "2026", "0.0000"), ("revenue", "2025", "0.0000")]
    assert [seen[0]["A"], seen[-1]["A"]] == alone

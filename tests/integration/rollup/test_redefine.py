"""Redefine: structure changes at once, and every step leaves a tree that adds up."""

import asyncio
import random
from typing import Any

import pytest

from services.rollup.domain.definitions import Definitions
from services.rollup.domain.forest import Node
from services.rollup.held import HeldDefinitions
from services.rollup.store import definitions as definitions_store
from shared.domain.goals import GoalId
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    EntityDefinition,
    Kind,
)
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, Gone, World, alone, copy_of
from tests.integration.rollup.judging import judge, numbers
from tests.simulation.days import Days

MONEY = 10_000


async def shown(database: str) -> dict[str, int]:
    """Return what each goal shows, in whole money."""
    return {name: one[0] // MONEY for name, one in (await numbers(database)).items()}


@pytest.fixture
def world() -> World:
    """Return topics with two trees, every goal counting its own person's records.

    A ── B ── C      X
    """
    made = World()
    made.say(making.metric())
    for number, (name, parent) in enumerate(
        (("A", None), ("B", "A"), ("C", "B"), ("X", None)), start=1
    ):
        made.say(owned(name, number, parent_id=parent))
        made.record(making.won(f"O-{name}", f"{10 ** (number - 1)}.00", owner=name))
    return made


def owned(name: str, number: int, **changes: Any) -> Any:
    """Return a goal that counts the records of a person of the same name."""
    owner = {"owner": {"type": "user", "id": name}, "owner_records_only": True}
    return making.goal(name, number, **{**owner, **changes})


async def test_goals_count_records_that_came_before_them(
    copy: Copy, database: str
) -> None:
    """A new goal is derived from what is stored."""
    await copy.apply_all()
    await copy.redefine_all()
    await judge(database)

    await copy.settle()

    assert await shown(database) == {"A": 111, "B": 110, "C": 100, "X": 1000}
    await judge(database)


async def test_kinds_that_rollup_does_not_use_stop_nothing(
    copy: Copy, world: World, database: str
) -> None:
    """Neither known ones nor those of a newer goals, alone or in a change set."""
    entity = EntityDefinition(id="opportunity", version=5)
    strange = [(CHANGE_SET_SIZE, b"2"), (CHANGE_SET_ID, b"set-of-a-newer-goals")]
    world.say(entity)
    world.say(Gone(Kind.ENTITY, "opportunity"))
    world.changes.put(
        b"planet/x", b"not JSON", headers=[*strange, (CHANGE_SET_INDEX, b"0")]
    )
    world.say_one(
        owned("X", 4, version=2, title="seen"),
        change_set="set-of-a-newer-goals",
        index=1,
        size=2,
    )

    await copy.settle()

    assert copy.redefining.complaint is None
    last = world.outgoing.last()["X"]
    assert last is not None
    assert last["title"] == "seen"
    await judge(database)


async def test_a_goal_moves_with_what_waits_for_it(
    copy: Copy, world: World, database: str
) -> None:
    """Deltas that wait are folded in before it moves; nothing is lost or doubled."""
    await copy.settle()
    world.record(making.won("O-more", "5.00", owner="C"))
    await copy.apply_all()
    world.say(owned("B", 2, parent_id="X", version=2))

    await copy.redefine_all()
    in_between = await shown(database)
    await judge(database)
    await copy.settle()

    assert in_between == {"A": 1, "B": 115, "C": 105, "X": 1115}
    assert await shown(database) == in_between
    last = world.outgoing.last()
    assert {name: one["tree_id"] for name, one in last.items() if one} == {
        "A": "A",
        "B": "X",
        "C": "X",
        "X": "X",
    }
    await judge(database)


async def test_who_stays_is_announced_with_what_was_folded_in(
    copy: Copy, world: World, database: str
) -> None:
    """Deltas of a whole group are folded in for the one that moves; none is lost."""
    world.say(owned("S", 6, parent_id="A"))
    await copy.settle()
    world.outgoing.messages.clear()
    world.record(making.won("O-more", "5.00", owner="S"))
    await copy.apply_all()
    world.say(owned("C", 3, parent_id="X", version=2))

    await copy.redefine_all()
    await copy.publish()

    last = world.outgoing.last()["S"]
    assert last is not None
    assert last["values"]["actual"] == "5.0000"  # type: ignore[index] # JSON
    await judge(database)


async def test_a_goal_moves_while_it_is_being_derived_again(
    copy: Copy, world: World, database: str
) -> None:
    """Its ancestors say computing, the old ones no more, the new ones from now."""
    await copy.settle()
    world.say(owned("C", 3, parent_id="B", version=2, owner_records_only=False))
    await copy.redefine_all()
    world.say(owned("C", 3, parent_id="X", version=3, owner_records_only=False))
    await copy.redefine_all()
    await judge(database)
    computing = await copy.pool.fetch(
        "SELECT id FROM rollup_published.goal WHERE computing ORDER BY id"
    )

    await copy.settle()

    assert [row["id"] for row in computing] == ["C", "X"]
    assert await shown(database) == {"A": 11, "B": 10, "C": 1111, "X": 2111}
    await judge(database)


async def test_deleting_a_parent_makes_its_children_roots(
    copy: Copy, world: World, database: str
) -> None:
    """Their totals stay; what was above loses the goal and all below it."""
    await copy.settle()
    world.say(owned("C", 3, version=2), making.gone("B"))

    await copy.redefine_all()
    await judge(database)
    await copy.settle()

    assert await shown(database) == {"A": 1, "C": 100, "X": 1000}
    assert world.outgoing.last()["B"] is None
    await judge(database)


async def test_what_is_noted_on_a_goal_is_announced_and_moves_no_number(
    copy: Copy, world: World, database: str
) -> None:
    """Attributes, shares and managers decide no number, so nothing is read again."""
    await copy.settle()
    world.outgoing.messages.clear()
    attributes = {"region": "EMEA", "heads": "12.50", "key": True, "old": None}
    change = {
        "parent_id": "A",
        "attributes": attributes,
        "shared_with": [{"type": "team", "id": "T", "rights": ["read"]}],
        "manager_id": "N",
    }
    world.say(owned("B", 2, version=2, **change))

    await copy.redefine_all()
    await copy.publish()

    waiting = await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation")
    told = world.outgoing.last()
    assert waiting == 0
    assert list(told) == ["B"]
    assert told["B"] is not None
    assert told["B"]["attributes"] == attributes
    assert told["B"]["manager_id"] == "N"
    assert told["B"]["rollup"] == {"status": "current", "error": None}
    assert told["B"]["values"]["actual"] == "110.0000"  # type: ignore[index] # JSON
    await judge(database)


async def test_attributes_stay_while_numbers_move(copy: Copy, world: World) -> None:
    """Each announcement is the whole state of the goal."""
    world.say(owned("X", 4, version=2, attributes={"region": "EMEA"}))
    await copy.settle()
    world.outgoing.messages.clear()
    world.record(making.won("O-more", "5.00", owner="X"))

    await copy.settle()

    told = world.outgoing.last()["X"]
    assert told is not None
    assert told["attributes"] == {"region": "EMEA"}
    assert told["values"]["actual"] == "1005.0000"  # type: ignore[index] # JSON


@pytest.mark.parametrize("sets_apart", [0, 1])
async def test_an_id_taken_up_again_is_another_goal(
    copy: Copy, world: World, database: str, sets_apart: int
) -> None:
    """Late deltas of the old one do not find the new one."""
    await copy.settle()
    world.record(making.won("O-late", "7.00", owner="X"))
    await copy.apply_all()
    world.say(making.gone("X"))
    if sets_apart:
        await copy.redefine_all()
    world.say(owned("X", 20, owner={"type": "user", "id": "A"}))

    await copy.settle()

    assert (await shown(database))["X"] == 1
    last = world.outgoing.last()["X"]
    assert last is not None
    assert last["values"]["actual"] == "1.0000"  # type: ignore[index] # JSON
    await judge(database)


async def test_a_goal_that_came_and_went_in_one_moment_stays_gone(
    copy: Copy, world: World, database: str
) -> None:
    """No row was ever made of it; an old definition of it is known as such anyway."""
    await copy.settle()
    brief = owned("brief", 30)
    world.say(brief)
    world.say(making.gone("brief", 30))
    await copy.redefine_all()

    world.say(brief)
    await copy.settle()

    assert "brief" not in await shown(database)
    await judge(database)


async def test_an_id_is_announced_anew_only_after_it_was_announced_gone(
    copy: Copy, world: World
) -> None:
    """The old goal's group still has to send its empty value, or more."""
    await copy.settle()
    world.outgoing.messages.clear()
    world.say(making.gone("X", 4))
    await copy.redefine_all()
    world.say(owned("X", 21))
    await copy.redefine_all()

    await copy.publish([21 % 16])
    too_early = world.outgoing.last()
    await copy.publish()

    assert "X" not in too_early
    assert world.outgoing.last()["X"] is not None


async def test_a_changed_metric_derives_its_goals_again(
    copy: Copy, world: World, database: str
) -> None:
    """Until that is done the old value stands; then all goals of it have the new."""
    await copy.settle()
    fields = {"actual": {**making.REVENUE["actual"], "source_status": "9"}}
    world.record(making.won("O-new", "3.00", owner="C", status="9"))
    world.say(making.metric(version=2, rollup_fields=fields))

    await copy.redefine_all()
    await copy.apply_all()
    await copy.climb()
    in_between = await shown(database)
    await judge(database)
    await copy.settle()

    assert in_between == {"A": 111, "B": 110, "C": 100, "X": 1000}
    assert await shown(database) == {"A": 3, "B": 3, "C": 3, "X": 0}
    await judge(database)


async def test_a_goal_of_another_metric_lets_go_of_what_it_counted(
    copy: Copy, world: World, database: str
) -> None:
    """Records of the former entity are read too: they hold contributions to it."""
    await copy.settle()
    world.record(
        making.won("C-1", None, entity="phonecall", attributes={"ended": "2026-05-01"})
    )
    world.say(making.calls())
    world.say(owned("X", 4, version=2, metric_id="calls", owner_records_only=False))

    await copy.settle()

    assert (await numbers(database))["X"] == (1, 0, 0)
    last = world.outgoing.last()["X"]
    assert last is not None
    assert last["values"] == {"actual": "1", "in_progress": None, "custom": None}
    await judge(database)


async def test_half_a_change_set_waits_for_the_rest(
    copy: Copy, world: World, database: str
) -> None:
    """What belongs together applies together, also over a restart in between."""
    await copy.settle()
    first, second = owned("B", 2, version=2), owned("C", 3, parent_id="X", version=2)
    world.say_one(first, change_set="move", index=0, size=2)
    await copy.redefine_all()
    half = await shown(database)

    async with copy_of(world, database) as heir:
        await heir.assign_changes()
        await heir.redefine_all()
        world.say_one(second, change_set="move", index=1, size=2)
        await heir.redefine_all()

    assert half == {"A": 111, "B": 110, "C": 100, "X": 1000}
    assert await shown(database) == {"A": 1, "B": 10, "C": 100, "X": 1100}
    await judge(database)


async def test_what_compaction_put_behind_its_children_takes_them_in(
    servers: object, database: str
) -> None:
    """A parent's message may be newer than those of its children."""
    del servers
    world = World()
    world.say(owned("C", 3, parent_id="B"))
    world.say(owned("B", 2, parent_id="A"))
    world.record(making.won("O-C", "100.00", owner="C"))
    async with alone(world, database) as copy:
        await copy.redefine_all()
        world.say(owned("A", 1))
        world.say(making.metric())
        await copy.settle()

    assert await shown(database) == {"A": 100, "B": 100, "C": 100}
    await judge(database)


async def test_a_fault_of_ours_keeps_definitions_at_the_head_and_is_told(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is skipped: once it is mended the change goes in."""
    await copy.settle()
    mended = asyncio.Event()
    write = definitions_store.write_outcome

    async def broken(*args: Any, **kwargs: Any) -> None:
        if copy.redefining.complaint is None:
            raise KeyError("a bug")
        await write(*args, **kwargs)
        mended.set()

    monkeypatch.setattr(definitions_store, "write_outcome", broken)
    monkeypatch.setattr("services.rollup.redefine._PAUSE_SECONDS_MAX", 0.01)
    world.say(owned("B", 2, parent_id="X", version=2))

    await copy.redefine_all()

    assert mended.is_set()
    assert copy.redefining.complaint is None
    assert await shown(database) == {"A": 1, "B": 110, "C": 100, "X": 1110}
    await judge(database)


async def test_an_unreadable_change_stops_definitions_loudly(
    copy: Copy, world: World, database: str
) -> None:
    """It stays at the head; what comes behind it does not overtake."""
    await copy.settle()
    world.changes.put(b"goal/A", b"{")
    await copy.redefine_all()
    complaint = copy.redefining.complaint
    world.say(making.gone("X"))
    await copy.redefine_all()

    assert complaint is not None
    assert "goal-changes" in complaint
    assert "X" in await shown(database)
    assert copy.redefining.complaint == complaint


async def test_others_wait_until_a_change_is_known_to_be_in(
    copy: Copy,
) -> None:
    """Who changed what is held in memory may lose its lock before it learns of it.

    Then others could use definitions that were never committed.
    """
    await copy.settle()
    connection = await copy.pool.acquire()
    transaction = connection.transaction()
    await transaction.start()
    definitions = await copy.held.seize(connection)
    definitions.forest.fell(definitions.forest.numbers[GoalId("X")])
    await transaction.rollback()

    async with copy.pool.acquire() as other, other.transaction():
        waiting = asyncio.create_task(copy.held.share(other))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        copy.held.forget()
        seen = await waiting
    await copy.pool.release(connection)

    assert not done
    assert "X" in seen.forest.numbers


async def test_what_was_forgotten_meanwhile_is_not_handed_out(
    copy: Copy,
) -> None:
    """Who was reading definitions when they were forgotten gets what he read."""
    await copy.settle()
    copy.held.forget()

    async with copy.pool.acquire() as connection, connection.transaction():
        reading = asyncio.create_task(copy.held.share(connection))
        while not reading.done():
            copy.held.forget()
            await asyncio.sleep(0)
        definitions = await reading

    assert definitions.forest.numbers.keys() == {"A", "B", "C", "X"}


def places(definitions: Definitions) -> dict[int, tuple[object, ...]]:
    """Return everything that is known of each goal."""

    def place(node: Node) -> tuple[object, ...]:
        return (node.goal, node.parent, node.tree, node.depth, node.children)

    return {number: place(node) for number, node in definitions.forest.nodes.items()}


@pytest.mark.parametrize("seed", range(4))
async def test_patched_definitions_equal_fresh_ones(
    servers: object, database: str, seed: int
) -> None:
    """After any changes, memory that was patched holds what a new process reads."""
    del servers
    dice = random.Random(seed)
    world = World()
    days = Days(dice, world)

    async with alone(world, database) as copy, copy_of(world, database) as other:
        for _ in range(12):
            for _ in range(dice.randrange(1, 8)):
                days.change()
            await copy.redefine_all()
            fresh = HeldDefinitions()
            async with copy.pool.acquire() as connection, connection.transaction():
                expected = await fresh.share(connection)
                patched = await other.held.share(connection)
                changed = await copy.held.share(connection)

            for held in (patched, changed):
                assert places(held) == places(expected)
                assert held.metrics == expected.metrics
                assert held.forest.numbers == expected.forest.numbers
                assert held.revision == expected.revision
                assert cells(held) == cells(expected)


def cells(definitions: Definitions) -> dict[object, object]:
    """Return what the index holds, in no order."""
    return {
        (name, signature): {
            door: {bounds: sorted(slots) for bounds, slots in one.items()}
            for door, one in lane.by_door.items()
        }
        for name, entity in definitions.index._entities.items()
        for signature, lane in entity.lanes.items()
    }


async def test_two_processes_change_definitions_one_after_the_other(
    copy: Copy, world: World, database: str
) -> None:
    """The one that lost goal-changes is refused, though it read the change first."""
    await copy.settle()
    world.say(owned("B", 2, parent_id="X", version=2))
    messages = copy.changes_consumer.fetch()

    async with copy_of(world, database) as heir:
        await heir.assign_changes()
        await heir.redefine_all()
        groups = await copy.redefining.take(messages, end_offset=world.changes.end(0))

    assert groups == []
    revision = await copy.pool.fetchval("SELECT revision FROM rollup.definitions")
    assert revision == copy.held.now.revision + 1
    assert await shown(database) == {"A": 1, "B": 110, "C": 100, "X": 1110}
    await judge(database)

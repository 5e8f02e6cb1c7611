"""Each goal counts what its own manager may read, whatever changes about that."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.rollup import rederive
from shared.messages.definitions import RecalculationDefinition
from tests.integration.rollup import making
from tests.integration.rollup.asking import one as condition
from tests.integration.rollup.asking import query
from tests.integration.rollup.copies import World, alone, copy_of
from tests.integration.rollup.reading import (
    by_roles,
    definition,
    goal,
    reader,
    shown,
    user,
    won,
)
from tests.integration.rollup.recalculating import report


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)


def unit(name: str, parent: str | None = None) -> Any:
    """Return a business unit."""
    return definition("business_unit", name, parent_id=parent)


def company(world: World) -> None:
    """Say who there is: two units in a third, a seller in each, four readers."""
    world.say(
        making.metric(),
        by_roles(),
        unit("all"),
        unit("north", "all"),
        unit("south", "all"),
        *(
            reader(depth, depth)
            for depth in (
                "user",
                "business_unit",
                "parent_child_business_units",
                "organization",
            )
        ),
        user("seller", business_unit_id="north"),
        user("other", business_unit_id="south"),
        user("own", "user", business_unit_id="north"),
        user("unit", "business_unit", business_unit_id="north"),
        user("top", "parent_child_business_units", business_unit_id="all"),
        user("all", "organization"),
        user("none"),
    )
    for number, manager in enumerate(("own", "unit", "top", "all", "none"), start=2):
        world.say(goal(manager, number, manager, parent_id="P"))
    world.say(goal("P", 1, "none", rollup_only_from_children=True))
    world.record(won("O-seller", "1.00", "user/seller"))
    world.record(won("O-other", "10.00", "user/other"))
    world.record(won("O-own", "100.00", "user/own"))
    # What is nobody's is read by those who read everything, though it is shared.
    world.record(won("O-nobody", "1000.00", None, "user/own"))
    world.record(won("O-shared", "10000.00", "user/other", "user/own", "user/none"))


async def test_each_depth_reads_so_far(database: str) -> None:
    """A parent adds what its children show, whoever may read what they count."""
    world = World()
    company(world)
    async with alone(world, database) as copy:
        assert await shown(copy, database) == {
            "own": 10100,
            "unit": 101,
            "top": 10111,
            "all": 11111,
            "none": 0,
            "P": 31423,
        }


async def test_what_one_manager_loses_moves_his_goal_and_those_above(
    database: str,
) -> None:
    """Taken and given back: both totals follow, and the others stay as they are."""
    world = World()
    company(world)
    async with alone(world, database) as copy:
        before = await shown(copy, database)
        world.say(user("unit", business_unit_id="north"))
        taken = await shown(copy, database)
        assert taken == {**before, "unit": 0, "P": before["P"] - 101}
        world.say(user("unit", "business_unit", business_unit_id="north"))
        assert await shown(copy, database) == before
        world.say(reader("business_unit", "none"))
        assert await shown(copy, database) == taken


async def test_owners_units_shares_and_lines_change(database: str) -> None:
    """Whatever brings a record into a manager's sight, or out of it."""
    world = World()
    company(world)
    async with alone(world, database) as copy, copy_of(world, database) as second:
        await shown(copy, database)
        # An owner moves into the unit; his records come along.
        world.say(user("other", business_unit_id="north"))
        assert (await shown(copy, database))["unit"] == 10111
        # The unit moves out from under the others.
        world.say(unit("north"))
        assert (await shown(copy, database))["top"] == 0
        world.say(unit("north", "all"))
        assert (await shown(copy, database))["top"] == 10111
        # A record is given to somebody else, another is shared no more.
        world.record(won("O-seller", "1.00", "user/own"))
        world.record(won("O-shared", "10000.00", "user/other"))
        assert (await shown(copy, database))["own"] == 101
        # Who reports to him, as far down as is set.
        world.say(
            user("seller", business_unit_id="north", manager_id="own"),
            user("other", business_unit_id="north", manager_id="seller"),
            by_roles(hierarchy_security={"enabled": True, "depth": 1}),
        )
        assert (await shown(copy, database))["own"] == 101
        world.say(by_roles(hierarchy_security={"enabled": True, "depth": 2}))
        assert (await shown(copy, database))["own"] == 10111
        # Another process, which heard of all that late, has the same in mind.
        await second.assign_records(0, 1)
        world.record(won("O-late", "7.00", "user/other"))
        await second.apply_all()
        assert (await shown(copy, database))["own"] == 10118


async def test_a_team_brings_what_it_owns_and_its_roles(database: str) -> None:
    """Who joins a team reads what it owns, by the team's role if by none of his own."""
    world = World()
    company(world)
    world.record(won("O-team", "5.00", "team/T"))
    async with alone(world, database) as copy:
        assert (await shown(copy, database))["none"] == 0
        world.say(definition("team", "T", members=["none"], roles=["user"]))
        assert (await shown(copy, database))["none"] == 10005
        world.say(definition("team", "T", members=[], roles=["user"]))
        assert (await shown(copy, database))["none"] == 0


async def test_another_manager_sees_with_his_own_eyes(database: str) -> None:
    """A goal that is assigned counts what its new manager reads."""
    world = World()
    company(world)
    async with alone(world, database) as copy:
        assert (await shown(copy, database))["all"] == 11111
        world.say(goal("all", 5, "own", parent_id="P"))
        assert (await shown(copy, database))["all"] == 10100


@pytest.mark.parametrize("queries", [{}, {"actual": "any"}])
async def test_an_expired_goal_sees_with_its_new_managers_eyes(
    queries: dict[str, str], database: str
) -> None:
    """It is derived again, with a query or without, and stands still afterwards.

    A role or a title alone moves nothing.
    """
    world = World()
    company(world)
    world.say(
        query("any", condition("amount", "not-null")),
        goal("old", 7, "all", queries=queries),
    )
    async with alone(world, database) as copy:
        assert (await shown(copy, database))["old"] == 11111
        world.now = datetime(2027, 3, 1, tzinfo=UTC)
        await shown(copy, database)
        world.say(user("all"))
        assert (await shown(copy, database))["old"] == 11111
        world.say(goal("old", 7, "none", queries=queries))
        assert (await shown(copy, database))["old"] == 0
        world.say(goal("old", 7, "own", queries=queries))
        assert (await shown(copy, database))["old"] == 10100
        world.record(won("O-late", "7.00", "user/own"))
        world.say(goal("old", 7, "own", queries=queries, title="Renamed"))
        assert (await shown(copy, database))["old"] == 10100
        assert copy.held.now.forest.frozen == copy.held.now.forest.nodes.keys()


async def test_a_secured_attribute_is_null_to_who_does_not_see_it(
    database: str,
) -> None:
    """Its amounts add nothing, a query finds nothing there; others go on as before."""
    world = World()
    company(world)
    world.say(
        query("big", condition("amount", "ge", "100")),
        goal("big", 7, "all", queries={"actual": "big"}),
    )
    async with alone(world, database) as copy:
        before = await shown(copy, database)
        assert before["big"] == 11100
        world.say(
            definition(
                "role", "finance", secured_attributes={"opportunity": ["amount"]}
            ),
            user(
                "top", "parent_child_business_units", "finance", business_unit_id="all"
            ),
        )
        found = await shown(copy, database)
        assert found == {**dict.fromkeys(before, 0), "top": 10111, "P": 10111}
        world.say(user("all", "organization", "finance"))
        assert (await shown(copy, database))["big"] == 11100


async def test_a_query_sees_null_where_an_attribute_is_hidden(database: str) -> None:
    """Also in a record that it links to: `null` holds there, nothing else does."""
    world = World()
    company(world)
    by_region = {
        "link": "customerid",
        "entity": "account",
        "where": condition("region", "eq", "x"),
    }
    world.say(
        query("linked", by_region),
        query("plain", condition("stage", "eq", "late")),
        goal("linked", 7, "all", queries={"actual": "linked"}),
        goal("plain", 8, "all", queries={"actual": "plain"}),
    )
    attributes = {
        "amount": "3.00",
        "closed": "2026-06-15",
        "customerid": "A0",
        "stage": "late",
    }
    world.record(won("O-1", "3.00", "user/seller", attributes=attributes))
    world.record(won("A0", "0", None, entity="account", attributes={"region": "x"}))
    async with alone(world, database) as copy:
        found = await shown(copy, database)
        assert (found["linked"], found["plain"]) == (3, 3)
        world.say(
            definition(
                "role",
                "finance",
                secured_attributes={"opportunity": ["stage"], "account": ["region"]},
            )
        )
        found = await shown(copy, database)
        assert (found["linked"], found["plain"]) == (0, 0)


async def test_roles_that_come_first_or_last_give_the_same(database: str) -> None:
    """Before roles are used everybody reads; the order of arrival does not matter."""
    world = World()
    world.say(making.metric(), goal("A", 1, "own"))
    world.record(won("O-1", "7.00", "user/own"))
    world.record(won("O-2", "70.00", "user/other"))
    async with alone(world, database) as copy:
        assert await shown(copy, database) == {"A": 77}
        world.say(user("own", "user"), by_roles())
        assert await shown(copy, database) == {"A": 0}
        world.say(reader("user", "user"))
        assert await shown(copy, database) == {"A": 7}


async def test_a_first_unit_below_another_moves_nothing(database: str) -> None:
    """No goal is derived again for it, till somebody's records come to lie there."""
    world = World()
    company(world)
    world.say(
        user("unit", "parent_child_business_units", business_unit_id="north"),
        user("seller"),
    )
    async with alone(world, database) as copy:
        before = await shown(copy, database)
        world.say(unit("coast", "north"))
        await copy.redefine_all()
        jobs = await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation")
        assert jobs == 0
        assert await shown(copy, database) == before
        world.say(user("seller", business_unit_id="coast"))
        found = await shown(copy, database)
        assert found["unit"] == before["unit"] + 1
        assert found["top"] == before["top"] + 1


async def test_a_unit_and_its_newcomer_are_said_in_one(database: str) -> None:
    """Whoever gets a first unit while units change comes with all his records."""
    world = World()
    company(world)
    world.record(won("O-new", "5.00", "user/newcomer"))
    async with alone(world, database) as copy:
        before = await shown(copy, database)
        world.say(unit("east", "all"), user("newcomer", business_unit_id="north"))
        assert (await shown(copy, database))["unit"] == before["unit"] + 5


async def test_a_date_that_is_hidden_behind_a_link(database: str) -> None:
    """The goal falls to nothing when it is hidden, and comes back."""
    world = World()
    company(world)
    field = {
        "source_entity": "opportunity",
        "source_attribute": "amount",
        "date_attribute": "closed",
        "date_from": {"link": "customerid", "entity": "account"},
    }
    world.say(
        making.metric("linked", rollup_fields={"actual": field}),
        goal("linked", 7, "all", metric_id="linked"),
    )
    attributes = {"amount": "3.00", "customerid": "A0"}
    closed = {"closed": "2026-06-15"}
    world.record(won("O-1", "3.00", "user/seller", attributes=attributes))
    world.record(won("A0", "0", None, entity="account", attributes=closed))
    async with alone(world, database) as copy:
        assert (await shown(copy, database))["linked"] == 3
        finance = {"secured_attributes": {"account": ["closed"]}}
        world.say(definition("role", "finance", **finance))
        assert (await shown(copy, database))["linked"] == 0
        world.say(user("all", "organization", "finance"))
        assert (await shown(copy, database))["linked"] == 3


async def test_who_leaves_and_loses_his_roles_leaves_his_numbers(
    database: str,
) -> None:
    """His goals stand still at what they showed."""
    world = World()
    company(world)
    async with alone(world, database) as copy:
        before = await shown(copy, database)
        world.say(user("all", disabled=True))
        assert await shown(copy, database) == before


async def test_who_leaves_and_loses_his_roles_while_his_goal_computes(
    database: str,
) -> None:
    """It stands still at once, at what was whole; enabled again, it is derived.

    So does a goal above one that computes; the manager of that has not left.
    """
    world = World()
    company(world)
    world.say(goal("above", 7, "all"), goal("below", 8, "own", parent_id="above"))
    async with alone(world, database) as copy, copy_of(world, database) as second:
        before = await shown(copy, database)
        assert (before["all"], before["above"]) == (11111, 21211)
        # What is said is heard, and nothing is derived yet.
        world.say(
            goal("all", 5, "all", parent_id="P", queries={"actual": "big"}),
            goal("below", 8, "unit", parent_id="above"),
            query("big", condition("amount", "ge", "1000")),
        )
        await copy.redefine_all()
        world.say(user("all", "organization", disabled=True))
        await copy.redefine_all()
        assert not copy.held.now.forest.frozen
        world.say(user("all", disabled=True))
        world.record(won("O-seller", "2.00", "user/seller"))
        await copy.redefine_all()
        assert copy.held.now.forest.frozen == {5, 7}
        # Another process, which heard of all that late, has the same in mind.
        await second.assign_records(0, 1)
        await second.apply_all()
        found = await shown(copy, database)
        assert found == {
            **before,
            "unit": 102,
            "below": 102,
            "top": 10112,
            "P": before["P"] + 2,
        }
        world.say(user("all", "organization"))
        found = await shown(copy, database)
        assert (found["all"], found["above"]) == (11000, 11112 + 102)


async def test_a_goal_that_never_was_whole_is_derived_before_it_stands_still(
    database: str,
) -> None:
    """Its manager has left, and what he may read changes meanwhile."""
    world = World()
    company(world)
    world.say(user("all", "user", disabled=True))
    async with alone(world, database) as copy:
        await copy.redefine_all()
        world.say(user("all", "organization", disabled=True))
        await copy.redefine_all()
        found = await shown(copy, database)
        assert found["all"] == 11111
        assert copy.held.now.forest.frozen == {5}


async def test_a_goal_that_is_closed_before_the_role_goes(database: str) -> None:
    """It keeps its value, also where both are heard of at once."""
    world = World()
    company(world)
    async with alone(world, database) as copy:
        before = await shown(copy, database)
        world.say(goal("all", 5, "all", parent_id="P", state="closed"))
        world.say(user("all"))
        assert await shown(copy, database) == before


async def test_a_recalculation_beside_a_move_finds_no_fault(database: str) -> None:
    """What moved by the same change is no difference."""
    world = World()
    company(world)
    wish = RecalculationDefinition.model_validate(
        {
            "id": "R",
            "version": 1,
            "goal_id": "unit",
            "goal_number": 3,
            "asked_at": "2026-11-21T00:00:00Z",
        }
    )
    async with alone(world, database) as copy:
        await shown(copy, database)
        world.say(user("other", business_unit_id="north"), wish)
        assert (await shown(copy, database))["unit"] == 10111
        told = await report(copy)
        assert (told["status"], told["differences"]) == ("done", [])

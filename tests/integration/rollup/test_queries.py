"""Goals that a query narrows: whatever it looks at changes, they follow."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from services.rollup import linked, rederive
from shared.messages.definitions import Kind
from tests.integration.rollup import making
from tests.integration.rollup.asking import (
    account,
    deal,
    entity,
    goal,
    judge_contributions,
    of_account,
    one,
    organization,
    query,
    shown,
    team,
    unit,
    user,
)
from tests.integration.rollup.copies import Copy, Gone, World, copy_of
from tests.integration.rollup.judging import judge

IN_CHICAGO = of_account(one("postalcode", "eq", "60661"))


@pytest.fixture
def world() -> World:
    """Return topics with a metric: won revenue."""
    made = World()
    made.say(making.metric())
    return made


async def test_a_query_narrows_what_a_goal_counts(
    copy: Copy, world: World, database: str
) -> None:
    """The one beside it, without a query, counts everything."""
    world.say(query("large", one("size", "gt", "1000")))
    world.say(goal("P", 1), goal("G", 2, "large", parent_id="P"))
    world.record(deal("O-1", size="1000.01"))
    world.record(deal("O-2", "20.00", size="1000"))
    world.record(deal("O-3", "300.00"))

    assert await shown(copy, database) == {"P": 322, "G": 1}


async def test_a_changed_query_is_read_again_and_switches_at_once(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands goes on standing until all records are read under the new one."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)
    world.say(query("large", one("size", "gt", 10)), goal("G", 1, "large"))
    for number in range(6):
        world.record(deal(f"O-{number}", "1.00", size=5 * number))
    assert await shown(copy, database) == {"G": 3}
    world.say(query("large", one("size", "le", 10)))
    await copy.redefine_all()
    seen = []

    while await copy.rederiving.work_once():
        world.record(deal("O-5", size=25, version=2))
        await copy.apply_all()
        await copy.climb()
        await judge(database)
        row = await copy.pool.fetchrow(
            "SELECT shown_actual, computing FROM rollup_published.goal"
        )
        assert row is not None
        seen.append((int(row["shown_actual"]) // 10_000, row["computing"]))

    assert seen == [(3, True), (3, True), (3, True), (3, False)]
    assert await shown(copy, database) == {"G": 3}
    names = await copy.pool.fetch("SELECT key FROM rollup.record WHERE slots <> '{}'")
    assert {row[0] for row in names} == {f"opportunity/O-{n}" for n in range(3)}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_linked_records_may_come_in_any_order(
    copy: Copy, world: World, database: str, order: tuple[int, ...]
) -> None:
    """The account before the deal, after it, or with it."""
    world.say(query("chicago", IN_CHICAGO), goal("G", 1, "chicago"))
    await copy.redefine_all()
    several = [
        deal("O-1", customerid="A0"),
        account("A0", postalcode="60661"),
        deal("O-2", "20.00", customerid="A1"),
    ]

    for index in order:
        world.record(several[index])
        await copy.apply_all()

    assert await shown(copy, database) == {"G": 1}


async def test_a_linked_record_moves_every_goal_that_looks_through_it(
    copy: Copy, world: World, database: str
) -> None:
    """It is changed, deleted, brought back; and the link leads elsewhere."""
    world.say(
        query("chicago", IN_CHICAGO),
        query("elsewhere", {"not": IN_CHICAGO}),
        goal("C", 1, "chicago"),
        goal("E", 2, "elsewhere"),
    )
    world.record(deal("O-1", customerid="A0"))
    steps: list[tuple[bytes, tuple[int, int]]] = [
        (account("A0", postalcode="60661"), (1, 0)),
        (account("A0", postalcode="60662", version=2), (0, 1)),
        (account("A0", postalcode="60661", version=3), (1, 0)),
        (account("A0", version=4, deleted=True), (0, 1)),
        (account("A0", version=5, postalcode="60661"), (1, 0)),
        (deal("O-1", version=2, customerid="A1"), (0, 1)),
        (account("A1", postalcode="60661"), (1, 0)),
        (deal("O-1", version=3), (0, 1)),
        (account("A1", version=2, postalcode="1"), (0, 1)),
    ]

    for said, wanted in steps:
        world.record(said)
        found = await shown(copy, database)
        assert (found["C"], found["E"]) == wanted


async def test_through_a_link_to_a_link(
    copy: Copy, world: World, database: str
) -> None:
    """The deal's account's parent counts; each of the three may change."""
    region = {
        "link": "parentid",
        "entity": "account",
        "where": one("region", "eq", "north"),
    }
    world.say(query("north", of_account(region)), goal("G", 1, "north"))
    world.record(deal("O-1", customerid="A0"))
    seen = []
    for said in (
        account("A0", parentid="A1"),
        account("A1", region="north"),
        account("A0", parentid="A2", version=2),
        account("A2", region="north"),
        account("A1", region="south", version=2),
        account("A2", region="south", version=2),
    ):
        world.record(said)
        seen.append((await shown(copy, database))["G"])

    assert seen == [0, 1, 0, 1, 1, 0]


async def test_a_hierarchy_of_records(copy: Copy, world: World, database: str) -> None:
    """Whoever moves an account moves all deals below it."""
    below = {
        **one("customerid", "eq-or-under", "A0"),
        "entity": "account",
        "via": "parentid",
    }
    world.say(query("below", below), goal("G", 1, "below"))
    for number in range(4):
        world.record(deal(f"O-{number}", f"{10**number}.00", customerid=f"A{number}"))
        above = f"A{number - 1}" if number else None
        world.record(account(f"A{number}", parentid=above))
    assert await shown(copy, database) == {"G": 1111}

    world.record(account("A2", version=2))
    assert await shown(copy, database) == {"G": 11}
    world.record(account("A2", version=3, parentid="A3"))
    assert await shown(copy, database) == {"G": 11}
    world.record(account("A3", version=2, parentid="A1"))
    assert await shown(copy, database) == {"G": 1111}


async def test_more_dependants_than_a_batch_looks_at_are_a_job(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account with many deals is changed: they are read one after the other."""
    monkeypatch.setattr(linked, "DEPENDANTS_MAX", 3)
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)
    world.say(query("chicago", IN_CHICAGO), goal("G", 1, "chicago"))
    for number in range(7):
        world.record(deal(f"O-{number}", customerid="A0"))
    world.record(account("A0", postalcode="60661"))
    assert await shown(copy, database) == {"G": 7}

    world.record(account("A0", version=2, postalcode="1"))

    assert await shown(copy, database) == {"G": 0}


async def test_a_manager_s_eyes(copy: Copy, world: World, database: str) -> None:
    """Who reports to whom, who is on which team, and who manages the goal."""
    mine = {
        "any": [
            one("@owner", "eq-useroruserhierarchyandteams"),
            one("sellerid", "eq-userid"),
        ]
    }
    world.say(query("mine", mine), goal("G", 1, "mine", manager_id="M"))
    world.record(deal("O-1", owner="R1"))
    world.record(deal("O-2", "20.00", owner="M"))
    world.record(deal("O-3", "300.00", owner="R2", sellerid="M"))
    world.record(deal("O-4", "4000.00", owner="R3"))
    assert await shown(copy, database) == {"G": 320}

    world.say(user("R1", manager_id="R3"), user("R3", manager_id="M"))
    assert await shown(copy, database) == {"G": 4321}
    world.say(user("R3"))
    assert await shown(copy, database) == {"G": 320}
    world.say(goal("G", 1, "mine", manager_id="R3"))
    assert await shown(copy, database) == {"G": 4001}
    world.say(user("other"))
    await copy.redefine_all()
    assert not await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation")


async def test_units(copy: Copy, world: World, database: str) -> None:
    """People move from unit to unit, and units below one another."""
    world.say(
        unit("all"),
        unit("west", "all"),
        unit("coast", "west"),
        user("R1", business_unit_id="coast"),
        user("R2", business_unit_id="all"),
        team("T", business_unit_id="west"),
        query("west", one("@owner_business_unit", "eq-or-under", "west")),
        query("home", one("@owner_business_unit", "eq-businessid")),
        goal("W", 1, "west"),
        goal("H", 2, "home", manager_id="R2"),
    )
    world.record(deal("O-1", owner="R1"))
    world.record(deal("O-2", "20.00", owner="R2"))
    assert await shown(copy, database) == {"H": 20, "W": 1}

    world.say(unit("coast", "all"))
    assert await shown(copy, database) == {"H": 20, "W": 0}
    world.say(user("R2", business_unit_id="west"))
    assert await shown(copy, database) == {"H": 20, "W": 20}
    world.say(user("R1", business_unit_id="west"))
    assert await shown(copy, database) == {"H": 21, "W": 21}


async def test_the_organization_s_calendar(
    copy: Copy, world: World, database: str
) -> None:
    """When years and weeks begin decides what a query lets through."""
    world.now = datetime(2026, 6, 14, 12, tzinfo=UTC)
    world.say(
        query("quarter", one("closed", "this-fiscal-period")),
        query("week", one("closed", "this-week")),
        goal("Q", 1, "quarter"),
        goal("W", 2, "week"),
    )
    world.record(deal("O-1", closed="2026-06-15"))
    world.record(deal("O-2", "20.00", closed="2026-07-01"))
    # The fourteenth is a Sunday.
    assert await shown(copy, database) == {"Q": 1, "W": 0}

    world.say(organization(week_start="sunday"))
    assert await shown(copy, database) == {"Q": 1, "W": 1}
    world.say(organization(fiscal_calendar={"start": "05-01"}))
    assert await shown(copy, database) == {"Q": 21, "W": 0}


async def test_declared_types_decide_what_a_value_is(
    copy: Copy, world: World, database: str
) -> None:
    """Nobody said that sizes are numbers; then somebody does."""
    world.say(query("ten", one("size", "eq", "10")), goal("G", 1, "ten"))
    world.record(deal("O-1", size="10.0"))
    world.record(deal("O-2", "20.00", size="10"))
    assert await shown(copy, database) == {"G": 20}

    world.say(entity("opportunity", size="number"))

    assert await shown(copy, database) == {"G": 21}


async def test_a_query_that_fails_stops_its_goals_and_no_other(
    copy: Copy, world: World, database: str
) -> None:
    """They keep what they show, say why, and heal when the cause is gone."""
    second = one("closed", "in-fiscal-period", 2)
    world.say(
        query("second", second),
        goal("P", 1),
        goal("G", 2, "second", parent_id="P"),
        goal("O", 3),
    )
    world.record(deal("O-1", closed="2026-06-15"))
    assert await shown(copy, database) == {"G": 1, "O": 1, "P": 2}

    world.say(organization(fiscal_calendar={"template": "monthly"}))
    world.record(deal("O-2", "20.00", closed="2026-05-15"))
    assert await shown(copy, database) == {"G": 1, "O": 21, "P": 22}
    rows = await copy.pool.fetch(
        "SELECT id, error, goal_with_error_id FROM rollup_published.goal ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("G", "query_failed", "G"),
        ("O", None, None),
        ("P", "query_failed", "G"),
    ]
    last: dict[str, Any] = world.outgoing.last()
    assert last["G"]["rollup"]["status"] == "failed"

    world.say(organization())
    assert await shown(copy, database) == {"G": 21, "O": 21, "P": 42}
    world.say(organization(fiscal_calendar={"template": "monthly"}))
    assert await shown(copy, database) == {"G": 21, "O": 21, "P": 42}
    world.say(query("second", one("closed", "in-fiscal-period", 105)))
    assert await shown(copy, database) == {"G": 20, "O": 21, "P": 41}


async def test_a_query_that_fails_while_goals_compute(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its own re-derivation, or in one below it, it keeps what it showed."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)
    second = one("closed", "in-fiscal-period", 2)
    world.say(
        query("second", second),
        query("this", one("closed", "this-fiscal-period")),
        goal("P", 1, "second"),
        goal("C", 2, "this", parent_id="P"),
    )
    world.now = datetime(2026, 6, 14, 12, tzinfo=UTC)
    for number in range(6):
        world.record(deal(f"O-{number}", size=number))
    assert await shown(copy, database) == {"P": 12, "C": 6}
    # An edit that lets half of them through, and is not read to the end.
    world.say(query("second", {"all": [second, one("size", "lt", 3)]}))
    await copy.redefine_all()
    await copy.rederiving.work_once()
    world.say(organization(fiscal_calendar={"template": "monthly"}))
    await copy.redefine_all()
    for number in range(6):
        world.record(deal(f"O-{number}", size=number, version=2))
    await copy.apply_all()

    assert await shown(copy, database) == {"P": 12, "C": 6}
    world.say(organization())
    assert await shown(copy, database) == {"P": 9, "C": 6}


async def test_a_goal_that_takes_its_children_s_values_asks_nothing(
    copy: Copy, world: World, database: str
) -> None:
    """So no query of its can stop it."""
    world.say(query("second", one("closed", "in-fiscal-period", 2)))
    world.say(goal("P", 1, "second", rollup_only_from_children=True))
    world.say(goal("C", 2, parent_id="P"))
    world.record(deal("O-1"))
    assert await shown(copy, database) == {"P": 1, "C": 1}
    world.say(organization(fiscal_calendar={"template": "monthly"}))
    world.record(deal("O-2", "20.00"))

    assert await shown(copy, database) == {"P": 21, "C": 21}


@pytest.mark.parametrize(
    ("where", "before", "after"),
    [
        (one("vip", "eq", True), "1", "true"),
        (one("vip", "eq", 1), "true", "1"),
        (one("vip", "eq", "1.5"), "1.50", "1.5"),
    ],
)
async def test_a_linked_value_that_looks_the_same_is_another(
    copy: Copy,
    world: World,
    database: str,
    where: dict[str, Any],
    before: str,
    after: str,
) -> None:
    """True is not 1, and as text 1.50 is not 1.5."""
    world.say(query("vip", of_account(where)), goal("G", 1, "vip"))
    world.record(deal("O-1", customerid="A0"))
    seen = []

    for version, value in enumerate((before, after), start=1):
        text = account("A0", version=version, vip="?").decode()
        world.record(text.replace('"?"', value).encode())
        seen.append((await shown(copy, database))["G"])

    assert seen == [0, 1]


async def test_a_query_that_looks_the_same_asks_something_else(
    copy: Copy, world: World, database: str
) -> None:
    """True is not 1."""
    world.say(query("vip", one("vip", "ne", True)), goal("G", 1, "vip"))
    world.record(deal("O-1", vip=True))
    assert await shown(copy, database) == {"G": 0}
    world.say(query("vip", one("vip", "ne", 1)))

    assert await shown(copy, database) == {"G": 1}


async def test_a_unit_beside_an_attribute(
    copy: Copy, world: World, database: str
) -> None:
    """Whoever changes units changes what such a query lets through."""
    world.say(unit("a"), unit("b"), user("R0", business_unit_id="a"))
    world.say(query("own", one("unit", "eq-attribute", "@owner_business_unit")))
    world.say(goal("G", 1, "own"))
    world.record(deal("O-1", unit="b"))
    assert await shown(copy, database) == {"G": 0}
    world.say(user("R0", business_unit_id="b"))

    assert await shown(copy, database) == {"G": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_two_contents_of_one_version_count_alike_in_any_order(
    copy: Copy, world: World, database: str, order: tuple[int, ...]
) -> None:
    """As text 1.5 is not 1.50, so they are two contents, and one of them wins."""
    world.say(query("size", one("size", "eq", "1.5")), goal("G", 1, "size"))
    several = [
        deal("O-1", size="?").replace(b'"?"', text) for text in (b"1.5", b"1.50")
    ]

    for index in order:
        world.record(several[index])
        await copy.apply_all()

    assert await shown(copy, database) == {"G": 1}


async def test_a_goal_may_get_and_lose_its_query(
    copy: Copy, world: World, database: str
) -> None:
    """And a query that nobody asks any more may go."""
    world.say(query("chicago", IN_CHICAGO), goal("G", 1))
    world.record(deal("O-1", customerid="A0"))
    world.record(deal("O-2", "20.00"))
    world.record(account("A0", postalcode="60661"))
    seen = [(await shown(copy, database))["G"]]
    world.say(goal("G", 1, "chicago"))
    seen.append((await shown(copy, database))["G"])
    world.say(goal("G", 1))
    seen.append((await shown(copy, database))["G"])
    world.say(Gone(Kind.ROLLUP_QUERY, "chicago"))

    assert seen == [21, 1, 21]
    assert await shown(copy, database) == {"G": 21}
    assert not copy.held.now.index.links.lead_to("account")


async def test_closed_goals_keep_what_they_counted(
    copy: Copy, world: World, database: str
) -> None:
    """Whatever becomes of the query, until they are open again."""
    world.say(query("chicago", IN_CHICAGO), goal("G", 1, "chicago"))
    world.record(deal("O-1", customerid="A0"))
    world.record(account("A0", postalcode="60661"))
    assert await shown(copy, database) == {"G": 1}
    world.say(goal("G", 1, "chicago", state="closed"))
    await copy.settle()

    world.record(account("A0", version=2, postalcode="1"))
    world.say(query("chicago", one("size", "eq", 1)))
    assert await shown(copy, database) == {"G": 1}
    world.say(goal("G", 1, "chicago"))

    assert await shown(copy, database) == {"G": 0}


@asynccontextmanager
async def two(world: World, database: str, copy: Copy) -> AsyncIterator[Copy]:
    """Give the second partition to another process."""
    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        yield other


async def test_another_process_asks_what_this_one_asks(
    copy: Copy, world: World, database: str
) -> None:
    """Patched or read anew, what it holds counts the same."""
    world.say(query("chicago", IN_CHICAGO), query("today", one("closed", "today")))
    world.say(goal("C", 1, "chicago"), goal("T", 2, "today"))
    async with two(world, database, copy) as other:
        world.now = datetime(2026, 6, 14, 12, tzinfo=UTC)
        world.record(deal("O-1", customerid="A0"), partition=1)
        await copy.redefine_all()
        await other.apply_all()
        world.record(account("A0", postalcode="60661"))
        assert await shown(copy, database) == {"C": 1, "T": 0}
        world.now = datetime(2026, 6, 15, 12, tzinfo=UTC)
        await copy.scheduling.look()
        world.say(query("chicago", of_account(one("postalcode", "eq", "1"))))
        await copy.redefine_all()
        world.record(deal("O-2", "20.00", customerid="A0"), partition=1)
        await other.apply_all()
        await judge_links_of(other)

        assert await shown(copy, database) == {"C": 0, "T": 21}
        await judge_contributions(database)


async def judge_links_of(other: Copy) -> None:
    """Fail unless a process knows that deals look at accounts and at the clock."""
    links = other.held.now.index.links
    assert links.lead_to("account")
    assert links.start_from(["opportunity"])
    assert links.look_at_clock("opportunity")

"""People: whose records a team's goal counts, and goals whose manager is disabled."""

from typing import Any

import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup import rederive
from shared.messages.definitions import (
    Kind,
    OrganizationDefinition,
    TeamDefinition,
    UserDefinition,
)
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, Gone, World, alone, copy_of
from tests.integration.rollup.judging import judge

TEAM_GOAL = {
    "owner": {"type": "team", "id": "T"},
    "owner_records_only": True,
    "include_team_members": True,
}

_versions = iter(range(2, 10_000))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)


def goal(name: str, number: int, **changes: Any) -> Any:
    """Return a goal of R0, of his own records."""
    return making.goal(
        name,
        number,
        **{"owner_records_only": True, "version": next(_versions), **changes},
    )


def team(*members: str, name: str = "T", version: int | None = None) -> TeamDefinition:
    """Return a team."""
    return TeamDefinition(
        id=name, version=version or next(_versions), name=name, members=members
    )


def user(name: str, *, disabled: bool, version: int | None = None) -> UserDefinition:
    """Return a user."""
    return UserDefinition(
        id=name, version=version or next(_versions), name=name, disabled=disabled
    )


def records_of(*owners: str) -> list[bytes]:
    """Return a record of each owner, each ten times the one before."""
    return [
        making.won(f"O-{owner}", f"{10**index}.00", owner=owner)
        for index, owner in enumerate(owners)
    ]


async def settled(copy: Copy, url: str) -> dict[str, Any]:
    """Settle; return each goal's row, once all who look agree."""
    await copy.settle()
    await copy.settle()
    await judge(url)
    assert not verifying.judge(await read_rows(url)).differences
    rows = await copy.pool.fetch("SELECT * FROM rollup_published.goal")
    last: dict[str, Any] = copy.world.outgoing.last()
    for row in rows:
        event = last[row["id"]]
        assert event["revision"] == row["revision"]
        assert event["values"]["actual"] == f"{row['shown_actual'].scaleb(-4):.4f}"
        assert event["rollup"]["error"] == row["error"]
        assert event["rollup"]["status"] == (
            "failed" if row["error"] else "frozen" if row["frozen"] else "current"
        )
    return {row["id"]: row for row in rows}


async def shown(copy: Copy, url: str) -> dict[str, int]:
    """Settle; return what each goal shows."""
    return {
        name: int(row["shown_actual"].scaleb(-4))
        for name, row in (await settled(copy, url)).items()
    }


async def test_a_teams_goal_counts_what_its_members_own(database: str) -> None:
    """Only if it is asked to; a user's goal never counts what a team's members own."""
    world = World()
    world.say(
        making.metric(),
        team("R1", "R2"),
        goal("P", 1, rollup_only_from_children=True),
        goal("A", 2, parent_id="P", **TEAM_GOAL),
        goal("B", 3, parent_id="P", **{**TEAM_GOAL, "include_team_members": False}),
        goal("C", 4, parent_id="P", include_team_members=True),
    )
    for one in (*records_of("R0", "R1", "R2", "R3"), _of_team("O-T", "5.00")):
        world.record(one)
    async with alone(world, database) as copy:
        assert await shown(copy, database) == {"P": 121, "A": 115, "B": 5, "C": 1}
        world.say(goal("B", 3, parent_id="P", **TEAM_GOAL))
        assert (await shown(copy, database))["B"] == 115


def _of_team(name: str, amount: str) -> bytes:
    """Return a record that the team owns itself."""
    return making.won(name, amount).replace(
        b'"owner": {"type": "user", "id": "R0"}',
        b'"owner": {"type": "team", "id": "T"}',
    )


async def test_members_come_and_go(database: str) -> None:
    """Their records follow at once, older and newer ones."""
    world = World()
    world.say(making.metric(), team("R1"), goal("A", 1, **TEAM_GOAL))
    for one in records_of("R1", "R2", "R3"):
        world.record(one)
    async with alone(world, database) as copy, copy_of(world, database) as other:
        assert await shown(copy, database) == {"A": 1}
        await other.climb()
        world.say(team("R2", "R3"))
        assert await shown(copy, database) == {"A": 110}
        world.record(making.won("O-late", "1000.00", owner="R3"))
        world.record(making.won("O-gone", "2000.00", owner="R1"))
        await other.assign_records(0, 1)
        await other.apply_all()
        assert await shown(copy, database) == {"A": 1110}
        world.say(Gone(Kind.TEAM, "T"))
        assert await shown(copy, database) == {"A": 0}


async def test_a_team_that_comes_after_its_goal_and_records(database: str) -> None:
    """The order of arrival does not matter."""
    world = World()
    world.say(making.metric(), goal("A", 1, **TEAM_GOAL))
    world.record(making.won("O-1", "7.00", owner="R1"))
    async with alone(world, database) as copy:
        assert await shown(copy, database) == {"A": 0}
        world.say(team("R1"))
        assert await shown(copy, database) == {"A": 7}


async def test_a_stale_team_changes_nothing(database: str) -> None:
    """A publisher that stalled sends an old change set once more."""
    world = World()
    world.say(making.metric(), goal("A", 1, **TEAM_GOAL))
    for one in records_of("R1", "R2"):
        world.record(one)
    async with alone(world, database) as copy:
        world.say(team("R1", version=100))
        world.say(team("R2", version=200))
        assert await shown(copy, database) == {"A": 10}
        world.say(team("R1", version=100))
        assert await shown(copy, database) == {"A": 10}
        world.say(Gone(Kind.TEAM, "T"))
        await shown(copy, database)
        world.say(team("R1", version=100))
        assert await shown(copy, database) == {"A": 0}


async def test_a_disabled_managers_goal_stands_still_and_says_why(
    database: str,
) -> None:
    """So do those above it say why; enabled again, the goal catches up.

    P (M)
    ├─ A (X)
    │  └─ B (M)
    └─ C (M)
    """
    world = World()
    world.say(
        making.metric(),
        goal("P", 1, rollup_only_from_children=True),
        goal("A", 2, parent_id="P", manager_id="X"),
        goal("B", 3, parent_id="A", owner={"type": "user", "id": "R1"}),
        goal("C", 4, parent_id="P", owner={"type": "user", "id": "R2"}),
    )
    for one in records_of("R0", "R1", "R2"):
        world.record(one)
    async with alone(world, database) as copy:
        assert await shown(copy, database) == {"P": 111, "A": 11, "B": 10, "C": 100}
        world.say(user("X", disabled=True))
        rows = await settled(copy, database)
        assert {name: row["goal_with_error_id"] for name, row in rows.items()} == {
            "P": "A",
            "A": "A",
            "B": None,
            "C": None,
        }
        assert rows["A"]["frozen"]
        assert rows["P"]["error"] == rows["A"]["error"] == "manager_disabled"

        world.record(making.won("O-R0", "2.00", version=2))
        world.record(making.won("O-R1", "20.00", owner="R1", version=2))
        world.record(making.won("O-R2", "200.00", owner="R2", version=2))
        assert await shown(copy, database) == {"P": 211, "A": 11, "B": 20, "C": 200}

        world.say(user("X", disabled=False))
        rows = await settled(copy, database)
        assert not any(row["error"] or row["frozen"] for row in rows.values())
        assert await shown(copy, database) == {"P": 222, "A": 22, "B": 20, "C": 200}


async def test_the_goal_named_is_the_nearest_of_those_that_fail(database: str) -> None:
    """Itself, else the one of least number below; moves and assignments change it."""
    world = World()
    world.say(
        making.metric(),
        user("X", disabled=True),
        goal("P", 1),
        goal("A", 2, parent_id="P"),
        goal("B", 3, parent_id="A", manager_id="X"),
        goal("C", 4, parent_id="A", manager_id="X"),
    )
    async with alone(world, database) as copy:

        async def named() -> dict[str, str | None]:
            rows = await settled(copy, database)
            return {name: row["goal_with_error_id"] for name, row in rows.items()}

        assert await named() == {"P": "B", "A": "B", "B": "B", "C": "C"}
        world.say(goal("B", 3, parent_id=None, manager_id="X"))
        assert await named() == {"P": "C", "A": "C", "B": "B", "C": "C"}
        world.say(goal("C", 4, parent_id="A", manager_id="M"))
        assert await named() == {"P": None, "A": None, "B": "B", "C": None}
        world.say(making.gone("B", 3), user("M", disabled=True))
        assert await named() == {"P": "P", "A": "A", "C": "C"}
        world.say(goal("C", 4, parent_id="A", state="closed"))
        assert (await named())["C"] is None
        world.say(user("M", disabled=False), goal("C", 4, parent_id="A"))
        world.say(goal("C", 4, parent_id="A", manager_id="X"))
        assert await named() == {"P": "C", "A": "C", "C": "C"}
        world.say(making.gone("C", 4))
        assert await named() == {"P": None, "A": None}


async def test_a_process_that_starts_knows_people_and_errors(database: str) -> None:
    """Nothing is known only to who was there when it was said."""
    world = World()
    world.say(
        making.metric(),
        team("R1"),
        user("X", disabled=True),
        OrganizationDefinition(
            id="organization",
            version=1,
            time_zone="UTC",
            base_currency="EUR",
            goal_rollup_expiry_days=7,
            goal_rollup_frequency_hours=3,
        ),
        goal("P", 1),
        goal("A", 2, parent_id="P", manager_id="X", **TEAM_GOAL),
    )
    async with alone(world, database) as copy, copy_of(world, database) as other:
        await copy.settle()
        await copy.settle()
        async with other.pool.acquire() as connection, connection.transaction():
            known = await other.held.share(connection)
        mine = copy.held.now
        assert known.directory.people.teams == mine.directory.people.teams
        assert known.directory.people.teams["T"].members == ("R1",)
        assert known.directory.disabled == mine.directory.disabled == {"X"}
        assert known.directory.schedule == mine.directory.schedule
        assert known.directory.schedule.expiry_days == 7
        assert known.forest.errors == mine.forest.errors == {2: "manager_disabled"}
        assert known.forest.blamed == mine.forest.blamed == {1: 2, 2: 2}
        assert known.forest.frozen == {2}

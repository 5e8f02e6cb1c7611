"""What time alone does: goals expire, and shown values move at their hour."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup import rederive
from shared.messages.definitions import (
    OrganizationDefinition,
    RecalculationDefinition,
)
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, alone, copy_of
from tests.integration.rollup.judging import judge

LAST_QUARTER = {"start": "2025-10-01", "end": "2025-12-31"}
IN_BERLIN = {**LAST_QUARTER, "time_zone": "Europe/Berlin"}
IN_NEW_YORK = {**LAST_QUARTER, "time_zone": "America/New_York"}
THEN = "2025-12-15"

_versions = iter(range(2, 10_000))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)


def goal(name: str, number: int, **changes: Any) -> Any:
    """Return a goal of R0 in Berlin, in the last quarter of 2025."""
    said = {
        "owner_records_only": True,
        "period": IN_BERLIN,
        "version": next(_versions),
        **changes,
    }
    return making.goal(name, number, **said)


def organization(*, days: int = 30, hours: int = 0) -> OrganizationDefinition:
    """Return the organisation's settings."""
    return OrganizationDefinition(
        id="organization",
        version=next(_versions),
        time_zone="UTC",
        base_currency="EUR",
        goal_rollup_expiry_days=days,
        goal_rollup_frequency_hours=hours,
    )


def won(name: str, amount: str, **changes: Any) -> bytes:
    """Return an opportunity that was won in the last quarter of 2025."""
    return making.won(name, amount, **{"closed": THEN, **changes})


async def frozen(copy: Copy) -> list[str]:
    """Return the goals that stand still."""
    rows = await copy.pool.fetch(
        "SELECT id FROM rollup_published.goal WHERE frozen ORDER BY id"
    )
    return [row["id"] for row in rows]


async def shown(copy: Copy, url: str) -> dict[str, int]:
    """Settle, look at the clock; return what each goal shows and announced last."""
    await copy.settle()
    await copy.scheduling.look()
    await copy.settle()
    await judge(url)
    assert not verifying.judge(await read_rows(url)).differences
    rows = await copy.pool.fetch("SELECT * FROM rollup_published.goal")
    last: dict[str, Any] = copy.world.outgoing.last()
    for row in rows:
        event = last[row["id"]]
        assert event["revision"] == row["revision"]
        assert event["values"]["actual"] == f"{row['shown_actual'].scaleb(-4):.4f}"
    return {row["id"]: int(row["shown_actual"].scaleb(-4)) for row in rows}


def at(world: World, instant: str) -> None:
    """Let it be an instant."""
    world.now = datetime.fromisoformat(instant).astimezone(UTC)


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        # 31 December and 30 days: all of 30 January, where the goal is.
        (IN_BERLIN, "2026-01-30T23:59:59+01:00", "2026-01-31T00:00:00+01:00"),
        (IN_NEW_YORK, "2026-01-30T23:59:59-05:00", "2026-01-31T00:00:00-05:00"),
    ],
)
async def test_a_goal_expires_with_the_day_in_its_zone(
    period: dict[str, str], before: str, after: str, database: str
) -> None:
    """Nobody asks; what it shows goes on counting above, whatever records do."""
    world = World()
    world.say(making.metric(), goal("A", 1, period=period))
    world.record(won("O-1", "5.00"))
    async with alone(world, database) as copy:
        at(world, before)
        assert await shown(copy, database) == {"A": 5}
        assert await frozen(copy) == []
        at(world, after)
        await copy.scheduling.look()
        assert await frozen(copy) == ["A"]
        world.record(won("O-2", "7.00"))
        assert await shown(copy, database) == {"A": 5}
        seen: dict[str, Any] = world.outgoing.last()
        assert seen["A"]["rollup"]["status"] == "frozen"


async def test_only_what_is_due_expires(database: str) -> None:
    """Goals of other periods go on; so do days on which nothing happens."""
    world = World()
    world.say(making.metric(), goal("A", 1), goal("B", 2, period=making.YEAR))
    world.record(won("O-1", "5.00"))
    async with alone(world, database) as copy:
        assert await shown(copy, database) == {"A": 5, "B": 0}
        revision = await _revision(copy)
        for _ in range(3):
            world.now += timedelta(days=2)
            await copy.scheduling.look()
        assert await _revision(copy) == revision
        world.now += timedelta(days=30)
        assert await shown(copy, database) == {"A": 5, "B": 0}
        assert await frozen(copy) == ["A"]
        revision = await _revision(copy)
        world.now += timedelta(days=1)
        await copy.scheduling.look()
        assert await _revision(copy) == revision


async def _revision(copy: Copy) -> int:
    revision: int = await copy.pool.fetchval("SELECT revision FROM rollup.definitions")
    return revision


async def test_more_days_wake_expired_goals(database: str) -> None:
    """They catch up with what came meanwhile; fewer days put them to sleep again."""
    world = World()
    world.say(making.metric(), goal("A", 1))
    world.record(won("O-1", "5.00"))
    async with alone(world, database) as copy:
        await shown(copy, database)
        at(world, "2026-02-10T12:00:00Z")
        world.record(won("O-2", "7.00"))
        await copy.scheduling.look()
        assert await shown(copy, database) == {"A": 5}
        world.say(organization(days=60))
        assert await shown(copy, database) == {"A": 12}
        assert await frozen(copy) == []
        world.say(organization(days=0))
        world.record(won("O-3", "9.00"))
        assert await shown(copy, database) == {"A": 12}
        assert await frozen(copy) == ["A"]


async def test_a_goal_that_is_created_late_is_derived_before_it_expires(
    database: str,
) -> None:
    """So last year's goals can be looked at, though nobody kept them then."""
    world = World()
    at(world, "2026-06-01T00:00:00Z")
    world.say(making.metric(), goal("A", 1))
    for number in range(5):
        world.record(won(f"O-{number}", "1.00"))
    async with alone(world, database) as copy:
        await copy.redefine_all()
        assert await frozen(copy) == []
        assert await shown(copy, database) == {"A": 5}
        assert await frozen(copy) == ["A"]


async def test_a_changed_goal_is_derived_though_it_has_expired(database: str) -> None:
    """A new owner's records count; a new title moves nothing."""
    world = World()
    world.say(making.metric(), goal("A", 1))
    world.record(won("O-1", "5.00"))
    world.record(won("O-2", "70.00", owner="R1"))
    async with alone(world, database) as copy:
        await shown(copy, database)
        at(world, "2026-06-01T00:00:00Z")
        await shown(copy, database)
        world.record(won("O-3", "100.00"))
        world.say(goal("A", 1, title="Renamed"))
        assert await shown(copy, database) == {"A": 5}
        world.say(goal("A", 1, owner={"type": "user", "id": "R1"}))
        assert await shown(copy, database) == {"A": 70}
        assert await frozen(copy) == ["A"]
        world.say(goal("A", 1, period={**making.YEAR, "start": THEN}))
        assert await shown(copy, database) == {"A": 105}
        assert await frozen(copy) == []


async def test_a_recalculation_takes_expired_goals_along(database: str) -> None:
    """They catch up with what came meanwhile, and stand still again."""
    world = World()
    world.say(
        making.metric(),
        goal("P", 1, rollup_only_from_children=True),
        goal("A", 2, parent_id="P"),
        goal("B", 3, parent_id="P", owner={"type": "user", "id": "R1"}, state="closed"),
    )
    world.record(won("O-1", "5.00"))
    world.record(won("O-2", "70.00", owner="R1"))
    async with alone(world, database) as copy:
        await copy.apply_all()
        assert await shown(copy, database) == {"P": 75, "A": 5, "B": 70}
        at(world, "2026-06-01T00:00:00Z")
        await shown(copy, database)
        world.record(won("O-1", "6.00", version=2))
        world.record(won("O-2", "80.00", owner="R1", version=2))
        assert await shown(copy, database) == {"P": 75, "A": 5, "B": 70}
        world.say(
            RecalculationDefinition(
                id="again",
                version=1,
                goal_id="P",
                goal_number=1,
                asked_at=world.now,
            )
        )
        assert await shown(copy, database) == {"P": 76, "A": 6, "B": 70}
        assert await frozen(copy) == ["A", "B", "P"]


async def test_one_clock_for_all_processes(database: str) -> None:
    """A process whose clock is behind does not wake what another put to sleep."""
    world = World()
    world.say(making.metric(), goal("A", 1))
    async with alone(world, database) as copy, copy_of(world, database) as other:
        at(world, "2026-02-10T12:00:00Z")
        await shown(copy, database)
        assert await frozen(copy) == ["A"]
        at(world, "2026-01-15T12:00:00Z")
        await other.scheduling.look()
        world.say(goal("A", 1, title="Renamed"))
        await shown(copy, database)
        assert await frozen(copy) == ["A"]


async def test_values_move_at_their_hour(database: str) -> None:
    """Between the hours nothing is shown and nothing lost; parents move as well."""
    world = World()
    world.say(
        making.metric(),
        organization(hours=4),
        goal("P", 1, rollup_only_from_children=True),
        goal("A", 2, parent_id="P"),
        goal("B", 3, parent_id="P", owner={"type": "user", "id": "R1"}),
    )
    async with alone(world, database) as copy:
        at(world, "2026-01-15T12:00:00Z")
        await shown(copy, database)
        world.record(won("O-1", "5.00"))
        at(world, "2026-01-15T13:10:00Z")
        assert await shown(copy, database) == {"P": 0, "A": 0, "B": 0}
        world.record(won("O-2", "70.00", owner="R1"))
        at(world, "2026-01-15T15:59:59Z")
        assert await shown(copy, database) == {"P": 0, "A": 0, "B": 0}
        at(world, "2026-01-15T16:00:00Z")
        assert await shown(copy, database) == {"P": 75, "A": 5, "B": 70}
        world.record(won("O-1", "6.00", version=2))
        assert await shown(copy, database) == {"P": 75, "A": 5, "B": 70}
        # A night in which nothing ran: one look lets all in.
        at(world, "2026-01-16T09:00:00Z")
        assert await shown(copy, database) == {"P": 76, "A": 6, "B": 70}


async def test_what_people_change_shows_at_once(database: str) -> None:
    """A move, an override and a new owner do not wait for the hour."""
    world = World()
    world.say(
        making.metric(),
        organization(hours=24),
        goal("P", 1, rollup_only_from_children=True),
        goal("A", 2, parent_id="P"),
    )
    world.record(won("O-1", "5.00"))
    world.record(won("O-2", "70.00", owner="R1"))
    async with alone(world, database) as copy:
        # What was there before the goals is derived with them.
        await copy.apply_all()
        assert await shown(copy, database) == {"P": 5, "A": 5}
        world.record(won("O-3", "100.00"))
        world.say(goal("A", 2, parent_id="P", owner={"type": "user", "id": "R1"}))
        assert await shown(copy, database) == {"P": 70, "A": 70}
        world.say(goal("A", 2, owner={"type": "user", "id": "R1"}))
        assert await shown(copy, database) == {"P": 0, "A": 70}


async def test_live_again_shows_what_waited(database: str) -> None:
    """So does another number of hours."""
    world = World()
    world.say(making.metric(), organization(hours=24), goal("A", 1))
    async with alone(world, database) as copy:
        await shown(copy, database)
        world.record(won("O-1", "5.00"))
        assert await shown(copy, database) == {"A": 0}
        world.say(organization(hours=48))
        assert await shown(copy, database) == {"A": 5}
        world.record(won("O-2", "7.00"))
        assert await shown(copy, database) == {"A": 5}
        world.say(organization())
        assert await shown(copy, database) == {"A": 12}
        world.record(won("O-3", "1.00"))
        assert await shown(copy, database) == {"A": 13}


async def test_a_goal_that_lives_again_lives_in_every_process(
    copy: Copy, world: World, database: str
) -> None:
    """Not only in the one that has heard of the change."""
    world.say(making.metric(), organization(days=10))
    world.say(goal("G", 1, owner_records_only=False))
    world.record(won("O-1", "1.00"))
    assert await shown(copy, database) == {"G": 1}
    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        world.record(won("O-2", "20.00"), partition=1)
        await other.apply_all()
        before = await frozen(copy)
        world.say(organization(days=300))
        await copy.settle()
        world.record(won("O-3", "300.00"), partition=1)
        await other.apply_all()
        await copy.assign_records(0, 1)

    assert before == ["G"]
    assert await frozen(copy) == []
    assert await shown(copy, database) == {"G": 321}

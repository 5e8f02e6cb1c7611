"""Climb: what waits becomes totals, and what is committed is announced."""

import pytest

from services.rollup.domain.forest import group_of_tree
from shared.domain.goals import GoalNumber
from shared.plumbing.producing import DeliveryError
from tests.integration.rollup import making
from tests.integration.rollup.copies import ALL_GROUPS, Copy, World
from tests.integration.rollup.judging import OWN, judge, numbers

MONEY = 10_000


@pytest.fixture
def world() -> World:
    """Return the topics of a small company.

    P (everybody's)
    ├─ C0 (R0's)
    └─ C1 (R1's)
       └─ C2 (R2's)
    """
    made = World()
    made.say(
        making.metric(),
        making.goal("P", 1, rollup_only_from_children=True),
        *(
            making.goal(
                f"C{index}",
                10 + index,
                parent_id=parent,
                owner={"type": "user", "id": f"R{index}"},
                owner_records_only=True,
            )
            for index, parent in enumerate(("P", "P", "C1"))
        ),
    )
    return made


async def shown(database: str) -> dict[str, int]:
    """Return what each goal shows, in whole money."""
    return {name: one[0] // MONEY for name, one in (await numbers(database)).items()}


async def test_a_record_moves_its_goal_and_all_above(
    copy: Copy, world: World, database: str
) -> None:
    """And nobody else; all of them are announced, with the record that did it."""
    await copy.settle()
    world.outgoing.messages.clear()

    world.record(making.won("O-1", "400.00", owner="R2"))
    await copy.apply_all()
    climbed = await copy.climb()
    await copy.publish_climbed(climbed)

    assert await shown(database) == {"P": 400, "C0": 0, "C1": 400, "C2": 400}
    last = world.outgoing.last()
    assert last.keys() == {"P", "C1", "C2"}
    for event in last.values():
        assert event is not None
        assert event["values"] == {
            "actual": "400.0000",
            "in_progress": "0.0000",
            "custom": None,
        }
        assert event["caused_by"] == ["opportunity/O-1@1"]
        assert event["percentage"] == "400.0000"
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.announcement") == 0
    await judge(database)


async def test_what_a_computing_goal_gets_waits(
    copy: Copy, world: World, database: str
) -> None:
    """Its own value stands still until all its records were read, then moves once."""
    world.record(making.won("O-1", "1.00", owner="R2"))
    await copy.settle()
    world.say(
        making.goal(
            "C2",
            12,
            parent_id="C1",
            owner={"type": "user", "id": "R0"},
            version=2,
            owner_records_only=True,
        )
    )
    world.record(making.won("O-2", "10.00", owner="R0"))
    await copy.redefine_all()
    await copy.apply_all()
    await copy.climb()
    in_between = await shown(database)
    computing = {
        name: event["rollup"]
        for name, event in world.outgoing.last().items()
        if event is not None
    }
    await copy.publish()
    told = world.outgoing.last()
    await judge(database)

    await copy.settle()

    assert in_between == {"P": 11, "C0": 10, "C1": 1, "C2": 1}
    assert computing["C2"] == {"status": "current", "error": None}
    assert told["C2"] is not None
    assert told["C2"]["rollup"] == {"status": "computing", "error": None}
    assert told["P"] is not None
    assert told["P"]["rollup"] == {"status": "computing", "error": None}
    assert await shown(database) == {"P": 20, "C0": 10, "C1": 10, "C2": 10}
    last = world.outgoing.last()["P"]
    assert last is not None
    assert last["rollup"] == {"status": "current", "error": None}
    await judge(database)


async def test_what_is_pending_announces_nothing(
    copy: Copy, world: World, database: str
) -> None:
    """A delta that nobody sees yet is no news."""
    await copy.settle()
    fields = {**making.REVENUE, "custom": making.CALLS["actual"]}
    world.say(making.metric(version=2, rollup_fields=fields))
    await copy.redefine_all()
    await copy.publish()
    announced = len(world.outgoing.messages)

    world.record(making.won("O-1", "400.00", owner="R0"))
    await copy.apply_all()
    await copy.climb()
    await copy.publish()

    assert len(world.outgoing.messages) == announced
    assert (await numbers(database, OWN))["C0"] == (0, 0, 0)
    await judge(database)


async def test_an_announcement_stands_until_the_broker_has_it(
    copy: Copy, world: World, database: str
) -> None:
    """Without the acknowledgement it is published again."""
    await copy.settle()
    world.record(making.won("O-1", "400.00", owner="R2"))
    await copy.apply_all()
    climbed = await copy.climb()
    world.outgoing.failures = 1
    with pytest.raises(DeliveryError):
        await copy.publish_climbed(climbed)
    copy.climbing.start_anew()
    waiting = await copy.pool.fetchval("SELECT count(*) FROM rollup.announcement")
    world.outgoing.messages.clear()

    await copy.publish()

    assert waiting == 1
    assert world.outgoing.last().keys() == {"P", "C1", "C2"}
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.announcement") == 0
    await judge(database)


async def test_a_climb_does_not_wait_for_the_one_before_it_to_be_acknowledged(
    copy: Copy, world: World, database: str
) -> None:
    """Both are published in order, and forgotten only once Kafka has them."""
    await copy.settle()
    world.outgoing.messages.clear()
    world.outgoing.holds = True
    for number in (1, 2):
        world.record(making.won(f"O-{number}", "400.00", owner="R2"))
        await copy.apply_all()
        climbed = await copy.climb()
        assert not climbed.behind_others
        await copy.climbing.publish(climbed)

    first, second = world.outgoing.revisions()["P"]
    count = "SELECT count(*) FROM rollup.announcement"
    assert first < second
    assert not copy.climbing.may_forget
    assert await copy.pool.fetchval(count) == 2

    world.outgoing.acknowledge()
    await copy.climb()

    assert await copy.pool.fetchval(count) == 0
    assert not copy.climbing.may_forget
    await judge(database)


async def test_a_climb_waits_for_what_is_not_on_its_way(
    copy: Copy, world: World
) -> None:
    """What stands in the table only, as after a crash, must go out first."""
    await copy.settle()
    world.record(making.won("O-1", "400.00", owner="R2"))
    await copy.apply_all()
    await copy.climb()
    world.record(making.won("O-2", "400.00", owner="R2"))
    await copy.apply_all()

    assert (await copy.climb()).behind_others


async def test_a_climb_is_refused_when_the_one_before_it_did_not_arrive(
    copy: Copy, world: World, database: str
) -> None:
    """Nothing is forgotten; it is published again from the table."""
    await copy.settle()
    world.record(making.won("O-1", "400.00", owner="R2"))
    await copy.apply_all()
    world.outgoing.failures = 1
    await copy.climbing.publish(await copy.climb())
    world.record(making.won("O-2", "400.00", owner="R2"))
    await copy.apply_all()

    with pytest.raises(DeliveryError):
        await copy.climb()
    copy.climbing.start_anew()
    world.outgoing.messages.clear()
    await copy.climb()
    await copy.publish()

    last = world.outgoing.last()["P"]
    assert last is not None
    assert last["values"]["actual"] == "800.0000"  # type: ignore[index] # JSON
    await judge(database)


async def test_what_stands_in_the_table_stays_until_the_broker_has_it(
    copy: Copy, world: World
) -> None:
    """Publishing from the table may fail as well; nothing is forgotten by it."""
    await copy.settle()
    world.record(making.won("O-1", "400.00", owner="R2"))
    await copy.apply_all()
    await copy.climb()
    world.outgoing.failures = 1
    async with copy.pool.acquire() as connection:
        with pytest.raises(DeliveryError):
            await copy.climbing.publish_outstanding(connection, ALL_GROUPS)

    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.announcement") == 1


async def test_a_crash_between_commit_and_publishing_loses_no_news(
    copy: Copy, world: World, database: str
) -> None:
    """Whoever climbs next announces what stands there, at its newest, oldest first."""
    await copy.settle()
    world.outgoing.messages.clear()
    for number in range(3):
        world.record(making.won(f"O-{number}", "1.00", owner="R0"))
        await copy.apply_all()
        await copy.climb()

    await copy.publish()

    last = world.outgoing.last()["C0"]
    assert last is not None
    assert last["values"] == {
        "actual": "3.0000",
        "in_progress": "0.0000",
        "custom": None,
    }
    revisions = world.outgoing.revisions()["C0"]
    assert revisions == sorted(revisions)
    await judge(database)


async def test_a_climb_behind_others_leaves_its_news_to_the_table(
    copy: Copy, world: World
) -> None:
    """What was committed earlier goes out first."""
    await copy.settle()
    for number in range(2):
        world.record(making.won(f"O-{number}", "1.00", owner="R0"))
        await copy.apply_all()
        climbed = await copy.climb()
        assert climbed.behind_others == (number == 1)


async def test_deltas_of_a_goal_that_is_gone_are_dropped(
    copy: Copy, world: World, database: str
) -> None:
    """They were waiting when it was deleted, or come later from what it had counted."""
    world.record(making.won("O-1", "1.00", owner="R2"))
    await copy.settle()
    world.record(making.won("O-2", "10.00", owner="R2"))
    await copy.apply_all()
    world.say(making.gone("C2"))
    await copy.settle()
    after = await shown(database)

    world.record(making.won("O-1", "100.00", owner="R2", version=2))
    await copy.settle()

    assert after == {"P": 0, "C0": 0, "C1": 0}
    assert await shown(database) == after
    assert world.outgoing.last()["C2"] is None
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.delta") == 0
    await judge(database)


async def test_one_of_several_groups_climbs_alone(
    copy: Copy, world: World, database: str
) -> None:
    """Other groups' deltas wait for who climbs them."""
    world.say(making.goal("other", 5))
    await copy.settle()
    world.record(making.won("O-1", "400.00", owner="R0"))
    await copy.apply_all()

    await copy.climb([group_of_tree(GoalNumber(1))])

    assert await shown(database) == {"P": 400, "C0": 400, "C1": 0, "C2": 0, "other": 0}
    await judge(database)
    await copy.climb(ALL_GROUPS)
    assert (await shown(database))["other"] == 400


async def test_news_behind_a_waiting_announcement_waits_too(
    copy: Copy, world: World
) -> None:
    """A goal that came from another group is not announced before that one is quiet.

    Its old climber may still be sending what the goal was there.
    """
    world.say(making.goal("there", 6))
    await copy.settle()
    world.outgoing.messages.clear()
    world.record(making.won("O-1", "1.00", owner="R0"))
    await copy.apply_all()
    await copy.climb([1])
    world.say(
        making.goal("C0", 10, parent_id="there", version=2, owner_records_only=True)
    )
    await copy.redefine_all()
    world.record(making.won("O-2", "1.00", owner="R0"))
    await copy.apply_all()
    await copy.climb([6])

    await copy.publish([6])
    too_early = world.outgoing.last()
    await copy.publish([1])
    await copy.publish([6])

    assert "C0" not in too_early
    last = world.outgoing.last()["C0"]
    assert last is not None
    assert last["parent_id"] == "there"
    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.announcement") == 0

"""However goals move, and whoever dies: the history is what they showed."""

import random

import pytest

from tests.integration.rollup import making
from tests.integration.rollup.chronicle import (
    LOCK,
    NOON,
    Clock,
    all_right,
    clock_for,
    company,
    compare_all,
    history_of,
    move,
    rows,
)
from tests.integration.rollup.copies import Copy, World

# What each goal showed last in each second.
Showed = dict[tuple[str, float], str]

_SHOWN = """
SELECT id, rollup.amount_of(shown_actual, 4, true)::text FROM rollup_published.goal
"""
STEPS = 60


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let climbs and changes of definitions live by a clock of the test's own."""
    return clock_for(monkeypatch)


@pytest.fixture
def world() -> World:
    """Return the topics of a small company: P ── C, and X beside it."""
    return company()


async def look(copy: Copy, clock: Clock, showed: Showed) -> None:
    """Note what all goals show now."""
    second = float(int((clock.now - NOON).total_seconds()))
    for goal_id, actual in await copy.pool.fetch(_SHOWN):
        showed[goal_id, second] = actual


async def redefine(copy: Copy, world: World, dice: random.Random, version: int) -> None:
    """Move C below another goal, and write over what it shows, or no more."""
    values = dice.choice(({}, {"actual": f"{dice.randrange(4)}"}))
    flags = dict.fromkeys(("is_override", "is_overridden"), bool(values))
    parent = dice.choice(("P", "X", None))
    said = {"number": version, "values": values, **LOCK, **flags}
    world.say(making.goal("C", 2, version=version, parent_id=parent, override=said))
    await copy.settle()


async def step(copy: Copy, world: World, dice: random.Random, number: int) -> None:
    """Do one of the things that move goals."""
    if dice.random() < 0.75:
        await move(copy, world, f"{dice.randrange(4)}.00")
    else:
        await redefine(copy, world, dice, number + 2)


@pytest.mark.parametrize("seed", range(4))
async def test_the_history_is_what_goals_showed(
    copy: Copy, world: World, clock: Clock, database: str, seed: int
) -> None:
    """Records, locks, moves below others, written at any time: second by second."""
    dice, showed = random.Random(seed), Showed()
    history = history_of(copy)
    await copy.settle()
    await look(copy, clock, showed)
    for number in range(STEPS):
        clock.wait(dice.choice((0.0, 0.1, 0.4, 1.0, 2.5)))
        await step(copy, world, dice, number)
        await look(copy, clock, showed)
        if dice.random() < 0.2:
            await history.write(clock.now)
    await history.write(None)

    for goal_id in "PCX":
        steps: list[tuple[float, str | None]] = []
        for (name, second), actual in showed.items():
            if name == goal_id and (not steps or steps[-1][1] != actual):
                steps.append((second, actual))
        assert await rows(copy, goal_id) == steps
    assert await all_right(copy, database)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_dies_only_seconds_are_lost(
    copy: Copy, world: World, clock: Clock, database: str, seed: int
) -> None:
    """What stands in the end is what the goals show, and nothing was made up."""
    dice, showed = random.Random(seed), set[tuple[str, str | None]]()
    history = history_of(copy)
    await copy.settle()
    for number in range(STEPS):
        clock.wait(dice.choice((0.0, 0.4, 1.0)))
        await step(copy, world, dice, number)
        seen: Showed = {}
        await look(copy, clock, seen)
        showed |= {(goal_id, actual) for (goal_id, _), actual in seen.items()}
        chance = dice.random()
        if chance < 0.2:
            await history.write(clock.now)
        elif chance < 0.3:
            # The process dies; its heir compares.
            copy.climbing.notes.take(None)
            await compare_all(copy)
    await history.write(None)

    assert await all_right(copy, database)
    for goal_id in "PCX":
        found = await rows(copy, goal_id)
        assert {(goal_id, actual) for _, actual in found} <= showed
        assert len(found) > 1

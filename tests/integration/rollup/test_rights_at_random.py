"""Two processes through days of records, owners, shares, people, units and roles."""

import asyncio
import random
from typing import Any

import pytest

from services.rollup import rederive
from shared.messages.definitions import Kind
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, Gone, World, copy_of
from tests.integration.rollup.reading import (
    by_the_rule,
    definition,
    goal,
    shown,
    won,
)
from tests.integration.rollup.repeating import apply_some, read_again
from tests.rights import directories

STEPS = 120


class Day:
    """The dice, and what they have said so far."""

    def __init__(self, seed: int, world: World) -> None:
        self._dice = random.Random(seed)
        self._world = world
        self.entries = directories.directory(self._dice)

    def say_all(self) -> None:
        """Say what there is at first."""
        said = [
            definition(kind, name, **one)
            for kind, by_name in self.entries.items()
            for name, one in by_name.items()
        ]
        self._world.say(making.metric(), *said, goal("P", 1))
        self._world.say(*map(self._goal, range(2, 12)))

    async def step(self, *members: Copy) -> None:
        """Let one thing happen in one process, or the same in both at once."""
        dice, fate = self._dice, self._dice.random()
        if fate < 0.4:
            for _ in range(dice.randrange(1, 6)):
                self._say_record()
        elif fate < 0.55:
            self._say_change()
        elif fate < 0.62:
            await members[0].redefine_all()
            await members[0].redefining.follow_up()
        elif fate < 0.75:
            await asyncio.gather(*map(read_again, members))
        elif fate < 0.82:
            await members[0].climb()
        else:
            several = dice.choice((members, members[:1], members[1:]))
            await apply_some(several, dice)

    def _goal(self, number: int) -> Any:
        dice = self._dice
        kind, _, name = dice.choice(directories.principals()).partition("/")
        return goal(
            f"G{number}",
            number,
            dice.choice(directories.users()),
            parent_id="P",
            owner={"type": kind, "id": name},
            owner_records_only=dice.random() < 0.25,
            include_team_members=dice.random() < 0.5,
        )

    def _say_change(self) -> None:
        if self._dice.random() < 0.2:
            self._world.say(self._goal(self._dice.randrange(2, 12)))
            return
        kind, name = directories.changed(self._dice, self.entries)
        left = self.entries[kind].get(name)
        self._world.say(
            Gone(Kind(kind), name) if left is None else definition(kind, name, **left)
        )

    def _say_record(self) -> None:
        dice = self._dice
        amount = f"{dice.randrange(1, 9)}.00"
        self._world.record(
            won(
                f"O{dice.randrange(25)}",
                amount,
                directories.owner(dice),
                *directories.shares(dice),
                deleted=dice.random() < 0.08,
            ),
            partition=dice.randrange(2),
        )


@pytest.mark.parametrize("seed", range(6))
async def test_goals_count_what_their_managers_read(
    world: World, copy: Copy, database: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens, all is as section 2 says when it is read word by word."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 4)
    day = Day(seed, world)
    day.say_all()

    async with copy_of(world, database) as other:
        await other.assign_records(1)
        await copy.assign_records(0)
        for _ in range(STEPS):
            await day.step(copy, other)
        await copy.assign_records(0, 1)
    await shown(copy, database)
    found = await shown(copy, database)

    expected = await by_the_rule(database, day.entries)
    assert found.pop("P") == sum(expected.values())
    expected.pop("P")
    assert found == expected
    assert any(found.values())

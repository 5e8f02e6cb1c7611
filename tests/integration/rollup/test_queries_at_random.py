"""Two processes through days of records, links, queries, people and time."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.rollup import linked, rederive
from tests.integration.rollup import making
from tests.integration.rollup.asking import (
    account,
    deal,
    entity,
    goal,
    of_account,
    one,
    organization,
    query,
    shown,
    team,
    unit,
    user,
)
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.judging import judge
from tests.integration.rollup.repeating import Repeated, apply_some, read_again

STEPS = 150
ACCOUNTS = ("A0", "A1", "A2", "A3")
PEOPLE = ("R0", "R1", "M")
UNITS = ("north", "south")
BEGINNING = datetime(2026, 6, 14, 12, tzinfo=UTC)


def in_tree(operator: str) -> dict[str, Any]:
    """Return a condition on the tree of accounts."""
    return {
        **one("customerid", operator, "A1"),
        "entity": "account",
        "via": "parentid",
    }


WHERES: tuple[dict[str, Any], ...] = (
    of_account(one("postalcode", "eq", "1")),
    of_account({"link": "parentid", "entity": "account"}),
    of_account(
        {
            "any": [
                one("postalcode", "eq", "2"),
                {
                    "link": "parentid",
                    "entity": "account",
                    "where": one("postalcode", "eq", "1"),
                },
            ]
        }
    ),
    {"not": of_account(one("postalcode", "ne", "1"))},
    in_tree("eq-or-under"),
    in_tree("above"),
    in_tree("not-under"),
    one("closed", "today"),
    {"all": [one("closed", "last-x-days", 1), in_tree("under")]},
    one("closed", "next-x-hours", 30),
    one("closed", "this-week"),
    one("closed", "in-fiscal-period", 2),
    one("@owner", "eq-useroruserteams"),
    one("@owner", "eq-useroruserhierarchy"),
    one("@owner_business_unit", "eq-or-under", "north"),
    one("size", "eq", "3"),
    of_account(one("size", "in", [3, "4"])),
)


class Day:
    """The dice, and what they have said so far."""

    def __init__(self, seed: int, world: World, database: str) -> None:
        self._dice = random.Random(seed)
        self._world = world
        self._database = database
        self._versions: dict[str, int] = {}

    def say_all(self) -> None:
        """Say what there is at first."""
        self._world.say(making.metric(), unit("north"), unit("south", "north"))
        self._world.say(*(query(f"Q{n}", self._where()) for n in range(4)))
        self._world.say(goal("P", 1, None), *map(self._goal, range(2, 7)))

    async def step(self, *members: Copy) -> None:
        """Let one thing happen in one process, or the same in both at once."""
        dice, fate = self._dice, self._dice.random()
        if fate < 0.35:
            for _ in range(dice.randrange(1, 6)):
                self._say_record()
        elif fate < 0.45:
            self._world.say(self._definition())
        elif fate < 0.52:
            await members[0].redefine_all()
            await members[0].redefining.follow_up()
        elif fate < 0.6:
            self._world.now += timedelta(minutes=dice.choice((1, 17, 61, 700)))
            for member in members:
                await Repeated().until_done(member.scheduling.look)
        elif fate < 0.72:
            await asyncio.gather(*map(read_again, members))
        elif fate < 0.8:
            await members[0].climb()
            await judge(self._database)
        else:
            several = dice.choice((members, members[:1], members[1:]))
            await apply_some(several, dice)

    def _where(self) -> dict[str, Any]:
        return self._dice.choice(WHERES)

    def _goal(self, number: int) -> Any:
        dice = self._dice
        return goal(
            f"G{number}",
            number,
            dice.choice((None, "Q0", "Q1", "Q2", "Q3")),
            parent_id="P",
            manager_id=dice.choice(PEOPLE),
            owner={"type": "user", "id": dice.choice(PEOPLE)},
            owner_records_only=dice.random() < 0.3,
            state=dice.choice(("open", "open", "open", "closed")),
        )

    def _definition(self) -> Any:
        dice = self._dice
        fate = dice.randrange(8)
        if fate < 2:
            return query(f"Q{dice.randrange(4)}", self._where())
        if fate < 4:
            return self._goal(dice.randrange(2, 7))
        if fate == 4:
            return user(
                dice.choice(PEOPLE),
                manager_id=dice.choice((*PEOPLE, None)),
                business_unit_id=dice.choice((*UNITS, None)),
                disabled=dice.random() < 0.1,
            )
        if fate == 5:
            return team("T", *dice.sample(PEOPLE, dice.randrange(3)))
        if fate == 6:
            return entity("opportunity", size=dice.choice(("text", "number")))
        return organization(
            week_start=dice.choice(("monday", "sunday")),
            fiscal_calendar={"template": dice.choice(("quarterly", "monthly"))},
        )

    def _say_record(self) -> None:
        dice = self._dice
        is_deal = dice.random() < 0.6
        name = f"O{dice.randrange(12)}" if is_deal else dice.choice(ACCOUNTS)
        newest = self._versions.get(name, 0)
        version = max(1, newest + dice.choice((1, 1, 1, 1, -1)))
        self._versions[name] = max(newest, version)
        # Two contents of one version would be the sender's fault.
        content = random.Random(f"{name}{version}")
        says: dict[str, Any] = {
            "version": version,
            "deleted": content.random() < 0.08,
            "size": content.choice((3, "3", "3.0", 4)),
        }
        if is_deal:
            value = deal(
                name,
                f"{content.randrange(1, 9)}.00",
                customerid=content.choice((*ACCOUNTS, None)),
                closed=self._date(content),
                owner=content.choice(PEOPLE),
                **says,
            )
        else:
            value = account(
                name,
                parentid=content.choice((*ACCOUNTS, None)),
                postalcode=content.choice("12"),
                **says,
            )
        self._world.record(value, partition=dice.randrange(2))

    def _date(self, content: random.Random) -> str:
        day = (BEGINNING + timedelta(days=content.randrange(-2, 6))).date()
        return content.choice((f"{day}", f"{day}T{content.randrange(24):02}:30:00Z"))


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_happens_all_is_as_it_would_be_from_nothing(
    world: World, copy: Copy, database: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However they share the work, every record adds what all records say."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 4)
    monkeypatch.setattr(linked, "DEPENDANTS_MAX", 3)
    monkeypatch.setattr(linked, "DUE_MAX", 3)
    world.now = BEGINNING
    day = Day(seed, world, database)
    day.say_all()

    async with copy_of(world, database) as other:
        await other.assign_records(1)
        await copy.assign_records(0)
        for _ in range(STEPS):
            await day.step(copy, other)
        await copy.assign_records(0, 1)
    await shown(copy, database)
    found = await shown(copy, database)

    assert any(found.values())

"""Linked records that several processes take at once, in whatever order."""

import asyncio
import random
from functools import partial
from typing import Any

import pytest

from services.rollup import linked, rederive
from services.rollup.intake import Batch
from services.rollup.store import records
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.judging import judge
from tests.integration.rollup.linking import (
    OF_ACCOUNT,
    OF_OPPORTUNITY,
    WON_PRODUCT,
    opportunity,
    product,
    products,
    settled,
    shown,
)
from tests.integration.rollup.repeating import Repeated, apply_some, read_again
from tests.waiting import eventually

ROUNDS = 25


@pytest.fixture
def world() -> World:
    """Return topics with one goal: won products of 2026."""
    made = World()
    made.say(products(), making.goal("G", 1))
    return made


async def fetched(copy: Copy) -> Batch:
    """Return all that waits for this process, as one batch."""
    batch = await copy.fetch(limit=1000)
    assert batch is not None
    return batch


async def test_opposite_batches_of_two_processes_do_not_stop_each_other(
    copy: Copy, world: World, database: str
) -> None:
    """Each has children and parents of the other's, all of them new or none."""
    repeated = Repeated()
    await settled(copy, database)

    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        for turn in range(ROUNDS):
            names = [f"{turn // 5}-{number}" for number in range(8)]
            version = turn % 5 + 1
            for partition, ordered in enumerate((names, names[::-1])):
                for index, name in enumerate(ordered):
                    both = [
                        product(f"P-{name}", "1.00", of=f"O-{name}", version=version),
                        opportunity(f"O-{name}", version=version),
                    ]
                    # Half of the records are the other's too.
                    for value in both if index % 2 else both[partition:][:1]:
                        world.record(value, partition=partition)
            one, two = await fetched(copy), await fetched(other)
            await asyncio.gather(
                repeated.until_done(partial(copy.apply, one)),
                repeated.until_done(partial(other.apply, two)),
            )
        await copy.assign_records(0, 1)
    await settled(copy, database)

    assert await shown(database) == 8 * ROUNDS // 5
    assert repeated.deadlocks == 0


async def test_a_parent_and_its_new_child_arrive_at_the_same_time(
    copy: Copy, world: World, database: str
) -> None:
    """In two processes: whichever is first, the other sees it."""
    repeated = Repeated()
    await settled(copy, database)

    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        for turn in range(ROUNDS):
            for number in range(5):
                name = f"{turn}-{number}"
                world.record(product(f"P-{name}", "1.00", of=f"O-{name}"))
                world.record(opportunity(f"O-{name}"), partition=1)
            one, two = await fetched(copy), await fetched(other)
            await asyncio.gather(
                repeated.until_done(partial(copy.apply, one)),
                repeated.until_done(partial(other.apply, two)),
            )
        await copy.assign_records(0, 1)
    await settled(copy, database)

    assert await shown(database) == 5 * ROUNDS
    assert repeated.deadlocks == 0


@pytest.mark.parametrize("order", ["child first", "parent first", "job second"])
async def test_a_parent_does_not_change_while_a_child_looks_at_it(
    copy: Copy,
    world: World,
    database: str,
    order: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second waits for the first, and then sees what it did."""
    world.record(opportunity("O-1"))
    await settled(copy, database)
    first_is_there, second_is_there = asyncio.Event(), asyncio.Event()
    finish_batch = records.finish_batch

    async def held_up(*args: Any, **everything: Any) -> None:
        if not first_is_there.is_set():
            first_is_there.set()
            await second_is_there.wait()
        await finish_batch(*args, **everything)

    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        child = product("P-1", "1.00")
        if order == "job second":
            world.say(making.goal("G", 1, version=2, state="closed"))
            await settled(copy, database)
            world.record(child)
            await copy.apply_all()
            world.say(making.goal("G", 1, version=3))
            await copy.redefine_all()
        else:
            world.record(child, partition=int(order == "parent first"))
        parent = opportunity("O-1", version=2, state="open")
        world.record(parent, partition=int(order == "child first"))
        one = await fetched(copy)
        second_act = (
            other.rederiving.work_once
            if order == "job second"
            else partial(other.apply, await fetched(other))
        )
        monkeypatch.setattr(records, "finish_batch", held_up)
        first = asyncio.create_task(copy.apply(one))
        await first_is_there.wait()
        second = asyncio.ensure_future(second_act())
        await _until_it_waits(copy, second)
        second_is_there.set()
        await asyncio.gather(first, second)
        await copy.assign_records(0, 1)
    await settled(copy, database)

    assert await shown(database) == 0


async def _until_it_waits(copy: Copy, act: "asyncio.Future[Any]") -> None:
    """Wait until the act waits for a lock, or is done."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    await eventually(
        lambda: act.done() or copy.pool.fetchval(waiting), what="a lock to wait for"
    )


async def test_records_are_read_again_next_to_a_stream_of_their_parents(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A re-derivation, the dependants of one record, and two processes that apply."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 7)
    monkeypatch.setattr(linked, "DEPENDANTS_MAX", 5)
    repeated = Repeated()
    for number in range(60):
        world.record(product(f"P-{number}", "1.00", of=f"O-{number % 4}"))
    world.say(products(version=2, actual=WON_PRODUCT | {"date_from": None}))
    await settled(copy, database)

    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        world.say(products(version=3))
        await copy.redefine_all()

        async def stream(one: Copy, partition: int) -> None:
            for version in range(1, 30):
                world.record(
                    opportunity(
                        f"O-{version % 4}",
                        version=2 * version + partition,
                        state="won" if version > 25 else "open",
                    ),
                    partition=partition,
                )
                world.record(
                    product(f"P-{version}", "2.00", of="O-0", version=2 + partition),
                    partition=partition,
                )
                await repeated.until_done(partial(one.apply, await fetched(one)))

        async def read_again(one: Copy) -> None:
            for _ in range(60):
                await repeated.until_done(one.rederiving.work_once)

        async def climbs() -> None:
            for _ in range(20):
                await repeated.until_done(copy.climb)
                await judge(database)

        await asyncio.gather(
            stream(copy, 0),
            stream(other, 1),
            read_again(copy),
            read_again(other),
            climbs(),
        )
        await copy.assign_records(0, 1)
    await settled(copy, database)

    assert await shown(database) == 60 + 29
    assert repeated.deadlocks == 0


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_happens_all_is_as_it_would_be_from_nothing(
    world: World, copy: Copy, database: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes through a day: records, links and definitions that change."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 4)
    monkeypatch.setattr(linked, "DEPENDANTS_MAX", 2)
    day = _Day(random.Random(seed), world)
    world.say(making.goal("H", 2, owner_records_only=True))

    async with copy_of(world, database) as other:
        await other.assign_records(1)
        await copy.assign_records(0)
        for _ in range(200):
            await day.step(copy, other)
        await copy.assign_records(0, 1)
    # What was closed meanwhile shows what it showed; opened, it has caught up.
    for number, name in enumerate("GH", start=1):
        day.say_goal(name, number, state="open")
    await settled(copy, database)
    await settled(copy, database)

    assert day.seen


class _Day:
    """The dice, and what they have said so far."""

    def __init__(self, dice: random.Random, world: World) -> None:
        self._dice = dice
        self._world = world
        self._versions: dict[str, int] = {}
        self._is_closed = False
        # What records added now and then.
        self.seen: set[int] = set()

    async def step(self, *members: Copy) -> None:
        """Let one thing happen in one process, or the same in both at once."""
        fate = self._dice.random()
        if fate < 0.4:
            for _ in range(self._dice.randrange(1, 6)):
                self._say_record()
        elif fate < 0.43:
            self._say_metric()
        elif fate < 0.46:
            self._say_other_goal()
        elif fate < 0.51:
            await members[0].redefine_all()
            await members[0].redefining.follow_up()
        elif fate < 0.7:
            await asyncio.gather(*map(read_again, members))
        elif fate < 0.8:
            await members[0].climb()
            self.seen |= await _added(members[0])
        else:
            # Both at once, or one of them while the other lags behind.
            several = self._dice.choice((members, members[:1], members[1:]))
            await apply_some(several, self._dice)

    def _say_record(self) -> None:
        dice = self._dice
        entity = dice.choice(("product", "product", "opportunity", "account"))
        name = f"{entity[0]}{dice.randrange(8 if entity == 'product' else 3)}"
        newest = self._versions.get(name, 0)
        version = max(1, newest + dice.choice((1, 1, 1, 0, -1)))
        self._versions[name] = max(newest, version)
        # Two contents of one version would be the sender's fault.
        content = random.Random(f"{name}{version}")
        days = ("2026-02-02", "2026-03-03", "2027-02-02")
        value = making.won(
            name,
            f"{content.randrange(1, 9)}.00",
            entity=entity,
            version=version,
            owner=content.choice("AB"),
            state=content.choice(("won", "won", "won", "open")),
            deleted=content.random() < 0.1,
            attributes={
                "amount": f"{content.randrange(1, 9)}.00",
                "closed": content.choice(days),
                "opportunityid": content.choice(("o0", "o1", "o1", "o2", None)),
                "accountid": content.choice(("a0", "a1", "a9")),
            },
        )
        self._world.record(value, partition=dice.randrange(2))

    def _say_other_goal(self) -> None:
        self._is_closed = self._dice.random() < 0.5
        self.say_goal(
            "H",
            2,
            state="closed" if self._is_closed else "open",
            owner={"type": "user", "id": self._dice.choice("AB")},
        )

    def _say_metric(self) -> None:
        dice = self._dice
        if self._is_closed:
            # Then goals refuses it.
            return
        links = (None, OF_OPPORTUNITY, OF_ACCOUNT)
        fields = {
            slot: WON_PRODUCT
            | {"source_entity": dice.choice(("product", "opportunity"))}
            | {name: dice.choice(links) for name in ("state_from", "date_from")}
            for slot in ("actual", "custom")
        }
        self._world.say(products(version=self._next("metric"), **fields))

    def say_goal(self, name: str, number: int, **changes: Any) -> None:
        """Define a goal anew; H counts what its owner has, G all there is."""
        self._world.say(
            making.goal(
                name,
                number,
                version=self._next(name) + 1,
                owner_records_only=name == "H",
                **changes,
            )
        )

    def _next(self, name: str) -> int:
        self._versions[name] = self._versions.get(name, 1) + 1
        return self._versions[name]


async def _added(member: Copy) -> set[int]:
    rows = await member.pool.fetch("SELECT DISTINCT unnest(amounts) FROM rollup.record")
    return {row[0] for row in rows}

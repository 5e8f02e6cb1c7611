"""Two rollup processes through a day: what each does next, and what happens to it."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from services.rollup.climb import Climbed
from services.rollup.domain.forest import TREE_GROUPS
from services.rollup.intake import Batch
from services.rollup.store import (
    announcements,
    comparing,
    definitions,
    links,
    offsets,
    recalculations,
    records,
    rederivations,
    totals,
)
from shared.plumbing.producing import DeliveryError
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.topics import MemoryConsumer
from tests.simulation.days import PERIODS, Days
from tests.simulation.model import FIELDS

# Every statement that a flow may die before or after, by the room it stands in.
STATEMENTS = (
    (offsets, ("lock", "move")),
    (
        records,
        (
            "begin_batch",
            "copy",
            "append_deltas",
            "finish_batch",
            "update_contributions",
        ),
    ),
    (links, ("lock", "dependants_of", "next_dependants", "return_to_mark", "write")),
    (rederivations, ("take", "queue", "finish", "advance", "settle")),
    (recalculations, ("begin", "read_on", "begin_comparing", "end")),
    (comparing, ("take", "page", "seize", "report")),
    (totals, ("read_deltas", "drop_deltas", "move", "finish_climb", "touch")),
    (announcements, ("announce", "withdraw")),
    (definitions, ("share", "seize", "write_outcome", "write_metrics", "set_revision")),
)


ROUNDS_MAX = 30

# Of a goal: revision, metric, period and values.
Shown = tuple[int, str, dict[str, str], list[str | None]]


class BrokenConnectionError(ConnectionResetError):
    """The connection broke; what was not committed is lost."""


class Faults:
    """Breaks a flow at a statement that the dice chose."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._statements_left = 0
        self._armed = False
        self.met = 0

    def arm(self) -> None:
        """Let one of the next statements fail."""
        self._armed = True
        self._statements_left = self._dice.randrange(1, 9)

    def disarm(self) -> None:
        """Let all go well."""
        self._armed = False

    def strike(self) -> None:
        """Fail, if this is the statement."""
        if not self._armed:
            return
        self._statements_left -= 1
        if self._statements_left == 0:
            self._armed = False
            self.met += 1
            raise BrokenConnectionError

    def wrapped(
        self, act: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        """Return the statement, failing before or after it has run."""

        async def statement(*args: Any, **kwargs: Any) -> Any:
            before = self._dice.random() < 0.5 if self._armed else True
            if before:
                self.strike()
            answer = await act(*args, **kwargs)
            if not before:
                self.strike()
            return answer

        return statement


@dataclass(slots=True)
class Member:
    """One of the two processes, and what it has under way."""

    copy: Copy
    groups: list[int] = field(default_factory=list)
    batch: Batch | None = None
    climbed: Climbed | None = None
    # Of partitions that it lost and does not know of yet.
    zombie: Batch | None = None


class Company:
    """The processes, the topics, the people, and the dice."""

    def __init__(self, seed: int, world: World, url: str) -> None:
        self._dice = random.Random(seed)
        self._world = world
        self._url = url
        self._faults = Faults(self._dice)
        self._members: list[Member] = []
        self.days = Days(self._dice, world)

    @property
    def faults_met(self) -> int:
        """How often something broke."""
        return self._faults.met

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Company"]:
        """Start both processes."""
        undo: list[tuple[Any, str, Any]] = []
        async with AsyncExitStack() as stack:
            for room, names in STATEMENTS:
                for name in names:
                    act = getattr(room, name)
                    undo.append((room, name, act))
                    setattr(room, name, self._faults.wrapped(act))
            try:
                for _ in range(2):
                    copy = await stack.enter_async_context(
                        copy_of(self._world, self._url)
                    )
                    self._members.append(Member(copy))
                await self._rebalance()
                yield self
            finally:
                for room, name, act in undo:
                    setattr(room, name, act)

    async def step(self) -> None:
        """Let one thing happen."""
        dice = self._dice
        fate = dice.random()
        if fate < 0.25:
            for _ in range(dice.randrange(1, 8)):
                self.days.record()
        elif fate < 0.45:
            self.days.change()
        elif fate < 0.49:
            await self._rebalance()
        elif fate < 0.53:
            await self._restart(dice.choice(self._members))
        else:
            await self._work(dice.choice(self._members))

    async def _work(self, member: Member) -> None:
        acts = [
            self._fetch,
            self._apply,
            self._apply,
            self._climb,
            self._climb,
            self._redefine,
            self._rederive,
            self._recalculate,
            self._wake_the_dead,
        ]
        act = self._dice.choice(acts)
        if self._dice.random() < 0.2:
            self._faults.arm()
        if self._dice.random() < 0.1:
            self._world.outgoing.failures = 1
        try:
            await act(member)
        except (BrokenConnectionError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # What it had under way is done again, or was done already.
            self._forget_climb(member)
        except DeliveryError:
            self._forget_climb(member)
        finally:
            self._faults.disarm()
            self._world.outgoing.failures = 0

    async def _fetch(self, member: Member) -> None:
        if member.batch is None:
            member.batch = await member.copy.fetch(limit=self._dice.randrange(1, 12))

    async def _apply(self, member: Member) -> None:
        await self._fetch(member)
        if member.batch is None:
            return
        batch = member.batch
        await member.copy.apply(batch)
        if self._dice.random() < 0.15:
            # The reply to the commit was lost: it is tried again, and refused.
            again = await member.copy.apply(batch)
            assert not again.next_offsets
        member.batch = None

    async def _climb(self, member: Member) -> None:
        """Climb, or publish what the last climb left: one after the other."""
        copy = member.copy
        async with copy.pool.acquire() as connection:
            if member.climbed is None:
                member.climbed = await copy.climbing.climb(connection, member.groups)
                return
            climbed, member.climbed = member.climbed, None
            if climbed.ready and not climbed.behind_others:
                await copy.climbing.publish(climbed)
                if self._dice.random() < 0.5:
                    # The next climb does not wait for Kafka.
                    return
            await copy.climbing.settle(connection)
            await copy.climbing.publish_outstanding(connection, member.groups)

    @staticmethod
    def _forget_climb(member: Member) -> None:
        member.climbed = None
        member.copy.climbing.start_anew()

    async def _redefine(self, member: Member) -> None:
        messages = member.copy.changes_consumer.fetch(limit=self._dice.randrange(1, 6))
        if messages:
            end = member.copy.changes.end_of(messages[-1])
            await member.copy.redefining.take(messages, end_offset=end)
        await member.copy.mind()

    async def _rederive(self, member: Member) -> None:
        await member.copy.rederiving.work_once()
        await member.copy.redefining.follow_up()

    async def _recalculate(self, member: Member) -> None:
        await member.copy.recalculating.work_once()

    async def _wake_the_dead(self, member: Member) -> None:
        """Let a process apply what it fetched before its partitions were taken."""
        if member.zombie is not None:
            batch, member.zombie = member.zombie, None
            applied = await member.copy.applying.apply(batch)
            assert not applied.next_offsets

    async def _rebalance(self) -> None:
        """Give partitions and groups of trees to the processes anew."""
        dice = self._dice
        for member in self._members:
            if member.batch is not None:
                member.zombie, member.batch = member.batch, None
            self._forget_climb(member)
        shares: list[list[int]] = [[], []]
        for partition in range(self._world.records.partitions):
            shares[dice.randrange(2)].append(partition)
        reader = dice.randrange(2)
        for index, member in enumerate(self._members):
            copy = member.copy
            copy.changes.give_up([0])
            copy.changes_consumer.assigned = set()
            copy.records.give_up(copy.records_consumer.assigned)
            copy.records_consumer.assigned = set()
            member.groups = [
                group for group in range(TREE_GROUPS) if group % 2 == index
            ]
        if dice.random() < 0.5:
            one, two = self._members
            one.groups, two.groups = two.groups, one.groups
        for index, member in enumerate(self._members):
            await member.copy.assign_records(*shares[index])
        await self._members[reader].copy.assign_changes()

    async def _restart(self, member: Member) -> None:
        """Lose all that a process has in memory."""
        old = member.copy
        member.copy = Copy(self._world, old.pool)
        member.batch = member.climbed = member.zombie = None
        for new, before in (
            (member.copy.records_consumer, old.records_consumer),
            (member.copy.changes_consumer, old.changes_consumer),
        ):
            _take_place_of(new, before)
        await member.copy.mind()

    async def settle(self) -> None:
        """Do all that is left, with no more faults."""
        self._faults.disarm()
        self.days.open_all()
        for member in self._members:
            member.climbed = member.zombie = member.batch = None
        await self._rebalance()
        for _ in range(3):
            for member in self._members:
                await member.copy.mind()
                await member.copy.redefine_all()
                await member.copy.apply_all()
                await member.copy.rederive_all()
                while await member.copy.recalculating.work_once():
                    pass
        for member in self._members:
            await member.copy.climb(member.groups)
        await self._members[0].copy.redefining.follow_up()
        # One announcement may wait for another of the other process, many times over.
        for _ in range(ROUNDS_MAX):
            for member in self._members:
                await member.copy.publish(member.groups)

    async def stored(self) -> dict[str, Shown]:
        """Return what each goal shows as it stands in PostgreSQL."""
        connection = await asyncpg.connect(self._url)
        try:
            assert not await connection.fetch("SELECT FROM rollup.announcement")
            rows = await connection.fetch("SELECT * FROM rollup_published.goal")
        finally:
            await connection.close()
        return {
            row["id"]: _shown(
                json.loads(row["definition"]),
                row["revision"],
                [
                    _text(row, name) if f'"{name}"' in row["rollup_fields"] else None
                    for name in FIELDS
                ],
            )
            for row in rows
        }

    async def recalculations(self) -> list[tuple[str, int]]:
        """Return how each recalculation ended, and how many differences it found."""
        connection = await asyncpg.connect(self._url)
        try:
            rows = await connection.fetch(
                "SELECT status, difference_count FROM rollup_published.recalculation"
            )
        finally:
            await connection.close()
        return [(row[0], row[1]) for row in rows]

    def shown(self, last: dict[str, Any]) -> dict[str, Shown]:
        """Return the same as the last announcements have it."""
        return {
            goal_id: _shown(
                event, event["revision"], [event["values"][name] for name in FIELDS]
            )
            for goal_id, event in last.items()
            if event is not None
        }


def _shown(
    definition: dict[str, Any], revision: int, values: list[str | None]
) -> Shown:
    period = {name: definition["period"][name] for name in PERIODS[0]}
    return revision, definition["metric_id"], period, values


def _take_place_of(new: MemoryConsumer, old: MemoryConsumer) -> None:
    new.assigned = set(old.assigned)


def _text(row: asyncpg.Record, name: str) -> str:
    units, decimals = int(row[f"shown_{name}"]), row["decimals"]
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).zfill(decimals + 1)
    point = len(digits) - decimals
    return sign + digits[:point] + ("." + digits[point:] if decimals else "")

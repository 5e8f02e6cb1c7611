"""The real thing, but for HTTP and Kafka: goals' flows and rollup on real PostgreSQL.

Requests take the road of their handlers: the body's form, the flow, one change set in
the outbox. From there they come to rollup over a topic in memory, as records do, and
two processes of rollup share the work. Nothing runs but what is asked for.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

import services.goals
from services.goals.domain.callers import ADMIN
from services.goals.domain.errors import RefusedError
from services.goals.flows import defining, directory, goals, metrics, recalculations
from services.goals.http.answers import goal_answers, tree_answer
from services.goals.http.directory_bodies import (
    NewTeam,
    NewUser,
    OrganizationPatch,
    TeamPatch,
    UserPatch,
)
from services.goals.http.goal_bodies import GoalPatch, NewGoal
from services.goals.http.metric_bodies import MetricPatch, NewMetric
from services.goals.outbox import OutboxPublisher
from services.goals.store.database import Changes, Database
from services.goals.store.outbox import PublishingSession
from services.goals.topics import publish_definitions
from shared.domain.goals import GoalId
from shared.plumbing.identifiers import new_id
from shared.plumbing.migrations import migrate, migrations_of
from shared.plumbing.postgres import open_pool
from tests.integration.rollup.copies import Copy, World, prepare
from tests.integration.rollup.topics import MemoryTopic
from tests.logins import url_of
from tests.stateful.deeds import Deed, Json, Kind
from tests.stateful.founding import Founding

# When every life begins.
NOW = datetime(2026, 8, 15, 22, 30, tzinfo=UTC)
MIGRATIONS = Path(services.goals.__file__).parent / "migrations"
# Closing waits for what computes, and placing for what is placed: a few rounds do.
ROUNDS_MAX = 6
WAITING = ("waiting_deltas", "computing_goals", "waiting_announcements")
PARTITIONS = 2
LOOK_SECONDS = 0.1
CHUNKS_MAX = 3
# Columns that only tell when and how often something was written.
VOLATILE = ("version", "revision", "last_rolled_up_at", "as_of", "access")

_STATUS = "SELECT * FROM rollup_published.status"
# There is nothing to be found different, and nothing goes on for ever.
_FOUND = """
SELECT goal_id, status, differences
FROM rollup_published.recalculation
WHERE status <> 'done' OR difference_count > 0
"""
_RECORD = "SELECT attributes FROM rollup_published.record WHERE key = $1"


@dataclass(slots=True)
class _Publisher:
    """Puts what is published on a topic in memory."""

    topic: MemoryTopic

    async def publish(
        self, value: bytes | None, *, key: bytes, headers: dict[str, str], **_: object
    ) -> "asyncio.Future[Any]":
        """Append a message; it is acknowledged at once."""
        message = self.topic.put(
            key, value, headers=[(name, one.encode()) for name, one in headers.items()]
        )
        acknowledged: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(message)
        return acknowledged


class House:
    """One organisation: what people ask for, and what becomes of it."""

    def __init__(
        self, pool: asyncpg.Pool, session: PublishingSession, copies: list[Copy]
    ) -> None:
        self._pool = pool
        self._session = session
        self._copies = copies
        self._database = Database(pool)
        self.world = copies[0].world
        publisher: Any = _Publisher(self.world.changes)
        self._outbox = OutboxPublisher(
            _open_never, lambda some: publish_definitions(publisher, some)
        )
        self._announced: dict[str, Any] = {}
        self._heard = 0

    async def settle_people(
        self, *, users: frozenset[str], teams: frozenset[str]
    ) -> None:
        """Let these people be there."""
        async with self._database.changing(caller=ADMIN) as changes:
            await defining.create(
                changes,
                directory.USERS,
                [NewUser(id=one, name=one).as_user() for one in sorted(users)],
            )
            await defining.create(
                changes,
                directory.TEAMS,
                [NewTeam(id=one, name=one).as_team() for one in sorted(teams)],
            )

    async def do(self, deed: Deed) -> str | None:
        """Do it; return the name of the error if it is refused."""
        if deed.kind is Kind.LET_TIME_PASS:
            self.world.now += timedelta(days=deed.body["days"])
            return None
        if deed.kind is Kind.SEND_RECORDS:
            for index, record in enumerate(deed.body):
                self.world.record(
                    json.dumps(record).encode(), partition=index % PARTITIONS
                )
            return None
        try:
            async with self._database.changing(caller=ADMIN) as changes:
                await _WRITE[deed.kind](changes, deed)
        except RefusedError as refused:
            return refused.refusal.error
        return None

    async def take_in(self, deed: Deed, *, turn: int) -> None:
        """Apply it, and do no more of what follows than whose turn it is gets done."""
        reader, worker = self._copies[0], self._copies[turn % len(self._copies)]
        if deed.kind is Kind.SEND_RECORDS:
            await reader.apply_all()
            return
        await self._relay()
        await _unless_it_complains(reader)
        for _ in range(turn % CHUNKS_MAX):
            await worker.rederiving.work_once()
        if turn % 2:
            await worker.publish_climbed(await worker.climb())

    async def _relay(self) -> None:
        """Publish what is in the outbox."""
        while await self._outbox._publish_some(self._session):
            pass

    async def come_to_rest(self, *, turn: int = 0) -> None:
        """Do everything there is to do; whose turn it is does most of it."""
        await self._relay()
        reader, worker = self._copies[0], self._copies[turn % len(self._copies)]
        status: Mapping[str, int] = {}
        for _ in range(ROUNDS_MAX):
            await _unless_it_complains(reader)
            await reader.apply_all()
            await worker.scheduling.look()
            while await worker.rederiving.work_once():
                # What is read so far waits, and nobody sees it.
                await worker.publish_climbed(await worker.climb())
            await worker.recalculating.work_once()
            await worker.publish_climbed(await worker.climb())
            await reader.redefining.follow_up()
            await worker.publish()
            [row] = await self._pool.fetch(_STATUS)
            status = {name: row[name] for name in WAITING}
            if not any(status.values()):
                found = await self._pool.fetch(_FOUND)
                assert not found, f"recalculated, and found {[*map(dict, found)]}"
                return
        raise AssertionError(f"it does not come to rest: {status}")

    async def numbers(self) -> dict[str, int]:
        """Return which goals are which."""
        async with self._database.reading(caller=ADMIN) as reading:
            forest = await reading.forest(None, await reading.rights())
        return {one.goal.id: one.goal.number for one in forest.goals}

    async def picture(self) -> dict[str, Json]:
        """Return every goal as clients read it in its tree, column by column."""
        now = self.world.now
        async with self._database.reading(caller=ADMIN) as reading:
            forest = await reading.forest(None, await reading.rights())
            stored = await reading.goals.with_descendants(
                [one.goal.id for one in forest.goals]
            )
            numbers = await reading.numbers([goal.number for goal in stored])
        seen: dict[str, Json] = {}
        for top in forest.goals:
            if top.goal.parent_id is None:
                _flatten(
                    _as_read(tree_answer(top, forest.goals, depth=None, as_of=now)),
                    seen,
                )
        single = {
            answer.id: _as_read(answer) for answer in goal_answers(stored, numbers, now)
        }
        for goal_id, answer in single.items():
            in_tree = answer | {"children": seen[goal_id]["children"]}
            assert seen[goal_id] == in_tree, f"{goal_id} by itself is another"
        return seen

    def announced(self) -> dict[str, Any]:
        """Return the last message about each goal; None: it is gone."""
        messages = self.world.outgoing.messages
        for message in messages[self._heard :]:
            key = (message.key or b"").decode()
            self._announced[key] = (
                None if message.value is None else msgspec.json.decode(message.value)
            )
        self._heard = len(messages)
        return self._announced

    async def attributes_of(self, key: str) -> Json:
        """Return what stands of a record."""
        text = await self._pool.fetchval(_RECORD, key)
        return dict(json.loads(text))


async def _unless_it_complains(copy: Copy) -> None:
    """Apply definitions; tell of a fault, which would stay at the head for ever."""
    work = asyncio.create_task(copy.redefine_all())
    while not work.done():
        await asyncio.wait([work], timeout=LOOK_SECONDS)
        if copy.redefining.complaint is not None:
            work.cancel()
            await asyncio.wait([work])
            raise AssertionError(copy.redefining.complaint)
    work.result()


def _as_read(answer: object) -> Json:
    """Return an answer as clients read it."""
    read: Json = msgspec.json.decode(msgspec.json.encode(answer))
    return read


def _flatten(node: Json, into: dict[str, Json]) -> None:
    children = node["children"]
    into[node["id"]] = {
        **{name: one for name, one in node.items() if name != "as_of"},
        "children": [child["id"] for child in children],
    }
    for child in children:
        _flatten(child, into)


def steady(answer: Json) -> Json:
    """Return an answer as the oracle would give it: without what only counts writes."""
    kept = {name: one for name, one in answer.items() if name not in VOLATILE}
    override = kept.pop("override")
    kept["reason"] = None if override is None else override["reason"]
    kept |= kept.pop("rollup")
    # Nothing is cloned here.
    assert kept.pop("cloned_from") is None
    return kept


def _open_never(_told: object) -> Any:
    message = "the house publishes over its own session"
    raise LookupError(message)


async def _create_goals(changes: Changes, deed: Deed) -> None:
    bodies = [NewGoal.model_validate(body) for body in deed.body]
    await goals.create_goals(changes, [body.as_draft() for body in bodies])


async def _change_goal(changes: Changes, deed: Deed) -> None:
    change = GoalPatch.model_validate(deed.body).as_change()
    await goals.change_goal(changes, GoalId(deed.name), change, None)


async def _delete_goal(changes: Changes, deed: Deed) -> None:
    await goals.delete_goal(changes, GoalId(deed.name), None)


async def _align_goal(changes: Changes, deed: Deed) -> None:
    await goals.align_fiscal_period(changes, GoalId(deed.name), None)


async def _recalculate(changes: Changes, deed: Deed) -> None:
    await recalculations.recalculate(changes, GoalId(deed.name), new_id())


async def _create_metric(changes: Changes, deed: Deed) -> None:
    metric = NewMetric.model_validate(deed.body).as_metric()
    await defining.create(changes, metrics.METRICS, [metric])


async def _change_metric(changes: Changes, deed: Deed) -> None:
    change = MetricPatch.model_validate(deed.body).as_change()
    await metrics.change_metric(changes, deed.name, change, None)


async def _delete_metric(changes: Changes, deed: Deed) -> None:
    await defining.delete(changes, metrics.METRICS, deed.name, None)


async def _change_organization(changes: Changes, deed: Deed) -> None:
    patch = OrganizationPatch.model_validate(deed.body)
    await directory.change_organization(changes, patch.applied_to, None)


async def _change_user(changes: Changes, deed: Deed) -> None:
    patch = UserPatch.model_validate(deed.body)
    await defining.change(changes, directory.USERS, deed.name, patch.applied_to, None)


async def _change_team(changes: Changes, deed: Deed) -> None:
    patch = TeamPatch.model_validate(deed.body)
    await defining.change(changes, directory.TEAMS, deed.name, patch.applied_to, None)


_WRITE: dict[Kind, Callable[[Changes, Deed], Awaitable[None]]] = {
    Kind.CREATE_GOALS: _create_goals,
    Kind.CHANGE_GOAL: _change_goal,
    Kind.DELETE_GOAL: _delete_goal,
    Kind.ALIGN_GOAL: _align_goal,
    Kind.RECALCULATE: _recalculate,
    Kind.CREATE_METRIC: _create_metric,
    Kind.CHANGE_METRIC: _change_metric,
    Kind.DELETE_METRIC: _delete_metric,
    Kind.CHANGE_ORGANIZATION: _change_organization,
    Kind.CHANGE_USER: _change_user,
    Kind.CHANGE_TEAM: _change_team,
}


async def migrate_all(url: str) -> None:
    """Give a fresh database the tables of goals and rollup."""
    connection = await asyncpg.connect(url)
    try:
        await migrate(connection, migrations_of("goals", MIGRATIONS))
    finally:
        await connection.close()
    await prepare(url)


@dataclass(slots=True)
class Street:
    """Where house after house is founded, on one database."""

    rollup_pool: asyncpg.Pool
    goals_pool: asyncpg.Pool
    connection: asyncpg.Connection
    founding: Founding = field(default_factory=Founding)
    # Where goal-changes begins for a house that is founded already.
    first_change: int = 0

    async def found(self, house: House) -> None:
        """Let every house from now on begin where this one has come to."""
        await self.founding.remember(self.connection)
        self.first_change = house.world.changes.end(0)

    async def open(self) -> House:
        """Open a house where nothing has happened since its founding."""
        if self.first_change:
            await self.founding.restore(self.connection)
        world = World(partitions=PARTITIONS)
        world.changes.first = {0: self.first_change}
        world.now = NOW
        copies = [Copy(world, self.rollup_pool), Copy(world, self.rollup_pool)]
        await copies[0].assign_changes()
        await copies[0].assign_records(*range(PARTITIONS))
        return House(self.goals_pool, PublishingSession(self.connection), copies)


@asynccontextmanager
async def street_at(url: str) -> AsyncIterator[Street]:
    """Open the connections to a migrated database that all houses share."""
    rollup, goals = url_of("rollup", url), url_of("goals", url)
    async with (
        open_pool(rollup, size_max=4, application="stateful") as rollup_pool,
        open_pool(goals, size_max=4, application="stateful") as goals_pool,
    ):
        connection = await asyncpg.connect(url)
        try:
            yield Street(rollup_pool, goals_pool, connection)
        finally:
            await connection.close()

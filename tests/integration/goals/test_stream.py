"""The live stream: a picture, then what changes, and nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from shared.messages.events import GoalUpdatedEvent
from shared.messages.topics import GOAL_UPDATED
from shared.plumbing.kafka import topic_name
from tests.integration.goals.conftest import Api
from tests.integration.goals.probing import until
from tests.integration.goals.rolled_up import forget, move, roll_up
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One server-sent event."""

    name: str
    id: str
    data: Any


class Stream:
    """A client that reads events."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> Event:
        """Return the next event; lines that say nothing are passed over."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(_SECONDS_MAX):
            async for line in self._lines:
                if not line and "data" in fields:
                    break
                name, colon, value = line.partition(": ")
                if colon and name:
                    fields[name] = value
        return Event(
            name=fields["event"],
            id=fields["id"],
            data=msgspec.json.decode(fields["data"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """What rollup would do: write numbers, announce them."""

    api: Api
    connection: asyncpg.Connection
    producer: AIOKafkaProducer

    async def apply(self, *names: str) -> None:
        """Apply definitions, parents first."""
        for name in names:
            await roll_up(self.connection, self.api.id(name))

    async def announce(self, name: str, actual: int) -> int:
        """Move a goal's total and tell of it; return the revision."""
        revision = await move(self.connection, self.api.id(name), actual)
        await self.tell(name, revision, actual)
        return revision

    async def tell(
        self, name: str, revision: int, actual: int, *, tree: str = "company"
    ) -> None:
        """Publish the newest state of a goal."""
        value = {
            "goal_id": self.api.id(name),
            "incarnation": 1,
            "revision": revision,
            "tree_id": self.api.id(tree),
            "values": {"actual": str(actual)},
        }
        await self._send(name, msgspec.json.encode(value))

    async def tell_gone(self, name: str) -> None:
        """Publish that a goal is gone."""
        await self._send(name, None)

    async def _send(self, name: str, value: bytes | None) -> None:
        topic = topic_name(self.api.installation.settings, GOAL_UPDATED)
        key = self.api.id(name).encode()
        await self.producer.send_and_wait(topic, value, key=key)


@pytest_asyncio.fixture(loop_scope="package")
async def rollup(api: Api) -> AsyncIterator[Rollup]:
    """Return something that does what rollup would do, for company and north."""
    connection = await api.installation.connect()
    producer = AIOKafkaProducer(
        bootstrap_servers=api.installation.settings.kafka_servers
    )
    await producer.start()
    await api.company()
    made = Rollup(api=api, connection=connection, producer=producer)
    await made.apply("company", "north")
    yield made
    await producer.stop()
    await connection.close()


@asynccontextmanager
async def watching(
    api: Api, query: str = "", *, last_event_id: str | None = None
) -> AsyncIterator[Stream]:
    """Open a stream."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    path = f"/v1/stream?{query}" if query else "/v1/stream"
    async with api.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Accel-Buffering"] == "no"
        yield Stream(answer.aiter_lines())


async def test_a_stream_begins_with_a_picture(api: Api, rollup: Rollup) -> None:
    """Of the whole tree, in the shape of goal-updated."""
    await rollup.announce("north", 260_000)

    async with watching(api, f"root={api.id('company')}") as stream:
        picture = await stream.next()

    assert picture.name == "snapshot"
    goals = [
        GoalUpdatedEvent.model_validate_json(msgspec.json.encode(goal))
        for goal in picture.data
    ]
    assert [goal.goal_id for goal in goals] == [api.id("company"), api.id("north")]
    assert goals[1].values.actual == "26.0000"
    assert goals[1].percentage == "65.0000"
    assert goals[1].parent_id == goals[1].tree_id == api.id("company")


async def test_what_changes_follows(api: Api, rollup: Rollup) -> None:
    """As it was announced."""
    async with watching(api, f"root={api.id('company')}") as stream:
        await stream.next()
        revision = await rollup.announce("north", 7)

        update = await stream.next()

    assert update.name == "goal-updated"
    assert update.data["goal_id"] == api.id("north")
    assert update.data["revision"] == revision
    assert update.data["values"] == {"actual": "7"}


async def test_without_a_root_all_trees_are_watched(api: Api, rollup: Rollup) -> None:
    """The picture has them all, and updates come from all."""
    async with watching(api) as stream:
        picture = await stream.next()
        await rollup.announce("company", 7)

        update = await stream.next()

    assert {api.id("company"), api.id("north")} <= {
        goal["goal_id"] for goal in picture.data
    }
    assert update.data["goal_id"] == api.id("company")


async def test_other_trees_and_old_news_are_not_told(api: Api, rollup: Rollup) -> None:
    """Nor what does not read; the stream goes on."""
    async with watching(api, f"root={api.id('company')}") as stream:
        await stream.next()
        revision = await rollup.announce("north", 1)
        await stream.next()
        await rollup.tell("north", revision, 2)
        await rollup.tell("north", revision - 1, 3)
        await rollup.tell("elsewhere", revision + 1, 4, tree="other")
        await rollup._send("north", b"nonsense")
        newest = await rollup.announce("north", 5)

        update = await stream.next()

    assert update.data["revision"] == newest


async def test_a_goal_that_is_gone_is_told_of(api: Api, rollup: Rollup) -> None:
    """Whether it was deleted or has moved to another tree; and only to who had it."""
    await api.goal("south", parent_id=api.id("company"))
    await rollup.apply("south")
    async with watching(api, f"root={api.id('company')}") as stream:
        await stream.next()
        await rollup.tell_gone("stranger")
        await rollup.tell_gone("south")
        deleted = await stream.next()
        await rollup.tell("north", 10**9, 1, tree="other")

        moved = await stream.next()

    assert (deleted.name, moved.name) == ("goal-gone", "goal-gone")
    assert deleted.data == {"goal_id": api.id("south")}
    assert moved.data == {"goal_id": api.id("north")}


async def test_a_goal_that_comes_back_is_told_of(api: Api, rollup: Rollup) -> None:
    """Although its last state before was newer to the watcher than none."""
    async with watching(api, f"root={api.id('company')}") as stream:
        await stream.next()
        await rollup.tell_gone("north")
        await stream.next()
        revision = await rollup.announce("north", 1)

        back = await stream.next()

    assert (back.name, back.data["revision"]) == ("goal-updated", revision)


async def test_a_watcher_who_comes_back_gets_only_what_is_newer(
    api: Api, rollup: Rollup
) -> None:
    """As long as the structure is the same; nothing falls in between."""
    root = f"root={api.id('company')}"
    async with watching(api, root) as stream:
        point = (await stream.next()).id
    await move(rollup.connection, api.id("north"), 70_000)

    async with watching(api, root, last_event_id=point) as stream:
        missed = await stream.next()
        await rollup.announce("company", 1)
        update = await stream.next()

    assert missed.name == "goal-updated"
    assert missed.data["goal_id"] == api.id("north")
    assert missed.data["values"]["actual"] == "7.0000"
    assert update.data["goal_id"] == api.id("company")


async def test_what_a_live_stream_says_is_no_reason_to_skip(
    api: Api, rollup: Rollup
) -> None:
    """Updates come by many partitions: a newer one may overtake an older one.

    So a watcher who has seen the newer one, and comes back, gets the older one too.
    """
    root = f"root={api.id('company')}"
    async with watching(api, root) as stream:
        await stream.next()
        await move(rollup.connection, api.id("north"), 70_000)
        await rollup.announce("company", 1)
        point = (await stream.next()).id

    async with watching(api, root, last_event_id=point) as stream:
        missed = [await stream.next(), await stream.next()]

    assert {event.data["goal_id"] for event in missed} == {
        api.id("company"),
        api.id("north"),
    }


@pytest.mark.parametrize(
    "last_event_id", ["nonsense", "1.2", "9.9.9", "-1.0.0", "1.1." + "9" * 5000]
)
@pytest.mark.usefixtures("rollup")
async def test_a_watcher_from_elsewhere_gets_a_picture(
    api: Api, last_event_id: str
) -> None:
    """From before a restore, from another structure, or from nowhere."""
    root = f"root={api.id('company')}"

    async with watching(api, root, last_event_id=last_event_id) as stream:
        assert (await stream.next()).name == "snapshot"


async def test_another_structure_makes_a_new_picture(api: Api, rollup: Rollup) -> None:
    """What has gone in the meantime is not in it."""
    root = f"root={api.id('company')}"
    async with watching(api, root) as stream:
        point = (await stream.next()).id
    await forget(rollup.connection, api.id("north"))
    await rollup.connection.execute(
        "UPDATE rollup.definitions SET revision = revision + 1"
    )

    async with watching(api, root, last_event_id=point) as stream:
        picture = await stream.next()

    assert [goal["goal_id"] for goal in picture.data] == [api.id("company")]


@pytest.mark.usefixtures("rollup")
async def test_only_roots_can_be_watched(api: Api) -> None:
    """The error names the root to watch instead."""
    await api.goal("early", parent_id=api.id("company"))

    child = await api.refused("GET", f"/v1/stream?root={api.id('north')}", status=422)
    nothing = await api.refused("GET", "/v1/stream?root=nothing", status=404)
    early = await api.refused("GET", f"/v1/stream?root={api.id('early')}", status=503)

    assert told(child) == ("not_a_root", None, "root")
    assert f"root={api.id('company')}" in child["detail"]
    assert told(nothing) == ("not_found", None, None)
    assert told(early) == ("not_applied_yet", None, None)


async def test_a_watcher_who_leaves_is_let_go(api: Api) -> None:
    """Nothing is kept for those who do not come back."""

    async def watchers() -> float:
        metrics = (await api.client.get("/metrics")).text
        line = next(
            line
            for line in metrics.splitlines()
            if line.startswith("cairn_goals_stream_watchers ")
        )
        return float(line.split()[1])

    before = await watchers()
    async with watching(api) as stream:
        await stream.next()
        during = await watchers()

    async def nobody_more() -> bool:
        return await watchers() == before

    await until(nobody_more, what="the watcher is let go")
    assert during == before + 1

"""What is committed is announced: whole, in order, at least once."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from services.goals.applying import Applied
from services.goals.outbox import OutboxPublisher, Waiting
from services.goals.store import outbox
from shared.domain.periods import FiscalLabel
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    GOAL_NUMBER,
    GoalDefinition,
    Kind,
    OrganizationDefinition,
)
from tests.integration.goals.conftest import Installation, running
from tests.integration.goals.probing import until

pytestmark = pytest.mark.asyncio(loop_scope="package")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of goal-changes, as far as it matters here."""

    key: str
    value: bytes | None
    headers: Mapping[str, str]
    offset: int

    @property
    def change_set(self) -> tuple[str, str, str]:
        """The change set, the place in it, its size."""
        return (
            self.headers[CHANGE_SET_ID],
            self.headers[CHANGE_SET_INDEX],
            self.headers[CHANGE_SET_SIZE],
        )


@asynccontextmanager
async def listening(installation: Installation) -> AsyncIterator["Listener"]:
    """Hear all that is announced, from the beginning."""
    consumer = AIOKafkaConsumer(
        installation.definitions_topic,
        bootstrap_servers=installation.settings.kafka_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        yield Listener(consumer)
    finally:
        await consumer.stop()


class Listener:
    """Collects what is announced."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.heard: list[Heard] = []

    async def until(self, count: int) -> Sequence[Heard]:
        """Return all messages once there are so many."""

        async def enough() -> bool:
            found = await self._consumer.getmany(timeout_ms=20)
            for records in found.values():
                self.heard += map(_heard, records)
            return len(self.heard) >= count

        await until(enough, what=f"{count} announcements")
        return self.heard


def _heard(record: ConsumerRecord) -> Heard:
    return Heard(
        key=record.key.decode(),
        value=record.value,
        headers={name: value.decode() for name, value in record.headers},
        offset=record.offset,
    )


async def test_a_write_is_one_change_set(installation: Installation) -> None:
    """All messages of one write say that they belong together."""
    async with running(installation) as api, listening(installation) as listener:
        await api.company()
        await api.goal("deep", parent_id=api.id("north"))
        period = {"kind": "custom", "start": "2027-01-01", "end": "2027-12-31"}

        await api.change(api.at("company"), {"period": period})

        heard = (await listener.until(8))[5:]
    assert [one.key for one in heard] == [
        f"goal/{api.id(name)}" for name in ("company", "deep", "north")
    ]
    change_set_id = heard[0].headers[CHANGE_SET_ID]
    assert [one.change_set for one in heard] == [
        (change_set_id, str(index), "3") for index in range(3)
    ]
    for one in heard:
        goal = GoalDefinition.model_validate_json(one.value or b"")
        assert goal.period.start.isoformat() == "2027-01-01"


async def test_an_aligned_tree_is_one_change_set(installation: Installation) -> None:
    """The calendar is announced with the organisation, then the days that follow."""
    period = {"kind": "fiscal", "year": 2026, "period": 4}
    calendar = {"start": "04-01", "template": "quarterly", "year_named_by": "start"}
    async with running(installation) as api, listening(installation) as listener:
        await api.user("ada")
        await api.metric()
        await api.goal("company", period=period)
        await api.goal("north", parent_id=api.id("company"))
        await api.change(
            "/v1/organization", {"fiscal_calendar": calendar, "week_start": "sunday"}
        )

        await api.client.post(api.at("company") + "/align-fiscal-period")

        organization, *heard = (await listener.until(7))[4:]
    settings = OrganizationDefinition.model_validate_json(organization.value or b"")
    assert settings.fiscal_calendar.model_dump() == calendar
    assert settings.week_start == "sunday"
    assert [one.change_set[1:] for one in heard] == [("0", "2"), ("1", "2")]
    assert heard[0].change_set[0] == heard[1].change_set[0]
    for one in heard:
        goal = GoalDefinition.model_validate_json(one.value or b"").as_goal()
        assert goal.period.start.isoformat() == "2027-01-01"
        assert goal.period.fiscal == FiscalLabel(year=2026, code=4)


async def test_what_is_noted_shared_and_assigned_is_announced(
    installation: Installation,
) -> None:
    """The whole goal, as it is now; a change that changes nothing is not told."""
    async with running(installation) as api, listening(installation) as listener:
        await api.company()
        await api.user("grace")
        share = {"type": "user", "id": api.id("grace"), "rights": ["read", "share"]}
        change = {
            "attributes": {"region": "EMEA", "heads": 12, "key": True, "old": None},
            "shared_with": [share],
        }
        await api.change(api.at("north"), change)
        await api.change(api.at("north"), change)

        await api.change(api.at("north"), {"manager_id": api.id("grace")})

        heard = (await listener.until(7))[5:]
    assert [one.key for one in heard] == [f"goal/{api.id('north')}"] * 2
    noted, assigned = (
        GoalDefinition.model_validate_json(one.value or b"") for one in heard
    )
    assert (noted.manager_id, assigned.manager_id) == (api.id("ada"), api.id("grace"))
    for goal in (noted, assigned):
        assert goal.attributes == {
            "region": "EMEA",
            "heads": "12",
            "key": True,
            "old": None,
        }
        assert [one.model_dump() for one in goal.shared_with] == [
            {**share, "rights": ("read", "share")}
        ]


async def test_messages_are_cloud_events(installation: Installation) -> None:
    """With the sender's trace, and no header that is null."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with running(installation) as api, listening(installation) as listener:
        await api.create(
            "/v1/users",
            {"id": "ada", "name": "Ada"},
            headers={"traceparent": trace},
        )
        await api.client.delete("/v1/users/ada", headers={"traceparent": "nonsense"})

        made, gone = await listener.until(2)

    assert made.headers["ce_type"] == "cairn.user.changed"
    assert made.headers["ce_subject"] == made.key == "user/ada"
    assert made.headers["ce_specversion"] == "1.0"
    assert made.headers["content-type"] == "application/json"
    assert made.headers["traceparent"] == trace
    assert gone.headers["ce_type"] == "cairn.user.gone"
    assert "traceparent" not in gone.headers
    # Null, not empty: compaction then forgets the key.
    assert gone.value is None


async def test_a_deleted_goal_is_named_by_its_number(
    installation: Installation,
) -> None:
    """Its children, roots now, are of the same change set; its id may come again."""
    async with running(installation) as api, listening(installation) as listener:
        await api.company()

        await api.client.delete(api.at("company"))

        heard = await listener.until(6)
    made, child, gone = heard[2], heard[4], heard[5]
    company = GoalDefinition.model_validate_json(made.value or b"")
    assert gone.headers[GOAL_NUMBER] == str(company.number)
    assert gone.value is None
    assert gone.change_set == (child.headers[CHANGE_SET_ID], "1", "2")
    assert GoalDefinition.model_validate_json(child.value or b"").parent_id is None


async def test_announcements_are_in_the_order_of_commits(
    installation: Installation,
) -> None:
    """However many clients write at once: versions only grow along the topic."""
    async with running(installation) as api, listening(installation) as listener:
        await asyncio.gather(
            *(
                api.create("/v1/users", [{"name": f"{writer}-{n}"} for n in range(3)])
                for writer in range(20)
            )
        )

        heard = await listener.until(60)
    versions = [_version(one) for one in heard]
    assert versions == sorted(versions)
    assert [one.headers[CHANGE_SET_INDEX] for one in heard] == ["0", "1", "2"] * 20


async def test_a_refused_write_announces_nothing(installation: Installation) -> None:
    """Neither does one that changes nothing."""
    async with running(installation) as api, listening(installation) as listener:
        await api.user("ada")
        body = [{"name": "x"}, {"name": "y", "manager_id": "nobody"}]
        await api.refused("POST", "/v1/users", body, status=422)
        await api.change(api.at("ada", of="users"), {"name": "ada"})
        await api.user("grace")

        heard = await listener.until(2)

    assert [one.key for one in heard] == [
        f"user/{api.id('ada')}",
        f"user/{api.id('grace')}",
    ]


async def test_what_waits_goes_out_at_the_next_start(
    installation: Installation,
) -> None:
    """A service that dies between commit and announcement loses nothing."""
    connection = await installation.connect()
    await connection.execute(
        "INSERT INTO goals.outbox (change_set_id, change_set_size, change_set_index, "
        "kind, definition_id, value) VALUES ('set', 1, 0, 'user', 'ada', '{}')"
    )

    async with running(installation), listening(installation) as listener:
        heard = await listener.until(1)
        await until(partial(outbox.is_empty, connection), what="an empty outbox")

    assert [one.key for one in heard] == ["user/ada"]
    await connection.close()


async def test_a_crash_after_publishing_announces_again(
    installation: Installation,
) -> None:
    """The same messages, under the same ids, and in the same order."""
    published: list[list[str]] = []
    connection = await installation.connect()
    await connection.execute(
        "INSERT INTO goals.outbox (change_set_id, change_set_size, change_set_index, "
        "kind, definition_id, value) "
        "SELECT 'set', 3, index, 'user', 'u' || index, '{}' "
        "FROM generate_series(0, 2) AS index"
    )

    async def publish_and_lose_the_answer(waiting: Sequence[Waiting]) -> int:
        published.append([one.definition_id for one in waiting])
        if len(published) == 1:
            raise ConnectionResetError
        return len(waiting)

    applied = Applied(_nothing_applied)
    publisher = OutboxPublisher(
        lambda told: outbox.publishing_session(
            installation.settings.database,
            on_committed=told,
            on_published=applied.published,
        ),
        publish_and_lose_the_answer,
    )
    publisher.start()
    await until(partial(outbox.is_empty, connection), what="an empty outbox")
    await publisher.stop()

    assert published == [["u0", "u1", "u2"]] * 2
    await connection.close()


async def test_two_publishers_keep_the_order(installation: Installation) -> None:
    """Only one publishes at a time, and the next sees what it has deleted."""
    published: list[int] = []
    connection = await installation.connect()

    async def publish(waiting: Sequence[Waiting]) -> int:
        first = [one.position for one in waiting]
        await asyncio.sleep(0)
        published.extend(first)
        return len(published)

    applied = Applied(_nothing_applied)
    publishers = [
        OutboxPublisher(
            lambda told: outbox.publishing_session(
                installation.settings.database,
                on_committed=told,
                on_published=applied.published,
            ),
            publish,
        )
        for _ in range(3)
    ]
    for publisher in publishers:
        publisher.start()
    for number in range(30):
        async with connection.transaction():
            await outbox.append(
                connection,
                change_set_id=str(number),
                announcements=[
                    outbox.Announcement(
                        kind=Kind.USER,
                        definition_id=str(number),
                        value=b"{}",
                    )
                ],
                traceparent=None,
            )
    await until(partial(outbox.is_empty, connection), what="an empty outbox")
    for publisher in publishers:
        await publisher.stop()

    assert published == sorted(set(published))
    assert len(published) == 30
    await connection.close()


async def test_a_write_waits_until_it_is_applied(installation: Installation) -> None:
    """The answer comes when rollup has passed the announcement, or after a second."""
    connection = await installation.connect()
    await connection.execute("UPDATE rollup.source_offset SET next_offset = 0")
    async with running(installation) as api, listening(installation) as listener:
        writing = asyncio.create_task(api.user("ada"))
        (heard,) = await listener.until(1)
        answered_early = writing.done()

        await connection.execute(
            "UPDATE rollup.source_offset SET next_offset = $1", heard.offset + 1
        )
        await writing
        await connection.execute("UPDATE rollup.source_offset SET next_offset = 0")
        # Nobody applies this one, and the answer comes all the same.
        await api.user("grace")

    assert not answered_early
    await connection.close()


async def test_the_service_outlives_its_connections(
    installation: Installation,
) -> None:
    """A database that throws everybody out is found again, and nothing is lost."""
    connection = await installation.connect()
    async with running(installation) as api, listening(installation) as listener:
        await api.user("ada")
        await listener.until(1)

        thrown_out = await connection.fetchval(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) "
            "FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

        async def is_written() -> bool:
            body = {"name": "Grace"}
            key = {"Idempotency-Key": "grace"}
            answer = await api.client.post("/v1/users", json=body, headers=key)
            return answer.status_code == 201

        await until(is_written, what="a write")
        heard = await listener.until(2)
    assert thrown_out >= 2
    assert len({one.key for one in heard}) == 2
    await connection.close()


async def test_another_copy_publishes_too(installation: Installation) -> None:
    """A write by one copy is waited for although the other one announced it."""
    other = installation.settings.model_copy(
        update={"goals_port": installation.settings.goals_port + 1}
    )
    async with (
        running(installation) as one,
        running(replace(installation, settings=other)) as two,
        listening(installation) as listener,
    ):
        await asyncio.gather(
            *(one.user(f"one{n}") for n in range(5)),
            *(two.user(f"two{n}") for n in range(5)),
        )

        heard = await listener.until(10)
    assert len({one.key for one in heard}) == 10


async def _nothing_applied() -> int | None:
    return None


def _version(one: Heard) -> int:
    found = one.value or b""
    return int(found.split(b'"version":')[1].split(b",")[0])

"""Intake: what cannot be understood is set aside as it came; nothing else is lost."""

import asyncio
import json

import pytest

from services.rollup import intake
from shared.plumbing.producing import Message
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World
from tests.integration.rollup.judging import judge, numbers
from tests.integration.rollup.topics import Headers

MONEY = 10_000
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def world() -> World:
    """Return topics with one goal, which counts everybody's revenue."""
    made = World()
    made.say(making.metric(), making.goal("G", 1))
    return made


def rejected(world: World) -> list[Message]:
    """Return what was set aside."""
    return [one for one in world.outgoing.messages if one.topic == "rejected"]


async def test_what_cannot_be_understood_is_set_aside_byte_for_byte(
    copy: Copy, world: World, database: str
) -> None:
    """Key, value and headers as they came, a null header too, plus the reason."""
    twice = [("twice", b"1"), ("twice", b"2")]
    headers: Headers = [("null", None), ("bytes", b"\xff\x00"), *twice]
    world.records.put(b"\xff", b"\xfe{", headers=headers)
    world.record(making.won("O-1", "400.00"))

    await copy.settle()

    [one] = rejected(world)
    assert (one.key, one.value) == (b"\xff", b"\xfe{")
    assert list(one.headers)[: len(headers)] == headers
    added = {
        name: (value or b"").decode() for name, value in one.headers[len(headers) :]
    }
    assert added.pop("kafka_dlt-exception-message")
    assert added == {
        "kafka_dlt-original-topic": "activity-records",
        "kafka_dlt-original-partition": "0",
        "kafka_dlt-original-offset": "0",
        "kafka_dlt-original-timestamp": "1700000000000",
        "kafka_dlt-original-consumer-group": "rollup",
        "kafka_dlt-exception-fqcn": "not_json",
    }
    assert (await numbers(database))["G"][0] == 400 * MONEY
    await judge(database)


POISON: list[tuple[bytes | None, Headers]] = [
    (None, ()),
    (b"", ()),
    (b"null", ()),
    (b"\xff", ()),
    (b'{"entity":"o","id":"1","version":1,"attributes":{"a":1e9999999999999999}}', ()),
    (b'{"entity":"o","id":"1","version":1,"attributes":{"a":"\\u0000"}}', ()),
    (
        b'{"entity":"o","id":"1","version":1,"occurred_at":"0001-01-01T00:00:00+14:00"}',
        (),
    ),
    (b"[" * 50_000, ()),
    (b"{}", [("content-type", b"application/cloudevents+json")]),
    (None, [("content-type", b"application/cloudevents+json")]),
]


@pytest.mark.parametrize(("value", "headers"), POISON)
async def test_no_poison_stops_those_behind_it(
    copy: Copy, world: World, database: str, value: bytes | None, headers: Headers
) -> None:
    """Each kind is set aside once, and the records around it count."""
    world.record(making.won("O-1", "1.00"))
    world.records.put(b"poison", value, headers=headers)
    world.record(making.won("O-2", "10.00"))

    await copy.settle()

    assert len(rejected(world)) == 1
    assert (await numbers(database))["G"][0] == 11 * MONEY
    assert copy.records.lag() == 0
    await judge(database)


@pytest.mark.parametrize(
    "headers",
    [
        [("content-type", None)],
        [("traceparent", None)],
        [("traceparent", b"\x00")],
        [("traceparent", b"\xff" * 1000)],
        [("traceparent", TRACE + b"\x00")],
        [("ce_id", b"\xff"), ("", b"")],
        [(f"header-{number}", b"x") for number in range(1000)],
    ],
)
async def test_no_header_hides_a_record(
    copy: Copy, world: World, database: str, headers: Headers
) -> None:
    """Headers that cannot be read say nothing; the record counts all the same."""
    world.record(making.won("O-1", "1.00"), headers=headers)

    await copy.settle()

    assert not rejected(world)
    assert (await numbers(database))["G"][0] == MONEY
    await judge(database)


async def test_a_structured_cloud_event_is_opened(
    copy: Copy, world: World, database: str
) -> None:
    """The content type says so, with whatever parameters behind it."""
    event = {"specversion": "1.0", "id": "1", "source": "crm", "type": "changed"}
    value = json.dumps({**event, "data": json.loads(making.won("O-1", "1.00"))})
    world.record(
        value.encode(),
        headers=[("content-type", b"application/cloudevents+json; charset=utf-8")],
    )

    await copy.settle()

    assert (await numbers(database))["G"][0] == MONEY
    await judge(database)


async def test_a_trace_is_carried_from_the_record_to_its_goals(
    copy: Copy, world: World
) -> None:
    """Every goal-updated that a record causes has its traceparent."""
    world.say(making.goal("child", 2, parent_id="G"))
    await copy.settle()
    world.record(making.won("O-1", "1.00"), headers=[("traceparent", TRACE)])
    await copy.apply_all()

    climbed = await copy.climb()

    messages = [one for several in climbed.ready.values() for one in several]
    assert {one.key for one in messages} == {b"G", b"child"}
    assert {dict(one.headers).get("traceparent") for one in messages} == {TRACE}


async def test_nothing_goes_on_until_what_was_rejected_is_stored(
    copy: Copy, world: World
) -> None:
    """Without the broker's acknowledgement the offset must not move past it."""
    world.outgoing.failures = 3
    world.records.put(b"poison", b"{")

    batch = await copy.fetch()

    assert world.outgoing.failures == 0
    assert rejected(world)
    assert batch is not None
    assert batch.spans[0].next_offset == 1


async def _fetch_one(copy: Copy) -> None:
    await copy.intake.take(copy.records_consumer.fetch(limit=1))


async def _waits(act: "asyncio.Task[None]") -> bool:
    done, _ = await asyncio.wait([act], timeout=0.05)
    return not done


async def test_what_is_fetched_while_a_batch_waits_joins_it(
    copy: Copy, world: World, database: str
) -> None:
    """One transaction then takes both."""
    await copy.settle()
    for number in range(3):
        world.record(making.won(f"O-{number}", "1.00"), partition=number % 2)
    for _ in range(3):
        await _fetch_one(copy)

    batch = copy.intake.batches.get_nowait()
    await copy.apply(batch)
    await copy.settle()

    assert copy.intake.batches.empty()
    assert {record.id for _, record in batch.records} == {"O-0", "O-1", "O-2"}
    assert {
        span.partition: (span.fetched_from, span.next_offset) for span in batch.spans
    } == {0: (0, 2), 1: (0, 1)}
    assert (await numbers(database))["G"][0] == 3 * MONEY
    await judge(database)


async def test_large_batches_wait_one_behind_the_other(
    copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading stops until apply has taken what was read: memory is bounded."""
    monkeypatch.setattr(intake, "BEHIND_AT", 1)
    for number in range(2):
        world.record(making.won(f"O-{number}", "1.00"))
    await _fetch_one(copy)
    second = asyncio.create_task(_fetch_one(copy))

    assert await _waits(second)
    first_taken = copy.intake.batches.get_nowait()
    await second

    assert [record.id for _, record in first_taken.records] == ["O-0"]
    assert not copy.intake.batches.empty()


async def test_what_was_fetched_under_another_assignment_does_not_join(
    copy: Copy, world: World
) -> None:
    """Half of such a batch would be refused, and the other half is good."""
    for number in range(2):
        world.record(making.won(f"O-{number}", "1.00"))
    await _fetch_one(copy)
    await copy.records.take_over([0])
    second = asyncio.create_task(_fetch_one(copy))

    assert await _waits(second)
    assert len(copy.intake.batches.get_nowait().records) == 1
    await second
    assert len(copy.intake.batches.get_nowait().records) == 1

"""Intake: what cannot be understood is set aside as it came; nothing else is lost."""

import asyncio
import json

import pytest

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


async def test_at_most_one_batch_waits(copy: Copy, world: World) -> None:
    """Reading stops until apply has taken what was read: memory is bounded."""
    for number in range(3):
        world.record(making.won(f"O-{number}", "1.00"))
    await copy.intake.take(copy.records_consumer.fetch(limit=1))

    second = asyncio.create_task(copy.intake.take(copy.records_consumer.fetch(limit=1)))
    done, _ = await asyncio.wait([second], timeout=0.05)
    first_taken = copy.intake.batches.get_nowait()
    await second

    assert not done
    assert [record.id for _, record in first_taken.records] == ["O-0"]
    assert copy.intake.batches.full()

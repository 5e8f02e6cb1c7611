"""Whatever decode accepts PostgreSQL can store, and gives back the same."""

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rollup.domain.conflicts import content_hash
from services.rollup.store import records
from shared.messages.records import ActivityRecord, InvalidRecordError, decode_record
from shared.plumbing.postgres import Connection
from tests.integration.rollup.copies import Copy
from tests.shared.wire import json_values, records_on_wire

EVERYTHING = settings(max_examples=300)
# A million and more escapes and blanks are one character each to COPY.
AWKWARD = st.sampled_from(
    ["\t", "\n", "\r", "\\", "\\N", "\\.", "\x1f", '"', "{}", "NULL", ",", "'", "\x7f"]
)


async def written_and_read(
    connection: Connection, record: ActivityRecord
) -> list[records.StoredRecord]:
    """Write a record in every way there is, and return it as it was read each time."""
    fresh: list[records.Fresh] = [(record, ([8, 10], [10**27, -1]))]
    found = []
    for begin in (_copy, _insert):
        transaction = connection.transaction()
        await transaction.start()
        try:
            await begin(connection, fresh)
            found.append((await records.read(connection, [record.key]))[record.key])
            await _finish(connection, updates=fresh)
            found.append((await records.read(connection, [record.key]))[record.key])
        finally:
            await transaction.rollback()
    return found


async def _copy(connection: Connection, fresh: Sequence[records.Fresh]) -> None:
    await records.copy(connection, fresh)


async def _insert(connection: Connection, fresh: Sequence[records.Fresh]) -> None:
    await _finish(connection, inserts=fresh)


async def _finish(
    connection: Connection,
    *,
    inserts: Sequence[records.Fresh] = (),
    updates: Sequence[records.Fresh] = (),
) -> None:
    await records.finish_batch(
        connection,
        inserts=inserts,
        updates=updates,
        groups={},
        behind=False,
        topic="activity-records",
        next_offsets={},
        word=None,
    )


def check(record: ActivityRecord, stored: records.StoredRecord) -> None:
    """Compare every part of a record with what was stored."""
    assert content_hash(stored) == content_hash(record)
    assert (stored.key, stored.entity, stored.version) == (
        record.key,
        record.entity,
        record.version,
    )
    assert (stored.owner, stored.state, stored.status, stored.deleted) == (
        record.owner,
        record.state,
        record.status,
        record.deleted,
    )
    assert list(stored.shared_with) == record.shared_with
    assert stored.occurred_at == record.occurred_at
    assert stored.attributes == record.attributes
    assert stored.contributions == ([8, 10], [10**27, -1])


async def test_what_is_accepted_can_be_stored(copy: Copy) -> None:
    """Every record that decode accepts, by COPY and by UPDATE, digit by digit."""
    accepted: list[ActivityRecord] = []

    @EVERYTHING
    @given(records_on_wire())
    def gather(wire: dict[str, object]) -> None:
        accepted.append(decode_record(msgspec.json.encode(wire)))

    gather()
    async with copy.pool.acquire() as connection:
        for record in accepted:
            for stored in await written_and_read(connection, record):
                check(record, stored)


async def test_whatever_gets_past_decode_can_be_stored(copy: Copy) -> None:
    """Of fields of any shape, whatever is accepted does no harm further on."""
    accepted: list[ActivityRecord] = []
    text = st.lists(AWKWARD | st.characters(), max_size=6).map("".join)

    @EVERYTHING
    @given(
        st.fixed_dictionaries(
            {"entity": text, "id": text, "version": st.integers(0, 5)},
            optional={
                "owner": st.fixed_dictionaries({"type": st.just("user"), "id": text}),
                "state": text | st.integers(),
                "status": text,
                "attributes": st.dictionaries(text, text | json_values(), max_size=4),
                "shared_with": st.lists(
                    st.fixed_dictionaries({"type": st.just("team"), "id": text}),
                    max_size=2,
                ),
            },
        ),
        st.sampled_from([None, 1, "\t"]),
    )
    def gather(wire: dict[str, object], indent: int | str | None) -> None:
        data = msgspec.json.encode(_without_halves(wire))
        if indent == 1:
            data = msgspec.json.format(data, indent=1)
        elif indent == "\t":
            data = data.replace(b'":', b'"\t:\r\n')
        try:
            accepted.append(decode_record(data))
        except InvalidRecordError:
            return

    gather()
    assert len(accepted) > 10
    async with copy.pool.acquire() as connection:
        for record in accepted:
            for stored in await written_and_read(connection, record):
                check(record, stored)


def _without_halves(value: object) -> object:
    """Return a value that can be encoded: no text of it has half a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_without_halves(one) for one in value]
    if isinstance(value, dict):
        return {
            _without_halves(name): _without_halves(one) for name, one in value.items()
        }
    return value


async def test_names_of_the_greatest_length_fit_every_index(copy: Copy) -> None:
    """Four bytes a character, 200 characters each, none of them alike."""
    noise = "".join(chr(0x1F300 + number * 7 % 700) for number in range(200))
    data = msgspec.json.encode(
        {
            "entity": noise,
            "id": noise[::-1],
            "version": 2**63 - 1,
            "owner": {"type": "team", "id": noise},
            "state": noise,
            "attributes": {"a" * 10_000: "b" * 200_000},
        }
    )
    record = decode_record(data)

    async with copy.pool.acquire() as connection:
        stored = await written_and_read(connection, record)

    check(record, stored[0])
    check(record, stored[1])

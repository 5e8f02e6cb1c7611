"""Records are decoded once and the same way everywhere, or refused with a reason."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.goals import Principal, PrincipalType
from shared.messages.records import (
    ATTRIBUTES_MAX,
    RECORD_BYTES_MAX,
    SHARED_WITH_MAX,
    ActivityRecord,
    InvalidRecordError,
    decode_record,
    encode_record,
    principal_of,
    unwrap_structured,
)
from tests.shared.wire import json_values, records_on_wire


def envelope(**fields: object) -> bytes:
    """Return a record with these fields, the required ones filled in."""
    whole = {"entity": "opportunity", "id": "O-1", "version": 7, **fields}
    return json.dumps(whole).encode()


def with_attributes(raw: bytes) -> bytes:
    """Return a record with these attributes, byte for byte."""
    return b'{"entity":"opportunity","id":"O-1","version":7,"attributes":' + raw + b"}"


def refusal_of(data: bytes) -> str:
    """Return the name under which a record is refused."""
    with pytest.raises(InvalidRecordError) as caught:
        decode_record(data)
    assert caught.value.detail
    return caught.value.error


def is_record_or_refused(data: bytes) -> bool:
    """Tell whether nothing happens but what may: any other error is raised."""
    try:
        return isinstance(decode_record(data), ActivityRecord)
    except InvalidRecordError as refused:
        return bool(refused.error and refused.detail)


def test_the_example_of_the_contract_is_understood() -> None:
    """The record that the contract shows reads as it is meant."""
    data = (
        b'{"entity": "opportunity", "id": "O-1", "version": 7, "deleted": false,'
        b'"owner": {"type": "user", "id": "R0"}, "state": "won", "status": "3",'
        b'"attributes": {"actualvalue": "400.00", "actualclosedate": "2026-11-21",'
        b'"customerid": "A0"}, "shared_with": [{"type": "team", "id": "T1"}],'
        b'"occurred_at": "2026-11-21T09:30:00Z"}'
    )

    record = decode_record(data)

    assert record.key == "opportunity/O-1"
    assert record.version == 7
    assert not record.deleted
    assert record.owner == "user/R0"
    assert (record.state, record.status) == ("won", "3")
    assert record.attributes == {
        "actualvalue": "400.00",
        "actualclosedate": "2026-11-21",
        "customerid": "A0",
    }
    assert record.shared_with == ["team/T1"]
    assert record.occurred_at == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_what_is_left_out_is_false_null_or_empty() -> None:
    """Only entity, id and version are required."""
    record = decode_record(b'{"entity":"opportunity","id":"O-1","version":0}')

    assert not record.deleted
    assert (record.owner, record.state, record.status) == (None, None, None)
    assert record.occurred_at is None
    assert record.attributes == {}
    assert record.attributes_json == "{}"
    assert record.shared_with == []


def test_null_attributes_are_none() -> None:
    """Null in place of the attributes is the same as leaving them out."""
    record = decode_record(with_attributes(b"null"))

    assert record.attributes == {}
    assert record.attributes_json == "{}"


def test_whole_states_are_taken_as_their_text() -> None:
    """State and status may be whole numbers."""
    record = decode_record(envelope(state=1, status=-3))

    assert (record.state, record.status) == ("1", "-3")


def test_unknown_fields_are_ignored() -> None:
    """A sender may know more than we do."""
    record = decode_record(envelope(colour="red", nested={"deep": [1, {"er": 2}]}))

    assert record.key == "opportunity/O-1"


def test_an_id_may_hold_a_slash() -> None:
    """Only an entity's name may not: the first slash ends it."""
    assert decode_record(envelope(id="a/b")).key == "opportunity/a/b"


def test_numbers_keep_every_digit() -> None:
    """A number never passes through binary floating point."""
    digits = "1234567890123456789012.0123456789012345678901"

    record = decode_record(with_attributes(f'{{"a": {digits}, "b": 0.1}}'.encode()))

    assert record.attributes == {"a": Decimal(digits), "b": Decimal("0.1")}


def test_of_two_attributes_of_one_name_the_last_counts() -> None:
    """As PostgreSQL's jsonb has it; both must say the same."""
    record = decode_record(with_attributes(b'{"a": 1, "a": 2}'))

    assert record.attributes == {"a": 2}


@given(records_on_wire())
def test_what_is_encoded_decodes_to_the_same(wire: dict[str, object]) -> None:
    """What ingest passes on is what it understood."""
    record = decode_record(msgspec.json.encode(wire))

    assert decode_record(encode_record(record)) == record


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange_to_be_refused(data: bytes) -> None:
    """Whatever comes is a record or is refused with a name; nothing else happens."""
    assert is_record_or_refused(data)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "entity",
                "id",
                "version",
                "deleted",
                "owner",
                "state",
                "status",
                "attributes",
                "shared_with",
                "occurred_at",
            ]
        ),
        json_values(),
    )
)
def test_no_json_is_too_strange_to_be_refused(fields: dict[str, object]) -> None:
    """Known fields of any type at all are understood, or refused with a name."""
    assert is_record_or_refused(envelope(**fields))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "empty_value"),
        (b"null", "invalid_record"),
        (b"[]", "invalid_record"),
        (b"7", "invalid_record"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'\xef\xbb\xbf{"entity":"o","id":"1","version":1}', "not_json"),
        (b'{"entity":"o","id":"1","version":1}x', "not_json"),
        (b'{"entity":"o","id":"1"}', "invalid_record"),
        (b'{"entity":"o","version":1}', "invalid_record"),
        (b'{"id":"1","version":1}', "invalid_record"),
        (b"[" * 100_000 + b"]" * 100_000, "invalid_record"),
        (b'{"zz":' * 40_000, "not_json"),
    ],
)
def test_what_is_no_record_is_refused(data: bytes, error: str) -> None:
    """No JSON, no object, something required missing, a bomb of depth."""
    assert refusal_of(data) == error


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"entity": ""}, "invalid_id"),
        ({"entity": "e" * 201}, "invalid_id"),
        ({"entity": "a/b"}, "invalid_entity"),
        ({"entity": 7}, "invalid_record"),
        ({"id": ""}, "invalid_id"),
        ({"id": "i" * 201}, "invalid_id"),
        ({"id": "a\x00b"}, "invalid_id"),
        ({"id": "a\nb"}, "invalid_id"),
        ({"id": "a\x7fb"}, "invalid_id"),
        ({"id": 7}, "invalid_record"),
        ({"version": -1}, "invalid_record"),
        ({"version": 2**63}, "invalid_record"),
        ({"version": 1.0}, "invalid_record"),
        ({"version": "1"}, "invalid_record"),
        ({"version": True}, "invalid_record"),
        ({"deleted": 1}, "invalid_record"),
        ({"owner": "R0"}, "invalid_record"),
        ({"owner": {"type": "robot", "id": "R0"}}, "invalid_record"),
        ({"owner": {"type": "user", "id": ""}}, "invalid_id"),
        ({"owner": {"type": "user", "id": "r" * 201}}, "invalid_id"),
        ({"owner": {"type": "user", "id": "r\x00"}}, "invalid_id"),
        ({"owner": {"type": "user"}}, "invalid_record"),
        ({"state": True}, "invalid_record"),
        ({"state": 1.5}, "invalid_record"),
        ({"state": "s" * 201}, "invalid_record"),
        ({"state": "s\x00"}, "invalid_record"),
        ({"status": "s\x1f"}, "invalid_record"),
        ({"status": "s" * 201}, "invalid_record"),
        ({"attributes": []}, "invalid_record"),
        ({"attributes": "x"}, "invalid_record"),
        ({"attributes": {"a": []}}, "attribute_not_flat"),
        ({"attributes": {"a": {"b": 1}}}, "attribute_not_flat"),
        ({"attributes": {"a": "x\x00y"}}, "unstorable_text"),
        ({"attributes": {"a\x00": "x"}}, "unstorable_text"),
        ({"attributes": {str(n): n for n in range(501)}}, "too_many_attributes"),
        ({"shared_with": {}}, "invalid_record"),
        ({"shared_with": [{"type": "user", "id": "\x00"}]}, "invalid_id"),
        ({"shared_with": [{"type": "user", "id": "u"}] * 1001}, "invalid_record"),
        ({"occurred_at": "2026-11-21"}, "invalid_record"),
        ({"occurred_at": "2026-11-21T09:30:00"}, "invalid_record"),
        ({"occurred_at": 1_700_000_000}, "invalid_record"),
        # They could be stored and never read, or not be stored at all.
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "invalid_record"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "invalid_record"),
    ],
)
def test_a_field_that_does_not_fit_is_refused(
    fields: dict[str, object], error: str
) -> None:
    """Each limit of a record has its refusal."""
    assert refusal_of(envelope(**fields)) == error


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b'{"a":"x\x00y"}', "not_json"),
        (b'{"a":"x\ny"}', "not_json"),
        (b'{"a":"\xff"}', "not_json"),
        (b'{"a":"\xed\xa0\x80"}', "not_json"),
        (b'{"a":"\\ud800"}', "not_json"),
        (b'{"a":"\\udc00\\ud800"}', "not_json"),
        (b'{"a":"\\u0000"}', "unstorable_text"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":Infinity}', "not_json"),
        (b'{"a":01}', "not_json"),
        (b'{"a":1.}', "not_json"),
        (b'{"a":' + b"1" * 5000 + b"}", "invalid_record"),
        (b'{"a":0.' + b"1" * 5000 + b"}", "number_out_of_range"),
        (b'{"a":1e41}', "number_out_of_range"),
        (b'{"a":1e-41}', "number_out_of_range"),
        (b'{"a":1e999999}', "number_out_of_range"),
        (b'{"a":1e-999999}', "number_out_of_range"),
        (b'{"a":0e999999}', "number_out_of_range"),
        # Beyond what Decimal itself takes.
        (b'{"a":1e9999999999999999999}', "number_out_of_range"),
        (b'{"a":0e-9999999999999999999}', "number_out_of_range"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not_json"),
    ],
)
def test_an_attribute_that_cannot_be_kept_is_refused(raw: bytes, error: str) -> None:
    """What JSON or PostgreSQL cannot hold exactly does not get in."""
    assert refusal_of(with_attributes(raw)) == error


def test_every_limit_can_be_reached() -> None:
    """What is just small enough is understood."""
    data = envelope(
        entity="e" * 200,
        id="i" * 200,
        version=2**63 - 1,
        owner={"type": "team", "id": "t" * 200},
        state="s" * 200,
        attributes={str(number): number for number in range(ATTRIBUTES_MAX)},
        shared_with=[{"type": "user", "id": "u"}] * SHARED_WITH_MAX,
    )

    record = decode_record(data)

    assert len(record.attributes) == ATTRIBUTES_MAX
    assert len(record.shared_with) == SHARED_WITH_MAX


def test_a_record_may_have_so_many_bytes_and_not_one_more() -> None:
    """The limit of bytes is exact."""
    empty = envelope(attributes={"a": ""})
    filling = RECORD_BYTES_MAX - len(empty)

    whole = decode_record(envelope(attributes={"a": "x" * filling}))

    assert whole.attributes == {"a": "x" * filling}
    assert refusal_of(envelope(attributes={"a": "x" * (filling + 1)})) == (
        "record_too_large"
    )


@given(records_on_wire())
def test_a_structured_cloud_event_carries_the_same_record(
    wire: dict[str, object],
) -> None:
    """In structured mode the record is the event's data."""
    event = {"specversion": "1.0", "id": "1", "source": "crm", "type": "t"}
    data = msgspec.json.encode({**event, "data": wire})

    record = decode_record(unwrap_structured(data))

    assert record == decode_record(msgspec.json.encode(wire))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'{"data": {}}', b'{"specversion": "1.0"}', b"[" * 100_000],
)
def test_what_is_no_cloud_event_is_refused(data: bytes) -> None:
    """The content type alone makes no event."""
    with pytest.raises(InvalidRecordError) as caught:
        unwrap_structured(data)

    assert caught.value.error == "not_a_cloud_event"


@given(st.sampled_from(PrincipalType), st.text(min_size=1))
def test_principals_read_back_from_their_key(kind: PrincipalType, name: str) -> None:
    """One text holds both parts, whatever the id holds."""
    principal = Principal(kind, name)

    assert principal_of(principal.key) == principal

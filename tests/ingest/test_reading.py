"""What a body holds: content types, and records cut apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.errors import (
    NotUnderstoodError,
    TooLargeError,
    UnsupportedMediaTypeError,
)
from services.ingest.reading import (
    RECORDS_MAX,
    WRITTEN_BYTES_MAX,
    MediaType,
    Part,
    media_type_of,
    parts_of,
    split,
)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("given_type", "understood"),
    [
        ("application/json", MediaType.JSON),
        ("Application/JSON; charset=UTF-8", MediaType.JSON),
        ('application/json;charset="utf-8"', MediaType.JSON),
        ("application/x-ndjson", MediaType.NDJSON),
        ("text/csv; charset=utf-8; header=present", MediaType.CSV),
        ("application/cloudevents+json; charset=utf-8", MediaType.CLOUD_EVENT),
    ],
)
def test_content_types_are_read_as_people_write_them(
    given_type: str, understood: MediaType
) -> None:
    """Case, parameters and quotes do not matter."""
    assert media_type_of({"content-type": given_type}) is understood


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({}, "missing"),
        ({"content-type": "text/plain"}, "text/plain"),
        ({"content-type": "application/json; charset=latin-1"}, "latin-1"),
        ({"content-type": "text/csv; charset=windows-1252"}, "windows-1252"),
        ({"content-type": "application/json", "content-encoding": "gzip"}, "gzip"),
    ],
)
def test_other_content_types_are_refused_by_name(
    headers: dict[str, str], named: str
) -> None:
    """What is not read is refused, and named."""
    with pytest.raises(UnsupportedMediaTypeError, match=named):
        media_type_of(headers)


@given(st.lists(_JSON))
def test_an_array_is_cut_into_the_bytes_it_holds(values: list[object]) -> None:
    """Each element comes out as it stood there."""
    body = json.dumps(values).encode()

    parts = split(body, MediaType.JSON)

    assert [json.loads(bytes(part)) for part in parts] == values


@given(st.lists(_JSON), st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"]))
def test_lines_are_cut_where_lines_end(values: list[object], end: str) -> None:
    """Blank lines hold no record."""
    body = end.join(map(json.dumps, values)).encode()

    parts = split(body, MediaType.NDJSON)

    assert [json.loads(bytes(part)) for part in parts] == values


def test_one_record_is_left_as_it_came() -> None:
    """What is no array is one record, whether it reads or not."""
    assert split(b' {"entity": 1} ', MediaType.JSON) == [b' {"entity": 1} ']
    assert split(b"nonsense", MediaType.JSON) == [b"nonsense"]


def test_a_cloud_event_holds_its_data() -> None:
    """Structured mode is unwrapped."""
    body = b'{"specversion": "1.0", "id": "1", "data": {"entity": "a"}}'

    assert split(body, MediaType.CLOUD_EVENT) == [b'{"entity": "a"}']


@pytest.mark.parametrize(
    ("body", "media_type", "error"),
    [
        (b'[{"entity": "a"}', MediaType.JSON, "not_json"),
        (b"[" * 100_000, MediaType.JSON, "not_json"),
        (b"{}", MediaType.CLOUD_EVENT, "not_a_cloud_event"),
        (b"", MediaType.CLOUD_EVENT, "not_a_cloud_event"),
    ],
)
def test_what_does_not_read_as_a_whole_is_refused(
    body: bytes, media_type: MediaType, error: str
) -> None:
    """Nothing can be said of single records then."""
    with pytest.raises(NotUnderstoodError) as refused:
        split(body, media_type)

    assert refused.value.error == error


@pytest.mark.parametrize("media_type", [MediaType.JSON, MediaType.NDJSON])
def test_too_many_records_are_refused(media_type: MediaType) -> None:
    """One more than is allowed is too many, one less is not."""
    most = [b"{}"] * RECORDS_MAX

    def body_of(parts: list[bytes]) -> bytes:
        if media_type is MediaType.NDJSON:
            return b"\n".join(parts)
        return b"[" + b",".join(parts) + b"]"

    assert len(split(body_of(most), media_type)) == RECORDS_MAX
    with pytest.raises(TooLargeError):
        split(body_of([*most, b"{}"]), media_type)


def table_of(body: bytes) -> list[Part]:
    """Return the records of a CSV body."""
    return list(parts_of(body, MediaType.CSV, take=lambda _size: None))


def test_too_many_rows_are_refused() -> None:
    """A table has the limit of the other forms; bad rows and good ones count."""
    most = b"entity,id,version\n" + b"a,b,1\n" * (RECORDS_MAX - 1) + b"bad\n"

    assert len(table_of(most)) == RECORDS_MAX
    with pytest.raises(TooLargeError) as refused:
        table_of(most + b"bad\n")
    assert refused.value.error == "too_many_records"


def test_a_small_table_of_huge_records_is_refused() -> None:
    """Long names of columns are written once in a table, and in JSON once a record."""
    name = b"n" * 200_000
    rows = WRITTEN_BYTES_MAX // len(name) + 1
    body = b"entity,id,version," + name + b"\n" + b"a,b,1,x\n" * rows

    with pytest.raises(TooLargeError) as refused:
        table_of(body)

    assert refused.value.error == "request_too_large"
    assert "as JSON" in refused.value.detail

"""What the columns of a CSV body mean."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.csv_records import (
    COLUMNS_MAX,
    FIELDS,
    columns_of,
    record_of,
    table_rows,
)
from services.ingest.errors import NotUnderstoodError
from services.ingest.strict import refuse_unknown_fields
from shared.domain.csv_rows import Row
from shared.messages.events import ActivityRecordEvent
from shared.messages.records import (
    RECORD_BYTES_MAX,
    VERSION_MAX,
    ActivityRecord,
    InvalidRecordError,
    decode_record,
)


def read(body: bytes) -> list[ActivityRecord]:
    """Return the records of a table as the services understand them."""
    rows = table_rows(body)
    columns = columns_of(next(rows, None))
    written = [record_of(row, columns) for row in rows]
    for data in written:
        refuse_unknown_fields(data)
    return [decode_record(data) for data in written]


def read_one(**cells: str) -> ActivityRecord:
    """Return the record of a table with one row."""
    row = {"entity": "call", "id": "1", "version": "1", **cells}
    written = io.StringIO(newline="")
    csv.writer(written).writerows([row.keys(), row.values()])
    (record,) = read(written.getvalue().encode())
    return record


def test_every_field_of_the_contract_has_a_column() -> None:
    """All but the attributes, which have a column each."""
    assert {*FIELDS, "attributes"} == set(ActivityRecordEvent.model_fields)


def test_a_row_is_the_record_that_json_would_be() -> None:
    """Each column means the field of its name, in any order."""
    (record,) = read(
        b"shared_with,amount,occurred_at,status,state,owner,deleted,version,id,entity\n"
        b"team/T1  user/a/b,400.00,2026-11-21T09:30:00+01:00,3,won,user/R0,TRUE,"
        b"7,O-1,opportunity\n"
    )

    assert record == decode_record(
        b'{"entity":"opportunity","id":"O-1","version":7,"deleted":true,'
        b'"owner":{"type":"user","id":"R0"},"state":"won","status":"3",'
        b'"attributes":{"amount":"400.00"},"shared_with":[{"type":"team","id":"T1"},'
        b'{"type":"user","id":"a/b"}],"occurred_at":"2026-11-21T09:30:00+01:00"}'
    )


def test_empty_cells_are_null_and_absent_columns_are_the_defaults() -> None:
    """A table with all columns empty is one with none of them."""
    bare = read_one()
    empty = read_one(**dict.fromkeys(FIELDS[3:], ""))

    assert bare == empty
    assert (bare.deleted, bare.owner, bare.state) == (False, None, None)
    assert (bare.shared_with, bare.attributes) == ([], {})
    assert read_one(amount="", attributes="").attributes == {
        "amount": None,
        "attributes": None,
    }


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_cells_of_attributes_are_text_as_they_stand(text: str) -> None:
    """Nothing is read into them: no number, no truth, no trimming."""
    assert read_one(note=text).attributes == {"note": text or None}


@pytest.mark.parametrize("text", ["0.10", "1e3", "007", "true", "null", " x ", "{}"])
def test_what_looks_like_something_else_is_text_too(text: str) -> None:
    """Digits that a sender wrote are all kept."""
    assert read_one(note=text).attributes == {"note": text}


@pytest.mark.parametrize(
    ("version", "understood"), [("0", 0), ("007", 7), (str(VERSION_MAX), VERSION_MAX)]
)
def test_versions_are_whole_numbers_in_digits(version: str, understood: int) -> None:
    """Up to the greatest that JSON may have."""
    assert read_one(version=version).version == understood


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("version", "", "version is '', a whole number"),
        ("version", "1.0", "version is '1.0'"),
        ("version", "-1", "version is '-1'"),
        ("version", " 1", "version is ' 1'"),
        ("version", "1E+15", "digits only"),
        ("version", "٣", "digits only"),
        ("version", str(VERSION_MAX + 1), f"0 to {VERSION_MAX}"),
        ("version", "9" * 10_000, "…'"),
        ("deleted", "yes", "deleted is 'yes', true, false"),
        ("deleted", "1", "deleted is '1'"),
        ("owner", "ada", "owner names 'ada', a user or a team"),
        ("owner", "User/ada", "user/ and the user's id"),
        ("owner", "user/", "owner names 'user/'"),
        ("shared_with", "team/T1 ada", "shared_with names 'ada'"),
        ("occurred_at", "2026-11-21", "occurred_at is '2026-11-21', an instant"),
        ("occurred_at", "2026-11-21T09:30:00", "2026-11-21T09:30:00Z"),
    ],
)
def test_cells_that_do_not_read_are_refused_with_what_is_allowed(
    column: str, cell: str, told: str
) -> None:
    """The error says what was found, what is allowed and what to write."""
    with pytest.raises(InvalidRecordError) as refused:
        read_one(**{column: cell})

    assert refused.value.error == "invalid_record"
    assert told in refused.value.detail
    assert len(refused.value.detail) < 300


@pytest.mark.parametrize(
    ("column", "cell", "error"),
    [
        ("entity", "", "invalid_id"),
        ("id", "", "invalid_id"),
        ("entity", "a/b", "invalid_entity"),
        ("owner", "user/" + "x" * 201, "invalid_id"),
        ("state", "x" * 201, "invalid_record"),
        ("note", "\x00", "unstorable_text"),
        ("note", '"' * 200_000, "record_too_large"),
    ],
)
def test_the_rules_of_json_hold_for_tables_too(
    column: str, cell: str, error: str
) -> None:
    """A record has the same limits whatever form it came in."""
    with pytest.raises(InvalidRecordError) as refused:
        read_one(**{column: cell})

    assert refused.value.error == error


@pytest.mark.parametrize(("row", "count"), [(b"a,b", 2), (b"a,b,1,x", 4), (b'""', 1)])
def test_a_row_with_too_many_or_too_few_cells_is_refused(
    row: bytes, count: int
) -> None:
    """A cell that is missing may be any of them."""
    with pytest.raises(InvalidRecordError) as refused:
        read(b"entity,id,version\n" + row)

    assert refused.value.error == "csv_malformed"
    assert f"the row has {count} cells and the header 3" in refused.value.detail


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"", "the body is empty"),
        (b"entity,id,version,", "line 1: column 4 has no name"),
        (b'entity,id,version," ",a', "line 1: column 4 has no name"),
        (b"entity,id,version, a", "line 1: column 4 is named ' a'; remove the blanks"),
        (b"entity,id,version,a,a", "line 1: the column 'a' is there 2 times"),
        (b'entity,id,version,"id"', "line 1: the column 'id' is there 2 times"),
        (b"\n\nentity,state", "line 3: the header lacks id, version"),
        (b"Entity,ID,Version", "line 1: the header lacks entity, id, version"),
        (b"entity;id;version", "it begins with 'entity;id;version'"),
        (b'entity,id,version,a"b', "line 1: the cell 'a\"b' holds a quote"),
        (b",".join(b"%d" % i for i in range(COLUMNS_MAX + 1)), "has 510 columns, 509"),
        (b"," * 1_000_000, "line 1: the row has 1000000 bytes"),
    ],
)
def test_a_header_that_does_not_name_each_column_once_is_refused(
    header: bytes, told: str
) -> None:
    """Nothing can be said of single rows then."""
    with pytest.raises(NotUnderstoodError) as refused:
        read(header + b"\ncall,1,1\n" if header else b"")

    assert refused.value.error == "csv_malformed"
    assert told in refused.value.detail


def test_as_many_columns_as_a_record_may_have_are_allowed() -> None:
    """Every field and the greatest number of attributes fit in one table."""
    names = [*FIELDS, *(f"a{place}" for place in range(COLUMNS_MAX - len(FIELDS)))]

    columns = columns_of(Row(1, ",".join(names).encode()))

    assert len(columns.names) == COLUMNS_MAX


def test_a_row_larger_than_a_record_is_not_cut_at_all() -> None:
    """A row of nothing but commas would be many cells for few bytes."""
    columns = columns_of(Row(1, b"entity,id,version"))
    fits = Row(2, b"," * RECORD_BYTES_MAX)
    too_large = Row(2, b"," * (RECORD_BYTES_MAX + 1))

    with pytest.raises(InvalidRecordError, match=f"has {RECORD_BYTES_MAX + 1} cells"):
        record_of(fits, columns)
    with pytest.raises(InvalidRecordError) as refused:
        record_of(too_large, columns)
    assert refused.value.error == "record_too_large"


def test_a_table_without_bounds_is_refused_as_a_whole() -> None:
    """Neither the rows before it nor those after it are taken."""
    for body in (b'entity,id,version\ncall,1,"1', b"entity,id,version\ncall,1,\xe4"):
        with pytest.raises(NotUnderstoodError) as refused:
            read(body)

        assert refused.value.error == "csv_malformed"
        assert refused.value.detail.startswith("line 2")

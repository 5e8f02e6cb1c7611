"""Reading records from files, and sending them in pieces."""

import json
from pathlib import Path

import pytest

from cli import sending
from cli.exits import CommandError
from cli.sending import CHUNK_BYTES_MAX, CHUNK_RECORDS_MAX, records_in


def read(path: Path) -> list[object]:
    """Return the records of a file as values, each from a line of its own."""
    with records_in(str(path)) as records:
        found = list(records.rows)
    assert not any(b"\n" in one.rstrip(b"\r\n") for one in found)
    return [json.loads(one) for one in found]


ONE = {"entity": "call", "id": "1", "version": 1, "attributes": {"a": "x\ny"}}
TWO = {"entity": "call", "id": "2", "version": 1}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (json.dumps(ONE), 1),
        (json.dumps(ONE, indent=2), 1),
        (json.dumps(ONE, indent=2).replace("\n", "\r\n"), 1),
        (json.dumps([ONE, TWO]), 2),
        (json.dumps([ONE, TWO], indent=2), 2),
        (f"\n \n{json.dumps([ONE, TWO], indent=2)}\n", 2),
        (f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n", 2),
        (f"\r\n{json.dumps(ONE)}\r\n\r\n{json.dumps(TWO)}", 2),
        ("[]", 0),
        ("", 0),
        ("\n", 0),
    ],
)
def test_files_of_json_and_of_lines_are_read(
    tmp_path: Path, text: str, count: int
) -> None:
    """What a file holds is seen from its beginning."""
    file = tmp_path / "records"
    file.write_bytes(text.encode())

    assert read(file) == [ONE, TWO][:count]


def test_a_bad_line_is_left_for_ingest_to_name(tmp_path: Path) -> None:
    """It is sent as it stands, first or last."""
    file = tmp_path / "records"
    file.write_text(f'{{"entity":\n{json.dumps(ONE)}')

    with records_in(str(file)) as records:
        assert list(records.rows) == [b'{"entity":', json.dumps(ONE).encode()]


def test_a_broken_array_is_named(tmp_path: Path) -> None:
    """An array is read whole, so its fault is the file's."""
    file = tmp_path / "records"
    file.write_text('[{"entity": "a"}')

    with (
        pytest.raises(CommandError, match="begins as a JSON array"),
        records_in(str(file)),
    ):
        pass


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """So is what a file may hold."""
    with (
        pytest.raises(CommandError, match="cannot be read"),
        records_in(str(tmp_path / "none")),
    ):
        pass


def test_chunks_keep_within_what_ingest_takes() -> None:
    """By number and by size; nothing is left out."""
    small = [b"x"] * (CHUNK_RECORDS_MAX + 1)
    large = [b"x" * (CHUNK_BYTES_MAX // 2)] * 3

    assert [len(one) for one in sending._chunks(small)] == [CHUNK_RECORDS_MAX, 1]
    assert [len(one) for one in sending._chunks(large)] == [1, 1, 1]
    assert list(sending._chunks([])) == []


TABLE = b'entity,id,version,note\ncall,1,1,x\n\ncall,2,1,"a\nb"\ncall,3,1,\n'


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("records.csv", TABLE),
        ("records", TABLE),
        ("records", b"\xef\xbb\xbf" + TABLE.replace(b"\n", b"\r\n")),
        ("records", b'"version","id",entity\r\n1,1,call\r\n\r\n1,2,call\r\n'),
    ],
)
def test_a_table_is_seen_by_its_name_or_its_header(
    tmp_path: Path, name: str, body: bytes
) -> None:
    """Its rows stand as they are, each with the line it begins on."""
    file = tmp_path / name
    file.write_bytes(body)

    with records_in(str(file)) as records:
        rows = list(records.rows)

    assert records.content_type == "text/csv"
    assert records.header is not None
    assert records.header.count(b",") >= 2
    assert list(records.lines[:2]) == [2, 4]
    assert rows[-1] in {b"call,3,1,", b"1,2,call"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b'entity,id,version\n"call,1,1', "line 2: a cell begins with a quote"),
        (b"entity,id,version\ncall,1,1\ncall,\xff,1", "line 3 holds the byte 0xff"),
    ],
)
def test_a_table_that_is_broken_is_named_before_anything_is_sent(
    tmp_path: Path, body: bytes, words: str
) -> None:
    """With the line, where there is one."""
    file = tmp_path / "records.csv"
    file.write_bytes(body)

    with pytest.raises(CommandError, match=words), records_in(str(file)):
        pass


def test_all_or_none_is_one_piece() -> None:
    """What ingest would not take at once is refused before it is sent."""
    several = [b"x"] * (CHUNK_RECORDS_MAX + 1)
    assert [len(one) for one in sending._whole(several, "f")] == [len(several)]
    assert list(sending._whole([], "f")) == []

    for too_many in (
        [b"x"] * (sending.WHOLE_RECORDS_MAX + 1),
        [b"x" * sending.WHOLE_BYTES_MAX] * 2,
    ):
        with pytest.raises(CommandError, match="more than 50000 records") as refused:
            list(sending._whole(too_many, "f"))
        assert refused.value.code == 2

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
        found = list(records)
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
        assert list(records) == [b'{"entity":', json.dumps(ONE).encode()]


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

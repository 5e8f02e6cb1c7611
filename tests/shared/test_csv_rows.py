"""A CSV body as rows of cells."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.csv_rows import (
    MalformedRowError,
    MalformedTableError,
    cells_of,
    check_cell_count,
    complaint_of_names,
    rows_of,
)

# Characters that mean something to a table, and some that take several bytes.
_CELL = st.text(alphabet='a",;\n\r \tä€😀', max_size=6)
_TABLE = st.lists(st.lists(_CELL, min_size=2, max_size=4), max_size=5)


# Quotes where they are needed and lines end with both; quotes everywhere, and a line
# feed alone.
_WRITERS: list[type[csv.Dialect]] = [csv.excel, csv.unix_dialect]


def table_of(body: bytes) -> list[tuple[int, list[str]]]:
    """Return the line and the cells of each row."""
    return [(row.line, list(cells_of(row))) for row in rows_of(body)]


@given(_TABLE, st.sampled_from(_WRITERS), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_what_a_writer_of_tables_wrote_is_read(
    table: list[list[str]], writing: type[csv.Dialect], encoding: str
) -> None:
    """Python's own writer and we agree on every cell, and on where a row begins."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, writing)
    lines = []
    for row in table:
        lines.append(written.getvalue().count("\n") + 1)
        writer.writerow(row)
    body = written.getvalue().encode(encoding)

    assert table_of(body) == list(zip(lines, table, strict=True))


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b"", []),
        (b"\n \n\t\r\n", []),
        (b"\xef\xbb\xbf", []),
        (b"a,b", [(1, ["a", "b"])]),
        (b"a,b\r", [(1, ["a", "b"])]),
        (b"a,\n,b\n", [(1, ["a", ""]), (2, ["", "b"])]),
        (b",\n", [(1, ["", ""])]),
        (b'"",""\n', [(1, ["", ""])]),
        (b" a , b \n", [(1, [" a ", " b "])]),
        (b"\n\na\n\n \nb\n  ", [(3, ["a"]), (6, ["b"])]),
        (b'"a\n\nb",c\nd,e', [(1, ["a\n\nb", "c"]), (4, ["d", "e"])]),
        (b'"a""b","""",","', [(1, ['a"b', '"', ","])]),
    ],
)
def test_rows_begin_and_end_as_rfc_4180_says(
    body: bytes, rows: list[tuple[int, list[str]]]
) -> None:
    """Blanks belong to cells, blank lines to nothing."""
    assert table_of(body) == rows


@pytest.mark.parametrize(
    ("body", "line", "told"),
    [
        (b'a\n"b', 2, "no quote ends it"),
        (b'a\nb,"c\nd\n', 2, "no quote ends it"),
        (b'a\n"b"c\n', 2, "'c' follows the quote"),
        (b'a\n"b\n" ,c\n', 3, "' ' follows the quote"),
        ('a\n"b"ä\n'.encode(), 2, "follows the quote"),
        (b"a\rb\r", 1, "a carriage return stands alone"),
        (b"a\n\xe4\n", 2, "0xe4"),
        (b'a\n"b\nc\xff",d\n', 3, "0xff"),
        ("a,b\n".encode("utf-16"), 1, "UTF-8"),
    ],
)
def test_a_table_without_bounds_is_refused_as_a_whole(
    body: bytes, line: int, told: str
) -> None:
    """The line is named where reading stopped, and what to do."""
    with pytest.raises(MalformedTableError) as refused:
        table_of(body)

    assert str(refused.value).startswith(f"line {line}")
    assert told in str(refused.value)


def test_a_quote_inside_a_cell_concerns_its_row_only() -> None:
    """Where the row ends is beyond doubt; what was meant is not."""
    first, second, third = rows_of(b'a,5" pipe,b\nc,d,e\nf,"g",h"i')

    with pytest.raises(MalformedRowError, match="in quotes itself"):
        cells_of(first)
    with pytest.raises(MalformedRowError, match="in quotes itself"):
        cells_of(third)
    assert cells_of(second) == ["c", "d", "e"]


def test_a_row_has_a_cell_for_each_column() -> None:
    """No fewer, and no more."""
    check_cell_count(["", ""], ["a", "b"])

    for cells in ([""], ["", "", ""]):
        with pytest.raises(MalformedRowError, match=f"has {len(cells)} cells"):
            check_cell_count(cells, ["a", "b"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a", "b"], None),
        (["a", ""], "column 2 has no name"),
        (["a", " b"], "column 2 is named ' b'; remove the blanks"),
        (["a", "b", "a"], "the column 'a' is there 2 times"),
    ],
)
def test_each_column_has_a_name_of_its_own(names: list[str], words: str | None) -> None:
    """What is wrong with them is told."""
    complaint = complaint_of_names(names)

    assert (complaint is None) == (words is None)
    assert (words or "") in (complaint or "")

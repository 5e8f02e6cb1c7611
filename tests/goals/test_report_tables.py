"""Reports as tables: exact texts, and cells that spreadsheets read as what they are."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from services.goals.http.report_tables import (
    Column,
    Kind,
    Table,
    csv_of,
    workbook_of,
)
from shared.domain.amounts import DataType

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """What stands inside a row."""

    amount: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with a cell of every kind."""

    title: str = "North"
    inner: Inner | None = None
    share: str | None = "12.5000"
    index: str | None = "0.8750"
    day: date = date(2026, 10, 1)
    count: int = 3
    flag: bool = False


COLUMNS = (
    Column("title", Kind.LONG),
    Column("amount", Kind.NUMBER, "inner.amount"),
    Column("share", Kind.PERCENTAGE),
    Column("index", Kind.RATIO),
    Column("day", Kind.DAY),
    Column("count", Kind.SHORT),
    Column("flag", Kind.SHORT),
)


def table(*rows: Row, data_type: DataType | None = DataType.MONEY) -> Table:
    """Return rows as a table of a fixed noon."""
    return Table(
        columns=COLUMNS,
        rows=rows,
        data_types=[data_type for _ in rows],
        since=None,
        as_of=NOON,
    )


def read_csv(content: bytes) -> list[list[str]]:
    """Return the rows of a table as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_sheet(content: bytes) -> list[list[tuple[str, str]]]:
    """Return type and text of each cell of a workbook, row by row."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 # our own
    return [
        [
            (cell.get("t", "n"), "".join(cell.itertext()))
            for cell in row.iter(f"{SPACE}c")
        ]
        for row in sheet.iter(f"{SPACE}row")
    ]


def test_a_table_has_every_digit() -> None:
    """Also of numbers that no spreadsheet keeps, and below zero."""
    rows = read_csv(
        csv_of(
            table(
                Row(inner=Inner(amount="-12345678901234567890.1234")),
                Row(inner=None, share=None),
            )
        )
    )

    assert rows == [
        ["title", "amount", "share", "index", "day", "count", "flag", "since", "as_of"],
        [
            "North",
            "-12345678901234567890.1234",
            "12.5000",
            "0.8750",
            "2026-10-01",
            "3",
            "false",
            "",
            "2026-11-21T12:00:00Z",
        ],
        [
            *("North", "", "", "0.8750", "2026-10-01", "3", "false", ""),
            "2026-11-21T12:00:00Z",
        ],
    ]


@pytest.mark.parametrize(
    "title", ["=1+1", "+1", "-1+1", "@a", " =1", "\t1", "\uff1d1", "'=1"]
)
def test_no_cell_is_a_formula(title: str) -> None:
    """In CSV it goes behind an apostrophe, in a workbook it is a text."""
    made = table(Row(title=title))

    assert read_csv(csv_of(made))[1][0] == f"'{title}"
    kind, text = read_sheet(workbook_of(made))[1][0]
    assert kind == "inlineStr"
    assert text == title
    assert b"<f>" not in workbook_of(made)


def test_cells_of_a_workbook_are_numbers_and_dates() -> None:
    """Percentages as shares; days and instants by the count of days that they are."""
    made = table(Row(inner=Inner(amount="360.2500")))

    heads, row = read_sheet(workbook_of(made))

    assert [text for _, text in heads][:3] == ["Title", "Amount", "Share"]
    assert row[1:] == [
        ("n", "360.25"),
        ("n", "0.125"),
        ("n", "0.875"),
        ("n", "46296"),
        ("n", "3"),
        ("b", "0"),
        ("n", "46347.5"),
    ]


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_a_text() -> None:
    """Nothing is rounded in silence."""
    exact = "1234567890123456.7"
    made = table(Row(inner=Inner(amount=exact)), data_type=DataType.DECIMAL)

    assert read_sheet(workbook_of(made))[1][1] == ("inlineStr", exact)
    kept = table(Row(inner=Inner(amount="123456789012345.0000000000")))
    assert read_sheet(workbook_of(kept))[1][1] == ("n", "123456789012345")


def test_a_workbook_is_made_to_be_read() -> None:
    """Its heading stays in sight, columns have widths, and it says of when it is."""
    with zipfile.ZipFile(io.BytesIO(workbook_of(table(Row())))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
        about = book.read("docProps/core.xml").decode()

    assert re.search(r'<pane ySplit="1"[^>]* state="frozen"/>', sheet)
    assert sheet.count("<col ") >= 4
    assert "<autoFilter" in sheet
    assert '"0.0%"' in styles
    assert "as of 2026-11-21 12:00:00 UTC" in about


def test_a_table_without_rows_has_a_heading() -> None:
    """In either form."""
    assert len(read_csv(csv_of(table()))) == len(read_sheet(workbook_of(table()))) == 1

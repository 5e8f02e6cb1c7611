"""Reports as tables: CSV with every digit, workbooks with cells that one can add up."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.goals.http.table_cells import safe_cell
from services.goals.http.tables import BYTE_ORDER_MARK
from shared.domain.amounts import DataType

# Spreadsheets keep no more digits of a number; one that has more is written as a text.
_DIGITS_MAX: Final = 15
_HUNDREDTH: Final = Decimal("0.01")

_SHEET: Final = "Attainment"
_FORMATS: Final = {
    "heading": {"bold": True, "bottom": 1},
    DataType.MONEY: {"num_format": "#,##0.00"},
    DataType.DECIMAL: {"num_format": "#,##0.00########"},
    DataType.INTEGER: {"num_format": "#,##0"},
    "percent": {"num_format": "0.0%"},
    "day": {"num_format": "yyyy-mm-dd"},
    "instant": {"num_format": "yyyy-mm-dd hh:mm:ss"},
}


class Kind(Enum):
    """What a column holds."""

    LONG = auto()
    TEXT = auto()
    SHORT = auto()
    # An amount or a count, as decimal text.
    NUMBER = auto()
    # Of a hundred, as decimal text.
    PERCENTAGE = auto()
    # Shown in percent.
    RATIO = auto()
    DAY = auto()
    INSTANT = auto()


# In letters.
_WIDTHS: Final = {
    Kind.LONG: 36,
    Kind.TEXT: 18,
    Kind.SHORT: 12,
    Kind.NUMBER: 16,
    Kind.PERCENTAGE: 12,
    Kind.RATIO: 12,
    Kind.DAY: 12,
    Kind.INSTANT: 20,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, what it holds, and where that stands in a row."""

    name: str
    kind: Kind
    # Names with points between them; empty: the column's.
    path: str = ""

    def of(self, row: object) -> object:
        """Return what a row has there; None as soon as something on the way is."""
        found: object = row
        for name in (self.path or self.name).split("."):
            found = None if found is None else getattr(found, name)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one instant, and the columns that they are written in."""

    columns: Sequence[Column]
    rows: Sequence[object]
    # How each row's numbers are measured; None: they are counted.
    data_types: Sequence[DataType | None]
    since: datetime | None
    as_of: datetime

    @property
    def heads(self) -> Sequence[tuple[str, Kind]]:
        """The names of all columns, with what they hold."""
        return [
            *((column.name, column.kind) for column in self.columns),
            ("since", Kind.INSTANT),
            ("as_of", Kind.INSTANT),
        ]

    @property
    def cells(self) -> Iterator[Sequence[object]]:
        """What stands in the rows."""
        for row in self.rows:
            yield [*(one.of(row) for one in self.columns), self.since, self.as_of]


def csv_of(table: Table) -> bytes:
    """Return a table whose numbers have all their digits; no cell is a formula."""
    written = io.StringIO(newline="")
    written.write(BYTE_ORDER_MARK)
    writer = csv.writer(written)
    writer.writerow([name for name, _ in table.heads])
    writer.writerows([_text_of(cell) for cell in row] for row in table.cells)
    return written.getvalue().encode()


def workbook_of(table: Table) -> bytes:
    """Return a workbook of one sheet, whose first row stays in sight."""
    written = io.BytesIO()
    # A row that is written is kept no longer.
    with xlsxwriter.Workbook(written, {"constant_memory": True}) as book:
        as_of = _in_utc(table.as_of)
        book.set_properties(
            {"title": _SHEET, "comments": f"as of {as_of} UTC", "created": as_of}
        )
        formats = {name: book.add_format(look) for name, look in _FORMATS.items()}
        sheet = book.add_worksheet(_SHEET)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(table.rows), len(table.heads) - 1)
        for place, (name, kind) in enumerate(table.heads):
            sheet.set_column(place, place, _WIDTHS[kind])
            sheet.write_string(0, place, _heading(name), formats["heading"])
        _write_rows(sheet, table, formats)
    return written.getvalue()


def instant_text(instant: datetime) -> str:
    """Return an instant as answers have it: 2026-11-21T09:30:00Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _write_rows(sheet: Worksheet, table: Table, formats: Mapping[str, Format]) -> None:
    kinds = [kind for _, kind in table.heads]
    rows = zip(table.cells, table.data_types, strict=True)
    for line, (cells, data_type) in enumerate(rows, start=1):
        number = formats[data_type or DataType.INTEGER]
        for place, (cell, kind) in enumerate(zip(cells, kinds, strict=True)):
            if cell is not None:
                _write(sheet, (line, place), cell, kind, formats, number)


def _write(
    sheet: Worksheet,
    place: tuple[int, int],
    cell: object,
    kind: Kind,
    formats: Mapping[str, Format],
    number: Format,
) -> None:
    if kind is Kind.NUMBER:
        _write_number(sheet, place, str(cell), number)
    elif kind is Kind.PERCENTAGE:
        share = Decimal(str(cell)) * _HUNDREDTH
        _write_number(sheet, place, str(share), formats["percent"])
    elif kind is Kind.RATIO:
        _write_number(sheet, place, str(cell), formats["percent"])
    elif isinstance(cell, str):
        # A text, whatever it begins with.
        sheet.write_string(*place, cell)
    elif isinstance(cell, bool):
        sheet.write_boolean(*place, cell)
    elif isinstance(cell, int):
        sheet.write_number(*place, cell)
    elif isinstance(cell, datetime):
        sheet.write_datetime(*place, _in_utc(cell), formats["instant"])
    elif isinstance(cell, date):
        sheet.write_datetime(*place, cell, formats["day"])


def _write_number(
    sheet: Worksheet, place: tuple[int, int], text: str, look: Format
) -> None:
    if len(text) > _DIGITS_MAX and _digits_of(text) > _DIGITS_MAX:
        sheet.write_string(*place, text)
    else:
        sheet.write_number(*place, float(text), look)


def _digits_of(text: str) -> int:
    """Return how many digits tell a number from others of its size."""
    return len(text.lstrip("-").replace(".", "").strip("0"))


def _text_of(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return instant_text(cell)
    return safe_cell(str(cell))


def _in_utc(instant: datetime) -> datetime:
    """Return an instant without its zone, which cells do not have."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()

"""A CSV body as rows of cells, as RFC 4180 has it and nothing guessed.

Where quotes leave it open where a row ends, no row after it can be trusted, and the
body as a whole is refused; what is wrong inside one row concerns that row only.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from services.ingest.errors import NotUnderstoodError
from shared.messages.records import RECORD_BYTES_MAX, InvalidRecordError

MALFORMED: Final = "csv_malformed"

# As much of a cell as an error repeats.
_EXCERPT_MAX: Final = 40
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

# A cell that begins with a quote ends with one; any other ends before a comma.
_CELL: Final = rb'(?:"(?:[^"]++|"")*+"|[^",\r\n][^,\r\n]*+|)'
_ROW = re.compile(_CELL + rb"(?:," + _CELL + rb")*+")
_ROW_END = re.compile(rb"\r?\n|\r?\Z")
_CELLS = re.compile(r'(?:\A|,)("(?:[^"]++|"")*+"|[^,]*+)')
# Also the end of the row before: what is left of its line is blank.
_BLANK_LINES = re.compile(rb"(?:[ \t]*+\r?\n)*+(?:[ \t]*+\r?\Z)?")


class Row(NamedTuple):
    """One row as the bytes it came as, and the line that it begins on, from 1."""

    line: int
    data: bytes


def rows_of(body: bytes) -> Iterator[Row]:
    """Return the rows of a body, blank lines left out; quotes may span lines."""
    position = len(_BYTE_ORDER_MARK) if body.startswith(_BYTE_ORDER_MARK) else 0
    line = 1
    while True:
        begin = _after(_BLANK_LINES, body, position)
        line += body.count(b"\n", position, begin)
        if begin == len(body):
            return
        end = _after(_ROW, body, begin)
        if not _ROW_END.match(body, end):
            raise _boundless(body, end, line + body.count(b"\n", begin, end))
        yield Row(line, body[begin:end])
        line += body.count(b"\n", begin, end)
        position = end


def cells_of(row: Row) -> Sequence[str]:
    """Return the cells of a row, without their quotes."""
    size = len(row.data)
    if size > RECORD_BYTES_MAX:
        raise InvalidRecordError(
            "record_too_large",
            f"the row has {size} bytes, {RECORD_BYTES_MAX} are allowed; leave out "
            "columns that no goal looks at",
        )
    try:
        text = row.data.decode()
    except UnicodeDecodeError as fault:
        line = row.line + row.data.count(b"\n", 0, fault.start)
        raise NotUnderstoodError(
            f"line {line} holds the byte 0x{row.data[fault.start]:02x} where it is no "
            "UTF-8; save the table as UTF-8, with or without a byte order mark",
            error=MALFORMED,
        ) from None
    if '"' not in text:
        return text.split(",")
    return [_unquoted(cell) for cell in _CELLS.findall(text)]


def excerpt_of(cell: str) -> str:
    """Return a cell as an error names it."""
    shown = cell if len(cell) <= _EXCERPT_MAX else f"{cell[:_EXCERPT_MAX]}…"
    return repr(shown)


def _after(pattern: re.Pattern[bytes], body: bytes, position: int) -> int:
    """Return where a pattern ends that may match nothing, and so always matches."""
    match = pattern.match(body, position)
    return match.end() if match else position


def _unquoted(cell: str) -> str:
    if cell.startswith('"'):
        return cell[1:-1].replace('""', '"')
    if '"' in cell:
        raise InvalidRecordError(
            MALFORMED,
            f"the cell {excerpt_of(cell)} holds a quote and is not in quotes itself; "
            "put the cell in quotes and write each quote inside it twice",
        )
    return cell


def _boundless(body: bytes, end: int, line: int) -> NotUnderstoodError:
    """Return why nobody can say where the row ends."""
    found = body[end : end + 1]
    if found == b"\r":
        words = (
            "a carriage return stands alone; end rows with a line feed, with or "
            "without a carriage return before it, and put a cell that holds one in "
            "quotes"
        )
    elif found == b'"':
        words = (
            "a cell begins with a quote and no quote ends it; end it with one, and "
            "write each quote inside a cell twice"
        )
    else:
        words = (
            f"{excerpt_of(found.decode(errors='replace'))} follows the quote that ends "
            "a cell, where only a comma or the end of the line is allowed; write each "
            "quote inside a cell twice"
        )
    return NotUnderstoodError(f"line {line}: {words}", error=MALFORMED)
